package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.appliance.os.OsJournal.Outcome;
import io.skerry.appliance.os.TrialLog.Stage;
import io.skerry.image.Digests;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.layout.Slot;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A version on trial whose server says nothing, or cannot. Only systemctl is the test's. */
@Timeout(60)
class TrialWatchTest {
    private static final TrialWatch.Limits SHORT = new TrialWatch.Limits(Duration.ofMillis(100), Duration.ofMillis(100), Duration.ofMillis(10));
    private static final TrialWatch.Limits LONG = new TrialWatch.Limits(Duration.ofMinutes(10), Duration.ofMinutes(10), Duration.ZERO);
    private static final String FORCED = "--force --force reboot";

    @TempDir
    Path folder;
    private TestMachine machine;
    private Path root;
    private Updater updater;
    private final List<String> systemctl = new ArrayList<>();
    private final ByteArrayOutputStream console = new ByteArrayOutputStream();

    /** Into the first try of version 2.0.0, with a second for its gate. */
    @BeforeEach
    void boot() throws Exception {
        machine = new TestMachine(folder.resolve("machine")).flash();
        root = Files.createDirectories(folder.resolve("root"));
        TestImage second = new TestImage("2.0.0", machine.key, 1 << 20);
        Updater old = machine.updater(machine.powerOn());
        old.fetch(new Updater.Target("2.0.0", Digests.sha256(second.build()), 0, validator -> new MemorySource(second.build()), Duration.ofSeconds(1)), bytes -> { }, () -> false);
        old.tryIt(Json.object());
        LoaderEntry booted = machine.powerOn();
        assertThat(booted.slot()).isEqualTo(Slot.B);
        updater = machine.updater(booted);
        machine.reboots = 0;
    }

    @Test
    void aServerThatNeverComesFallsBackAtOnceWithSystemdsWord() throws Exception {
        counted();
        watch(SHORT, () -> updater, "ActiveState=activating\nNRestarts=12\nExecMainStatus=1");
        assertThat(machine.reboots).isEqualTo(1);
        assertThat(systemctl).containsExactly("show -p ActiveState,SubState,Result,NRestarts,ExecMainStatus skerry.service", FORCED);
        fellBack("no verdict within 0 min; skerry.service: ActiveState=activating NRestarts=12 ExecMainStatus=1");
    }

    @Test
    void theLastThatTheGateSawIsTheReason() throws Exception {
        counted();
        updater.note(Stage.GATE, "node edge-1 is not Ready: starting");
        watch(SHORT, () -> updater, "");
        fellBack("no verdict within 0 min; last seen: node edge-1 is not Ready: starting");
    }

    @Test
    void systemdThatSaysNothingKeepsNoVersion() throws Exception {
        counted();
        watch(SHORT, () -> updater, null);
        fellBack("no verdict within 0 min; skerry.service: systemctl: no bus");
    }

    @Test
    void theGatesTimeAndTheGraceAreWaitedFor() throws Exception {
        counted();
        long start = System.nanoTime();
        watch(SHORT, () -> updater, "");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(1100));
    }

    @Test
    void theServersWordEndsIt() throws Exception {
        counted();
        TrialVerdict.good(TrialVerdict.file(root));
        watch(LONG, () -> updater, "");
        assertThat(machine.reboots).isZero();
        assertThat(systemctl).isEmpty();
        assertThat(text()).contains("on trial");
    }

    @Test
    void aServerThatKeptItAndCouldNotSaySoIsBelieved() throws Exception {
        counted();
        watch(SHORT, () -> {
            Thread.startVirtualThread(() -> {
                try {
                    Thread.sleep(300);
                    updater.keep();
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            return updater;
        }, "");
        assertThat(machine.reboots).isZero();
        assertThat(systemctl).isEmpty();
        assertThat(machine.powerOn().slot()).isEqualTo(Slot.B);
    }

    /** No data partition: nothing can be written down, and the boot loader counts on. */
    @Test
    void withoutAJournalItIsOneTryLess() throws Exception {
        counted();
        watch(SHORT, () -> {
            throw new IOException("no data partition");
        }, "");
        assertThat(text()).contains("no data partition").contains("not kept; rebooting");
        assertThat(systemctl).containsExactly(FORCED);
        assertThat(machine.powerOn().triesLeft()).isEqualTo(1);
    }

    @Test
    void aBootThatIsNoTrialIsLeftAlone() throws Exception {
        updater.keep();
        watch(SHORT, () -> updater, "");
        flag(0);
        watch(SHORT, () -> updater, "");
        assertThat(text()).isEmpty();
        assertThat(machine.reboots).isZero();
        assertThat(machine.powerOn().slot()).isEqualTo(Slot.B);
    }

    /** Also where the first boot of a fresh card comes to an end: its entry has no counter. */
    @Test
    void aFreshCardIsLeftAlone() throws Exception {
        TestMachine fresh = new TestMachine(folder.resolve("fresh")).flash();
        watch(SHORT, () -> fresh.updater(fresh.powerOn()), "");
        assertThat(text()).isEmpty();
        assertThat(fresh.reboots).isZero();
        assertThat(fresh.names()).containsExactly("skerry-a.conf");
    }

    /** As where the firmware's variables cannot be read. */
    @Test
    void anEntryWithACounterMakesATrial() throws Exception {
        watch(SHORT, () -> updater, "no server");
        fellBack("no verdict within 0 min; skerry.service: no server");
    }

    @Test
    void whatTheFirmwareDoesNotCountIsGivenUpAtOnce() throws Exception {
        uncounted();
        watch(LONG, () -> updater, "");
        assertThat(machine.reboots).isEqualTo(1);
        assertThat(machine.names()).containsExactly("skerry-a.conf", "skerry-b+0-1.conf");
        fellBack(TrialWatch.UNCOUNTED);
    }

    /** The loader says that it counted, and the name is the old one: the firmware only said that it renamed the file. */
    @Test
    void aCountThatIsNotOnTheDiskIsNone() throws Exception {
        uncounted();
        counted();
        watch(LONG, () -> updater, "");
        fellBack(TrialWatch.UNCOUNTED);
    }

    @Test
    void aPartitionThatCannotBeReadGivesNothingUp() throws Exception {
        uncounted();
        Path entries = machine.esp.resolve(LoaderEntry.FOLDER);
        Path hidden = Files.move(entries, machine.esp.resolve("hidden"));
        Files.createFile(machine.esp.resolve(LoaderEntry.FOLDER));
        watch(SHORT, () -> updater, "");
        watch(SHORT, () -> {
            throw new IOException("mount: /dev/sda1: can't read superblock");
        }, "");
        assertThat(text()).contains("whether this version is on trial cannot be read: mount: /dev/sda1").doesNotContain("rebooting");
        assertThat(machine.reboots).isZero();
        assertThat(systemctl).isEmpty();
        Files.delete(entries);
        Files.move(hidden, entries);
        assertThat(machine.names()).containsExactly("skerry-a.conf", "skerry-b+3.conf");
    }

    @Test
    void aRaspberryPisFlagMakesATrial() throws Exception {
        flag(1);
        watch(SHORT, () -> updater, "");
        assertThat(machine.reboots).isEqualTo(1);
    }

    private void counted() throws IOException {
        Path file = root.resolve(TrialWatch.COUNTED);
        Files.createDirectories(file.getParent());
        Files.createFile(file);
    }

    /** What is left of this boot's count where the loader may not rename its entry. */
    private void uncounted() throws IOException {
        Path entries = machine.esp.resolve(LoaderEntry.FOLDER);
        Files.move(entries.resolve("skerry-b+2-1.conf"), entries.resolve("skerry-b+3.conf"));
    }

    private void flag(int value) throws IOException {
        Path file = root.resolve(TrialWatch.TRYBOOT);
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[] {0, 0, 0, (byte) value});
    }

    /** @param said of systemctl; null when it fails */
    private void watch(TrialWatch.Limits limits, TrialWatch.Find find, String said) throws InterruptedException {
        new TrialWatch(root, find, arguments -> {
            systemctl.add(String.join(" ", arguments));
            if (said == null) {
                throw new IOException("systemctl: no bus");
            }
            return said;
        }, limits, new PrintStream(console, true, StandardCharsets.UTF_8)).run();
    }

    private String text() {
        return console.toString(StandardCharsets.UTF_8);
    }

    private void fellBack(String reason) throws IOException {
        LoaderEntry old = machine.powerOn();
        assertThat(old.slot()).as("no further try").isEqualTo(Slot.A);
        Updater back = machine.updater(old);
        assertThat(back.settle()).isEqualTo(Updater.Next.NOTHING);
        assertThat(back.state().history().getLast()).satisfies(past -> {
            assertThat(past.outcome()).isEqualTo(Outcome.FELL_BACK);
            assertThat(past.reason()).isEqualTo(reason);
        });
    }
}
