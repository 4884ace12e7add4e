package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.image.boot.KernelArguments;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.layout.Slot;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The operating system that runs now.
 *
 * @param version  as the update's manifest named it, or the image when it was flashed: what an OSImage is compared with
 * @param rootHash of the mounted root file system's verity tree, from the kernel's command line; "" when it has none
 */
public record RunningOs(String version, String board, Slot slot, String rootHash) {
    /** @return empty on a machine that was not made by {@code skerry image build} */
    public static Optional<RunningOs> read() throws IOException {
        return read(Path.of(DeviceLayout.RELEASE_FILE), Path.of("/proc/cmdline"));
    }

    static Optional<RunningOs> read(Path release, Path commandLine) throws IOException {
        JsonNode about;
        String arguments = Files.readString(commandLine);
        String slot = KernelArguments.value(arguments, KernelArguments.SLOT);
        try {
            about = Json.parse(Files.readAllBytes(release));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            throw new IOException(release + ": " + e.getMessage(), e);
        }
        if (slot == null) {
            return Optional.empty();
        }
        String hash = KernelArguments.value(arguments, KernelArguments.ROOT_HASH);
        String version = KernelArguments.value(arguments, KernelArguments.VERSION);
        return Optional.of(new RunningOs(version == null ? Json.text(about, "version") : version, Json.text(about, "board"), Slot.of(slot), hash == null ? "" : hash));
    }
}
