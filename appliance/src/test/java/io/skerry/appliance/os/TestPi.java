package io.skerry.appliance.os;

import io.skerry.image.boot.Autoboot;
import io.skerry.image.boot.KernelArguments;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A Raspberry Pi in folders, with its boot loader's part: autoboot.txt names the slot, and the flag, which a power cut takes, the other one for once. */
final class TestPi implements UpdateCrashTest.Machine {
    private static final String KERNEL = "kernel8.img", COMMAND_LINE = "cmdline.txt";

    private final Path folder;
    private final KeyPair key = TestImage.key();
    private final TestImage first = image("1.0.0");
    private boolean flag;

    /** As flashed: version 1.0.0 in slot a. */
    TestPi(Path folder) throws IOException, GeneralSecurityException {
        this.folder = folder;
        for (String each : List.of("config", "boot-a", "boot-b", "machine/sys/module/skerry_tryboot")) {
            Files.createDirectories(folder.resolve(each));
        }
        TestImage.trust(folder.resolve("trust"), "release.pem", key);
        Files.writeString(autoboot(), Autoboot.render(Slot.A));
        Files.write(folder.resolve("boot-a").resolve(KERNEL), kernel(first));
        Files.writeString(folder.resolve("boot-a").resolve(COMMAND_LINE), new KernelArguments(Slot.A, TestImage.BOARD, "1.0.0", first.rootHash(), 4096, List.of()).render() + "\n");
        Files.write(root(Slot.A), Arrays.copyOf(first.root(), TestMachine.SLOT_BYTES));
        Files.write(root(Slot.B), new byte[TestMachine.SLOT_BYTES]);
    }

    private Path autoboot() {
        return folder.resolve("config").resolve(Autoboot.FILE);
    }

    private Path root(Slot slot) {
        return folder.resolve(slot.rootLabel());
    }

    private static byte[] kernel(TestImage image) {
        return TestImage.bytes(new Random(image.version.hashCode() + 1), 70_001);
    }

    @Override
    public TestImage image(String version) {
        TestImage image = new TestImage(version, key, 1 << 20);
        image.files.remove(OsManifest.LINUX);
        image.files.remove(OsManifest.INITRD);
        byte[] root = image.files.remove(OsManifest.ROOT);
        image.files.put(OsManifest.BOOT, TestImage.tar(Map.of(KERNEL, kernel(image))));
        image.files.put(OsManifest.ROOT, root);
        return image;
    }

    @Override
    public RunningOs powerOn() throws IOException {
        Slot slot = flag ? good().other() : good();
        flag = false;
        String arguments = Files.readString(folder.resolve(slot.bootLabel()).resolve(COMMAND_LINE));
        return new RunningOs(KernelArguments.value(arguments, KernelArguments.VERSION), TestImage.BOARD, slot, KernelArguments.value(arguments, KernelArguments.ROOT_HASH));
    }

    @Override
    public void cutPower() {
        flag = false;
    }

    @Override
    public Updater updater(RunningOs running, UnaryOperator<BootLoader> wrapped, Function<Path, OsJournal> journal) throws IOException {
        Power power = argument -> flag = "0 tryboot".equals(argument);
        BootLoader loader = new TryBoot(Volume.folder(folder.resolve("config")), slot -> Volume.folder(folder.resolve(slot.bootLabel())), power, new TryFlag(folder.resolve("machine")));
        Path data = folder.resolve("data/os");
        return new Updater(running, data, this::root, wrapped.apply(loader), journal.apply(data), List.of(folder.resolve("trust")),
                new FetchPolicy(Duration.ofMillis(1), Duration.ofMillis(5), 3, TestMachine.CHECKPOINT), new TrialLog(data, UUID.randomUUID().toString()), power, Duration.ZERO);
    }

    @Override
    public boolean holds(Slot slot, TestImage image) throws IOException {
        return Arrays.equals(Files.readAllBytes(folder.resolve(slot.bootLabel()).resolve(KERNEL)), kernel(image))
                && Arrays.equals(Arrays.copyOf(Files.readAllBytes(root(slot)), image.root().length), image.root());
    }

    @Override
    public Slot good() throws IOException {
        return Autoboot.parse(Files.readString(autoboot()));
    }
}
