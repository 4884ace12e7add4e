package io.skerry.appliance.os;

import io.skerry.image.Digests;
import io.skerry.image.boot.Autoboot;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The Raspberry Pi's boot loader: {@code autoboot.txt} on the first partition names the boot partition, and another one for a boot with the
 * {@code tryboot} flag, which a reboot takes as its argument and which is gone at the next (Raspberry Pi documentation, "autoboot.txt" and
 * "Fail-safe OS updates").
 *
 * <p>So a try that hangs or panics ends in the old slot by itself. The file is one sector, overwritten in place, and that only to bless a
 * slot: before that write and after it a good one is booted. There is no counter, so a slot is given its tries by the caller.
 */
final class TryBoot implements BootLoader {
    /** A power cut on the way to a try looks like a failed one, so one try would be too few. */
    private static final int TRIES = 3;

    private final Volume config;
    private final Updater.Lookup<Volume> boot;
    private final Power power;
    private final TryFlag flag;

    /** @param config where {@code autoboot.txt} is. @param boot the slots' boot partitions. */
    TryBoot(Volume config, Updater.Lookup<Volume> boot, Power power, TryFlag flag) {
        this.config = config;
        this.boot = boot;
        this.power = power;
        this.flag = flag;
    }

    @Override
    public String cannotTry() throws IOException {
        return flag.problem();
    }

    @Override
    public List<String> needs() {
        return List.of(OsManifest.BOOT);
    }

    @Override
    public boolean isGood(Slot slot) throws IOException {
        return config.read(folder -> standard(folder) == slot);
    }

    @Override
    public void disable(Slot slot) throws IOException {
        // It is booted only with the flag, which only rebootInto() gives.
        if (isGood(slot)) {
            throw new IOException(Autoboot.FILE + " names slot " + slot.letter() + " as the one to boot; it stays as it is");
        }
    }

    @Override
    public void install(Slot slot, OsManifest manifest, Path archive) throws IOException {
        disable(slot);
        String commandLine = BootFiles.commandLine(slot, manifest) + "\n";
        Map<String, OsManifest.Member> written = new LinkedHashMap<>();
        Volume partition = boot.of(slot);
        // What an old version had there, and this one has not, the firmware would take as well.
        partition.format(slot.bootLabel().toUpperCase(Locale.ROOT));
        BootFiles.member(archive, OsManifest.BOOT, content -> partition.write(folder -> {
            unpack(content, folder, written);
            byte[] text = commandLine.getBytes(StandardCharsets.US_ASCII);
            FatFiles.write(folder.resolve("cmdline.txt"), text);
            written.put("cmdline.txt", new OsManifest.Member(Digests.sha256(text), text.length));
            return null;
        }));
        // Mounted anew: what is read now comes from the medium.
        partition.read(folder -> {
            for (Map.Entry<String, OsManifest.Member> file : written.entrySet()) {
                BootFiles.check(folder.resolve(file.getKey()), file.getValue());
            }
            return null;
        });
    }

    private static void unpack(InputStream content, Path folder, Map<String, OsManifest.Member> written) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(content);
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path name = Path.of(entry.getName()).normalize();
            if (name.isAbsolute() || name.startsWith("..") || !entry.isDirectory() && !entry.isFile()) {
                throw new IOException(OsManifest.BOOT + " has " + entry.getName() + ", which cannot be on a boot partition");
            }
            if (entry.isFile()) {
                byte[] bytes = tar.readAllBytes();
                FatFiles.write(folder.resolve(name), bytes);
                written.put(name.toString(), new OsManifest.Member(Digests.sha256(bytes), bytes.length));
            }
        }
    }

    @Override
    public void arm(Slot slot) throws IOException {
        config.write(folder -> {
            if (standard(folder) == slot) {
                throw new IOException(Autoboot.FILE + " names slot " + slot.letter() + " as the one to boot already");
            }
            point(folder, slot.other());
            return null;
        });
    }

    @Override
    public void rebootInto(Slot slot) throws IOException {
        power.reboot("0 tryboot");
    }

    @Override
    public Tries tries(Slot slot, int reboots) {
        return new Tries(reboots >= TRIES, "");
    }

    @Override
    public void bless(Slot running) throws IOException {
        config.write(folder -> {
            point(folder, running);
            return null;
        });
    }

    @Override
    public void condemn(Slot slot) throws IOException {
        // Nothing leads to it but the flag. What counts is that the file does not: as when a blessed one turns out bad later.
        if (isGood(slot)) {
            throw new IOException(Autoboot.FILE + " names slot " + slot.letter() + " as the one to boot; it cannot be given up");
        }
    }

    private static void point(Path folder, Slot standard) throws IOException {
        byte[] content = new byte[FatFiles.SECTOR];
        Arrays.fill(content, (byte) '\n');
        byte[] text = Autoboot.render(standard).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, content, 0, text.length);
        Path file = folder.resolve(Autoboot.FILE);
        if (!Files.exists(file)) {
            FatFiles.write(file, content);
        } else if (!Arrays.equals(Files.readAllBytes(file), content)) {
            FatFiles.overwriteSector(file, content);
        }
    }

    private static Slot standard(Path folder) throws IOException {
        try {
            return Autoboot.parse(Files.readString(folder.resolve(Autoboot.FILE), StandardCharsets.US_ASCII));
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }
}
