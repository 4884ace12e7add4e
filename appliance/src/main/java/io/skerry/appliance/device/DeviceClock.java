package io.skerry.appliance.device;

import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * The time on machines whose clock forgets it without power: never earlier than the image was built, nor than the last time that is
 * known to have been. Certificates are then valid before any time server was asked. The last time is the modification time of an
 * empty file on the data partition, so that keeping it costs one inode.
 *
 * <p>Only a time server knows the time. Until one has answered, no more is kept than the time that has passed since what was kept before: a
 * clock that is wrong, the machine's own or one that somebody set, is not believed for longer than it runs. Once one has answered the kept
 * time is put right, back as well as forth.
 */
public final class DeviceClock {
    private static final String TIMESYNC = "/run/systemd/timesync";

    private final DevicePaths paths;
    private final Path kept;
    private final Clock clock;

    public DeviceClock(DevicePaths paths) {
        this(paths, Clock.systemUTC());
    }

    DeviceClock(DevicePaths paths, Clock clock) {
        this.paths = paths;
        this.clock = clock;
        kept = paths.state().resolve("clock");
    }

    /** What the time must be at least; empty when nothing is known. */
    Optional<Instant> earliest(Optional<Instant> built) throws IOException {
        Optional<Instant> last = Files.exists(kept) ? Optional.of(Files.getLastModifiedTime(kept).toInstant()) : Optional.empty();
        return last.isPresent() && built.isPresent() ? Optional.of(last.get().isAfter(built.get()) ? last.get() : built.get()) : last.or(() -> built);
    }

    /** At boot: puts a clock right that is behind, and begins to measure what passes. */
    void advance(Optional<Instant> built) throws IOException {
        Optional<Instant> earliest = earliest(built);
        if (earliest.isEmpty()) {
            return;
        }
        begin(earliest.get());
        if (clock.instant().isBefore(earliest.get())) {
            Command.run(Duration.ofSeconds(10), "date", "--utc", "--set=@" + earliest.get().getEpochSecond());
        } else {
            Files.writeString(wentOn(), "");
        }
    }

    /**
     * Whether the time of day may be gone by: a time server has answered since the machine started, or its clock was ahead at boot of all that
     * was kept, as one does that goes on without power. Where systemd-timesyncd was never started something else keeps the clock, and it is
     * believed.
     */
    public boolean isKnown() {
        return answered() || Files.exists(wentOn()) || !Files.exists(paths.inRoot(TIMESYNC));
    }

    /** systemd-timesyncd(8) makes it with the first answer of a time server. */
    private boolean answered() {
        return Files.exists(paths.inRoot(TIMESYNC + "/synchronized"));
    }

    private Path wentOn() {
        return paths.run().resolve("clock-went-on");
    }

    /** Keeps the time, as far as it is known. */
    public void save() throws IOException {
        if (answered()) {
            Instant now = clock.instant();
            begin(now);
            keep(now);
            return;
        }
        Optional<Instant> reached = reached();
        if (reached.isPresent() && (!Files.exists(kept) || Files.getLastModifiedTime(kept).toInstant().isBefore(reached.get()))) {
            keep(reached.get());
        }
    }

    private void keep(Instant time) throws IOException {
        if (!Files.exists(kept)) {
            Files.createDirectories(kept.getParent());
            Files.createFile(kept);
        }
        Files.setLastModifiedTime(kept, FileTime.from(time));
    }

    /** In memory: a time that is known, and the machine's running time at that moment. */
    private void begin(Instant known) throws IOException {
        AtomicFile.write(measure(), (known.toEpochMilli() + " " + running().toMillis() + "\n").getBytes(StandardCharsets.US_ASCII), "rw-r--r--");
    }

    /** The known time and what has passed since; empty when none was known in this boot. */
    private Optional<Instant> reached() throws IOException {
        if (!Files.exists(measure())) {
            return Optional.empty();
        }
        String[] words = Files.readString(measure()).strip().split(" ");
        return Optional.of(Instant.ofEpochMilli(Long.parseLong(words[0])).plus(running()).minusMillis(Long.parseLong(words[1])));
    }

    private Path measure() {
        return paths.run().resolve("clock");
    }

    private Duration running() throws IOException {
        return Uptime.read(paths.inRoot("/proc/uptime"));
    }
}
