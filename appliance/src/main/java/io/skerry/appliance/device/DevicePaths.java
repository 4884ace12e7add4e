package io.skerry.appliance.device;

import io.skerry.image.boot.KernelArguments;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.layout.Slot;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a device keeps what. On a device {@link #system()}; tests have folders of their own.
 *
 * @param root   the root file system, whose {@code /etc} is in memory
 * @param data   the data partition
 * @param config the FAT partition with {@code skerry.yaml}
 * @param run    what a reboot may forget
 */
public record DevicePaths(Path root, Path data, Path config, Path run) {
    /** Keys that the settings trust for operating systems and bundles (PEM), besides those of the image. */
    public static final String SETTINGS_TRUST_DIR = "/etc/skerry/trust/os";

    public static DevicePaths system() {
        return new DevicePaths(Path.of("/"), Path.of(DeviceLayout.DATA_DIR), Path.of(DeviceLayout.CONFIG_DIR), Path.of("/run/skerry-device"));
    }

    /** The folders with keys (PEM) by which operating systems and bundles are trusted. */
    public List<Path> trust() {
        return List.of(inRoot(DeviceLayout.OS_TRUST_DIR), inRoot(SETTINGS_TRUST_DIR));
    }

    /** Whether this machine runs an image at all. */
    public boolean isImage() {
        return Files.exists(inRoot(DeviceLayout.RELEASE_FILE));
    }

    /** Whether the data partition is there: without it what is written below {@link #data} is in memory. */
    public boolean isDataMounted() throws IOException {
        return Files.readAllLines(inRoot("/proc/self/mounts")).stream().anyMatch(line -> line.split(" ")[1].equals(data.toString()));
    }

    /** What the device knows of itself: keys, id, last good settings, last known time. */
    public Path state() {
        return data.resolve("device");
    }

    public Path settings() {
        return config.resolve(DeviceLayout.SETTINGS_FILE);
    }

    Path lastGoodSettings() {
        return state().resolve(DeviceLayout.SETTINGS_FILE);
    }

    /** The slot that runs; empty on a machine without slots. */
    Optional<Slot> slot() {
        try {
            return Optional.ofNullable(KernelArguments.value(Files.readString(inRoot("/proc/cmdline")), KernelArguments.SLOT)).map(Slot::of);
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** What the version in this slot took last. */
    Path lastGoodSettings(Slot slot) {
        return state().resolve("skerry-" + slot.letter() + ".yaml");
    }

    /** @param absolute a path in the root file system */
    Path inRoot(String absolute) {
        return root.resolve(absolute.substring(1));
    }
}
