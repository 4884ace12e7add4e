package io.skerry.appliance.os;

import io.skerry.image.boot.Autoboot;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.layout.Slot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** The parts of an update, put together for the machine that this runs on. */
public final class OsDevice {
    /** Keys from the device's settings; they win nothing over those of the image, they add. */
    public static final Path SETTINGS_TRUST = Path.of("/etc/skerry/trust/os");

    private OsDevice() {}

    /**
     * @param patience how long another process's step is waited for
     * @return empty on a machine that was not made by {@code skerry image build}
     */
    static Optional<Updater> updater(Path data, Duration patience) throws IOException {
        Optional<RunningOs> running = RunningOs.read();
        if (running.isEmpty()) {
            return Optional.empty();
        }
        Disk disk = Disk.holding(data);
        Path folder = data.resolve("os");
        return Optional.of(new Updater(running.get(), folder, slot -> root(disk, slot), loader(disk), new OsJournal(folder),
                List.of(Path.of(DeviceLayout.OS_TRUST_DIR), SETTINGS_TRUST), FetchPolicy.DEFAULT, new TrialLog(folder, TrialLog.bootId()), Power.systemd(), patience));
    }

    /** @param health how the device is now */
    static Optional<OsUpdates> updates(Path data, Supplier<Health> health) throws IOException {
        return updater(data, Duration.ZERO).map(updater -> new OsUpdates(updater, health, OsUpdates.SETTLE));
    }

    /** Where update files are kept that came with a bundle, for OSImages that name them. */
    public static Path bundles(Path data) {
        return data.resolve("os/bundles");
    }

    private static BootLoader loader(Disk disk) throws IOException {
        if (Files.isDirectory(Path.of("/sys/firmware/efi"))) {
            return new SystemdBoot(new FatPartition(disk.partition(DeviceLayout.ESP), Path.of(DeviceLayout.ESP_DIR)), Power.systemd());
        }
        Volume config = new FatPartition(disk.partition(DeviceLayout.CONFIG), Path.of(DeviceLayout.CONFIG_DIR));
        if (!config.read(folder -> Files.exists(folder.resolve(Autoboot.FILE)))) {
            throw new IOException("this machine starts neither by UEFI nor by a Raspberry Pi's " + Autoboot.FILE + "; its operating system cannot be updated");
        }
        return new TryBoot(config, slot -> boot(disk, slot), Power.systemd(), new TryFlag());
    }

    private static Volume boot(Disk disk, Slot slot) throws IOException {
        return new FatPartition(disk.partition(slot.bootLabel()), Path.of("/run/skerry-boot-" + slot.letter()));
    }

    private static Path root(Disk disk, Slot slot) throws IOException {
        return disk.partition(slot.rootLabel());
    }
}
