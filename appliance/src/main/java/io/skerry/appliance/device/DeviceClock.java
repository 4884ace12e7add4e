package io.skerry.appliance.device;

import io.skerry.node.host.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The time on machines whose clock forgets it without power: never earlier than the image was built, nor than the last time that is
 * known to have been. Certificates are then valid before any time server was asked. The last time is the modification time of an
 * empty file on the data partition, so that keeping it costs one inode.
 */
public final class DeviceClock {
    private final Path kept;

    public DeviceClock(DevicePaths paths) {
        kept = paths.state().resolve("clock");
    }

    /** What the time must be at least; empty when nothing is known. */
    Optional<Instant> earliest(Optional<Instant> built) throws IOException {
        Optional<Instant> last = Files.exists(kept) ? Optional.of(Files.getLastModifiedTime(kept).toInstant()) : Optional.empty();
        return last.isPresent() && built.isPresent() ? Optional.of(last.get().isAfter(built.get()) ? last.get() : built.get()) : last.or(() -> built);
    }

    /** Puts a clock right that is behind. */
    void advance(Optional<Instant> built) throws IOException {
        Optional<Instant> earliest = earliest(built);
        if (earliest.isPresent() && Instant.now().isBefore(earliest.get())) {
            Command.run(Duration.ofSeconds(10), "date", "--utc", "--set=@" + earliest.get().getEpochSecond());
        }
    }

    /** Keeps the present time, unless the clock went back behind what is known. */
    public void save() throws IOException {
        Instant now = Instant.now();
        if (!Files.exists(kept)) {
            Files.createDirectories(kept.getParent());
            Files.createFile(kept);
        } else if (Files.getLastModifiedTime(kept).toInstant().isAfter(now)) {
            return;
        }
        Files.setLastModifiedTime(kept, FileTime.from(now));
    }
}
