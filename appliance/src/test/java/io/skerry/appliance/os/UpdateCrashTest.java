package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.appliance.os.OsJournal.Outcome;
import io.skerry.image.Digests;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The power is cut before and after every step that leaves something on a disk; each time the device boots a whole version, and in the end the new one. */
class UpdateCrashTest {
    @TempDir
    Path folder;

    @Test
    void anUpdateSurvivesAPowerCutAtEachStep() throws Exception {
        int cut = 0;
        for (boolean reached = true; reached; cut++) {
            reached = run(efi("update-" + cut), new Cut(cut), true);
        }
        assertThat(cut).as("steps at which the power was cut").isGreaterThan(20);
    }

    @Test
    void anUpdateOfARaspberryPiDoesToo() throws Exception {
        int cut = 0;
        for (boolean reached = true; reached; cut++) {
            reached = run(new TestPi(folder.resolve("pi-update-" + cut)), new Cut(cut), true);
        }
        assertThat(cut).as("steps at which the power was cut").isGreaterThan(20);
    }

    @Test
    void aFallBackOfARaspberryPiDoesToo() throws Exception {
        int cut = 0;
        for (boolean reached = true; reached; cut++) {
            reached = run(new TestPi(folder.resolve("pi-back-" + cut)), new Cut(cut), false);
        }
        assertThat(cut).as("steps at which the power was cut").isGreaterThan(20);
    }

    @Test
    void aFallBackSurvivesAPowerCutAtEachStep() throws Exception {
        int cut = 0;
        for (boolean reached = true; reached; cut++) {
            reached = run(efi("back-" + cut), new Cut(cut), false);
        }
        assertThat(cut).as("steps at which the power was cut").isGreaterThan(20);
    }

    /** A device as an update sees it. */
    interface Machine {
        /** What the firmware and the boot loader start. */
        RunningOs powerOn() throws IOException;

        /** What is kept over a restart and not over a power cut is gone. */
        default void cutPower() {}

        /** The first version is 1.0.0, in slot a. */
        TestImage image(String version);

        Updater updater(RunningOs running, UnaryOperator<BootLoader> wrapped, Function<Path, OsJournal> journal) throws IOException;

        /** Whether the slot has all that is started of the image. */
        boolean holds(Slot slot, TestImage image) throws IOException;

        /** The slot that is started when nothing is tried; null when there is none. */
        Slot good() throws IOException;
    }

    private Machine efi(String name) throws Exception {
        TestMachine machine = new TestMachine(folder.resolve(name)).flash();
        return new Machine() {
            private LoaderEntry booted;

            @Override
            public RunningOs powerOn() throws IOException {
                booted = machine.powerOn();
                return new RunningOs(booted.osVersion(), TestImage.BOARD, booted.slot(), "");
            }

            @Override
            public TestImage image(String version) {
                return version.equals(machine.first.version) ? machine.first : new TestImage(version, machine.key, 1 << 20);
            }

            @Override
            public Updater updater(RunningOs running, UnaryOperator<BootLoader> wrapped, Function<Path, OsJournal> journal) {
                return machine.updater(booted, wrapped, journal.apply(machine.data));
            }

            @Override
            public boolean holds(Slot slot, TestImage image) throws IOException {
                return machine.holds(slot, image);
            }

            @Override
            public Slot good() throws IOException {
                return machine.entries().stream().filter(LoaderEntry::isGood).max(Comparator.comparing(LoaderEntry::order)).map(LoaderEntry::slot).orElse(null);
            }
        };
    }

    /** @return whether the cut came before the end */
    private static boolean run(Machine machine, Cut cut, boolean healthy) throws Exception {
        TestImage first = machine.image("1.0.0");
        TestImage second = machine.image("2.0.0");
        boolean cutOnce = false;
        for (int boots = 0; boots < 12; boots++) {
            RunningOs booted = machine.powerOn();
            boolean isNew = booted.slot() == Slot.B;
            assertThat(machine.holds(booted.slot(), isNew ? second : first)).as("boot %d, cut %d: slot %s is whole", boots, cut.at, booted.slot()).isTrue();
            assertThat(machine.good()).as("one slot is known to be good").isNotNull();
            Updater updater = machine.updater(booted, cut::wrap, cut::journal);
            try {
                switch (updater.settle()) {
                    case GATE -> {
                        if (healthy) {
                            updater.keep();
                        } else {
                            updater.giveUp("the test does not like it");
                            continue;
                        }
                    }
                    case TRY -> {
                        updater.tryIt(Json.object());
                        continue;
                    }
                    case NOTHING -> { }
                }
                if (updater.running().version().equals("2.0.0")) {
                    break;
                }
                if (updater.state().failure(Digests.sha256(second.build()), 0).isPresent()) {
                    break;
                }
                updater.fetch(TestMachine.target(second, new MemorySource(second.build())), bytes -> { }, () -> false);
                updater.tryIt(Json.object());
            } catch (PowerCut e) {
                cutOnce = true;
                machine.cutPower();
            }
        }
        RunningOs last = machine.powerOn();
        assertThat(last.version()).as("after a cut at %d", cut.at).isEqualTo(healthy ? "2.0.0" : "1.0.0");
        assertThat(machine.good()).isEqualTo(last.slot());
        var history = machine.updater(last, UnaryOperator.identity(), OsJournal::new).state().history();
        assertThat(history).hasSize(1);
        assertThat(history.getFirst().outcome()).isEqualTo(healthy ? Outcome.KEPT : Outcome.FELL_BACK);
        if (!healthy) {
            assertThat(history.getFirst().reason()).isEqualTo("the test does not like it");
        }
        return cutOnce;
    }

    private static final class PowerCut extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Counts the journal's saves and the boot loader's changes, before and after each. */
    private static final class Cut {
        private final int at;
        private int count;

        Cut(int at) {
            this.at = at;
        }

        private void point() {
            if (count++ == at) {
                throw new PowerCut();
            }
        }

        OsJournal journal(Path folder) {
            return new OsJournal(folder) {
                @Override
                void save(State state) throws IOException {
                    point();
                    super.save(state);
                    point();
                }
            };
        }

        BootLoader wrap(BootLoader real) {
            return new BootLoader() {
                @Override
                public List<String> needs() {
                    return real.needs();
                }

                @Override
                public boolean isGood(Slot slot) throws IOException {
                    return real.isGood(slot);
                }

                @Override
                public void disable(Slot slot) throws IOException {
                    point();
                    real.disable(slot);
                    point();
                }

                @Override
                public void install(Slot slot, OsManifest manifest, Path archive) throws IOException {
                    point();
                    real.install(slot, manifest, archive);
                    point();
                }

                @Override
                public void arm(Slot slot) throws IOException {
                    point();
                    real.arm(slot);
                    point();
                }

                @Override
                public void rebootInto(Slot slot) throws IOException {
                    point();
                    real.rebootInto(slot);
                    point();
                }

                @Override
                public Tries tries(Slot slot, int reboots) throws IOException {
                    return real.tries(slot, reboots);
                }

                @Override
                public void bless(Slot running) throws IOException {
                    point();
                    real.bless(running);
                    point();
                }

                @Override
                public void condemn(Slot slot) throws IOException {
                    point();
                    real.condemn(slot);
                    point();
                }
            };
        }
    }
}
