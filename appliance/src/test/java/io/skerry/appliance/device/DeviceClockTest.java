package io.skerry.appliance.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The clocks here are never behind what is kept, so that no test sets this machine's. */
class DeviceClockTest {
    private static final Instant BUILT = Instant.parse("2020-01-02T03:04:05Z");

    @TempDir
    Path folder;
    private Device device;

    @BeforeEach
    void device() throws Exception {
        device = new Device(folder);
    }

    private DeviceClock at(Instant now) {
        return new DeviceClock(device.paths, Clock.fixed(now, ZoneOffset.UTC));
    }

    private Path kept() {
        return device.paths.state().resolve("clock");
    }

    private Instant keptTime() throws Exception {
        return Files.getLastModifiedTime(kept()).toInstant();
    }

    private void keep(Instant time) throws Exception {
        Files.createDirectories(kept().getParent());
        Files.writeString(kept(), "");
        Files.setLastModifiedTime(kept(), FileTime.from(time));
    }

    private void running(Duration time) throws Exception {
        device.inRoot("/proc/uptime", time.toSeconds() + ".50 1.00\n");
    }

    private void aTimeServerAnswers() throws Exception {
        device.inRoot("/run/systemd/timesync/synchronized", "");
    }

    @Test
    void theLaterOfTheBuildAndTheKeptTimeIsTheEarliest() throws Exception {
        assertThat(at(BUILT).earliest(Optional.empty())).isEmpty();
        assertThat(at(BUILT).earliest(Optional.of(BUILT))).contains(BUILT);
        keep(BUILT.plusSeconds(60));
        assertThat(at(BUILT).earliest(Optional.of(BUILT))).contains(BUILT.plusSeconds(60));
        keep(BUILT.minusSeconds(60));
        assertThat(at(BUILT).earliest(Optional.of(BUILT))).contains(BUILT);
    }

    @Test
    void aClockThatNobodyConfirmedIsBelievedOnlyForAsLongAsItRuns() throws Exception {
        Instant wrong = Instant.parse("2035-06-01T00:00:00Z");
        running(Duration.ofSeconds(20));
        at(wrong).advance(Optional.of(BUILT));
        assertThat(kept()).doesNotExist();
        running(Duration.ofSeconds(20).plusHours(1));
        at(wrong.plusSeconds(3600)).save();
        assertThat(keptTime()).isEqualTo(BUILT.plusSeconds(3600));
        // The next boot goes on from there.
        running(Duration.ofSeconds(30));
        at(wrong).advance(Optional.of(BUILT));
        running(Duration.ofSeconds(90));
        at(wrong).save();
        assertThat(keptTime()).isEqualTo(BUILT.plusSeconds(3660));
    }

    @Test
    void aTimeServersAnswerPutsTheKeptTimeBack() throws Exception {
        Instant now = BUILT.plus(Duration.ofDays(1000));
        keep(BUILT.plus(Duration.ofDays(5000)));
        running(Duration.ofSeconds(20));
        at(BUILT.plus(Duration.ofDays(5000))).advance(Optional.of(BUILT));
        aTimeServerAnswers();
        running(Duration.ofSeconds(80));
        at(now).save();
        assertThat(keptTime()).isEqualTo(now);
        // At shutdown the mark may be gone: what has passed since counts, not the wrong time of the boot.
        Files.delete(device.paths.inRoot("/run/systemd/timesync/synchronized"));
        running(Duration.ofSeconds(140));
        at(now.plusSeconds(60)).save();
        assertThat(keptTime()).isEqualTo(now.plusSeconds(60));
    }

    @Test
    void theTimeOfDayIsKnownOnceATimeServerHasAnswered() throws Exception {
        Files.createDirectories(device.paths.inRoot("/run/systemd/timesync"));
        assertThat(at(BUILT).isKnown()).isFalse();
        aTimeServerAnswers();
        assertThat(at(BUILT).isKnown()).isTrue();
    }

    @Test
    void orByAClockThatWentOnWithoutPower() throws Exception {
        Files.createDirectories(device.paths.inRoot("/run/systemd/timesync"));
        at(BUILT.plusSeconds(60)).advance(Optional.empty());
        assertThat(at(BUILT).isKnown()).as("nothing to compare it with").isFalse();
        at(BUILT.plusSeconds(60)).advance(Optional.of(BUILT));
        assertThat(at(BUILT).isKnown()).isTrue();
    }

    /** Such as with chrony: nobody would ever say so. */
    @Test
    void whereTimesyncdDoesNotRunTheClockIsBelieved() {
        assertThat(at(BUILT).isKnown()).isTrue();
    }

    @Test
    void withoutABootThatMeasuredNothingIsKept() throws Exception {
        at(Instant.parse("2035-06-01T00:00:00Z")).save();
        assertThat(kept()).doesNotExist();
    }
}
