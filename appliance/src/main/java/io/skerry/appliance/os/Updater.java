package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.appliance.os.BootLoader.Tries;
import io.skerry.appliance.os.OsJournal.Outcome;
import io.skerry.appliance.os.OsJournal.SlotContent;
import io.skerry.appliance.os.OsJournal.State;
import io.skerry.appliance.os.OsJournal.Step;
import io.skerry.appliance.os.OsJournal.Update;
import io.skerry.appliance.os.TrialLog.Stage;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.LongConsumer;

/**
 * The steps of an update of the operating system: fetch into the idle slot, try it, and keep it or go back. What comes next stands in the
 * journal before it is begun, and can be done again; the running slot is not touched by any step. One process at a time takes a step.
 */
final class Updater {
    /**
     * What is wanted.
     *
     * @param sha256  of the update file
     * @param attempt a counter by which an image that failed is tried again
     * @param source  the file, given the validator of what was fetched before
     */
    record Target(String version, String sha256, int attempt, Function<String, ImageSource> source, Duration healthTimeout) {}

    /** What belongs to a slot. */
    @FunctionalInterface interface Lookup<T> {
        T of(Slot slot) throws IOException;
    }

    /** What is to be done after a start. */
    enum Next {
        NOTHING,
        /** This boot is a try: look at the health, then {@link #keep} or {@link #giveUp}. */
        GATE,
        /** The device was to try the other slot and did not: {@link #tryIt}. */
        TRY
    }

    private static final Logger LOG = System.getLogger(Updater.class.getName());

    private final RunningOs running;
    private final Path folder;
    private final Lookup<Path> roots;
    private final BootLoader loader;
    private final OsJournal journal;
    private final List<Path> trustFolders;
    private final FetchPolicy policy;
    private final TrialLog trial;
    private final Power power;
    private final SlotLock lock;

    /**
     * @param folder   {@code <data-dir>/os}
     * @param roots    the slots' root partitions
     * @param trial    notes of this boot
     * @param patience how long another process's step is waited for
     */
    Updater(RunningOs running, Path folder, Lookup<Path> roots, BootLoader loader, OsJournal journal, List<Path> trustFolders, FetchPolicy policy,
            TrialLog trial, Power power, Duration patience) {
        this.running = running;
        this.folder = folder;
        this.roots = roots;
        this.loader = loader;
        this.journal = journal;
        this.trustFolders = List.copyOf(trustFolders);
        this.policy = policy;
        this.trial = trial;
        this.power = power;
        this.lock = new SlotLock(folder, patience);
    }

    RunningOs running() {
        return running;
    }

    /** As of {@link SlotLock#ask}. */
    Closeable goFirst() throws IOException {
        return lock.ask();
    }

    /** As of {@link SlotLock#isAsked}. */
    boolean isAsked() {
        try {
            return lock.isAsked();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    State state() throws IOException {
        return journal.load();
    }

    /** Brings the journal in line with what the boot loader did; to be called at each start. */
    Next settle() throws IOException {
        return lock.alone(() -> {
            State state = journal.load();
            if (state.update().isEmpty()) {
                // Without a journal, too, a version that the loader counts must be looked at, or it is lost after some reboots.
                return loader.isGood(running.slot()) ? Next.NOTHING : Next.GATE;
            }
            Update update = state.update().get();
            if (update.slot() == running.slot()) {
                return settleInNew(state, update);
            }
            if (update.step() != Step.TRYING) {
                return Next.NOTHING;
            }
            Tries tries = loader.tries(update.slot(), update.reboots());
            String problem = loader.cannotTry();
            if (!problem.isEmpty()) {
                fellBack(state, update, problem);
                return Next.NOTHING;
            }
            if (!tries.exhausted()) {
                return Next.TRY;
            }
            String reason = tries.cause().isEmpty() ? trial.account() + Panics.last(Panics.FOLDERS).map(panic -> "; the kernel's last panic: " + panic).orElse("") : tries.cause();
            LOG.log(Level.WARNING, "Version {0} in slot {1} is not kept: {2}", update.version(), update.slot().letter(), reason);
            fellBack(state, update, reason);
            return Next.NOTHING;
        });
    }

    private Next settleInNew(State state, Update update) throws IOException {
        if (update.step() == Step.DOWNLOADING) {
            // The journal is of another life of this disk: what it calls idle is what runs.
            journal.save(state.dropped());
            return Next.NOTHING;
        }
        if (loader.isGood(running.slot())) {
            kept(state);
            return Next.NOTHING;
        }
        return Next.GATE;
    }

    /**
     * Brings the idle slot to the wanted version, from wherever an earlier call left it. Does nothing when it is there already.
     *
     * @param progress  told how many bytes of the file are on the medium
     * @param cancelled asked between the pieces that come, and between the tries when none do
     * @throws OsUpdateException when this image is not to be taken; that stands in the journal then
     * @throws IOException       when it could not be had now; call again, but not soon when it is a {@link Download.MismatchException}
     */
    void fetch(Target target, LongConsumer progress, BooleanSupplier cancelled) throws IOException, OsUpdateException {
        canTry();
        OsUpdateException refused = lock.alone(() -> {
            try {
                fetchAlone(target, progress, cancelled);
                return null;
            } catch (OsUpdateException e) {
                State state = journal.load();
                if (state.update().filter(update -> update.same(target.sha256(), target.attempt())).isPresent()) {
                    journal.save(state.refused(e.getMessage(), e.isCurable()));
                }
                Files.deleteIfExists(head());
                return e;
            }
        });
        if (refused != null) {
            throw refused;
        }
    }

    /** As of {@link BootLoader#cannotTry}. */
    String cannotTry() throws IOException {
        return loader.cannotTry();
    }

    /** Nothing is installed that could not be tried: not in the journal, because this is no fault of the image. */
    private void canTry() throws IOException, OsUpdateException {
        String problem = loader.cannotTry();
        if (!problem.isEmpty()) {
            throw new OsUpdateException(problem);
        }
    }

    private void fetchAlone(Target target, LongConsumer progress, BooleanSupplier cancelled) throws IOException, OsUpdateException {
        State state = journal.load();
        notOnTrial(state);
        Slot idle = running.slot().other();
        Update update = state.update().filter(u -> u.same(target.sha256(), target.attempt()) && u.slot() == idle).orElse(null);
        if (update != null && update.step() != Step.DOWNLOADING) {
            return;
        }
        if (update == null) {
            update = Update.begin(target.version(), target.sha256(), target.attempt(), idle, running.version(), target.healthTimeout().toSeconds());
            state = state.slot(running.slot(), new SlotContent(running.version(), running.rootHash(), true)).with(update);
            SlotContent there = state.slots().get(idle);
            if (there != null && there.good() && there.version().equals(target.version()) && !loader.tries(idle, 0).exhausted()) {
                // Going back to what the other slot still holds costs no download.
                journal.save(state.with(update.installed(there.rootHash())));
                return;
            }
            journal.save(state);
        }
        for (boolean again = false; ; again = true) {
            try {
                install(target, update, progress, cancelled);
                return;
            } catch (Download.MismatchException | HttpImageSource.ChangedException e) {
                // None of what is here of it is to be trusted.
                update = update.at(0, "");
                journal.save(journal.load().with(update));
                if (again || e instanceof Download.MismatchException mismatch && !mismatch.resumed) {
                    throw e;
                }
                LOG.log(Level.WARNING, "{0}; fetching it from its beginning", e.getMessage());
            }
        }
    }

    private void notOnTrial(State state) throws IOException {
        if (state.update().filter(update -> update.slot() == running.slot()).isPresent()) {
            throw new IOException("version " + running.version() + " is on trial; wait until that is decided");
        }
    }

    private void install(Target target, Update update, LongConsumer progress, BooleanSupplier cancelled) throws IOException, OsUpdateException {
        ImageSource source = target.source().apply(update.validator());
        Path root = roots.of(update.slot());
        Files.createDirectories(folder);
        Download.Fetched fetched = new Download(source, TrustedKeys.load(trustFolders), head(), root, policy).run(update.offset(), target.sha256(), new Download.Progress() {
            @Override
            public void accepted(OsManifest manifest) throws IOException, OsUpdateException {
                accept(manifest, target.version());
                loader.disable(update.slot());
                journal.save(journal.load().slot(update.slot(), null));
            }

            @Override
            public void reached(long bytes, String validator) throws IOException {
                State now = journal.load();
                journal.save(now.with(now.update().orElseThrow().at(bytes, validator)));
                progress.accept(bytes);
            }

            @Override
            public boolean cancelled() {
                return cancelled.getAsBoolean();
            }
        });
        OsManifest manifest = fetched.manifest();
        OsManifest.Member content = manifest.files().get(OsManifest.ROOT);
        try (SlotPartition partition = new SlotPartition(root)) {
            String found = partition.digest(content.size());
            if (!found.equals(content.sha256())) {
                if (partition.checksum(content.size()) == fetched.rootChecksum()) {
                    throw new OsUpdateException("the image's " + OsManifest.ROOT + " has the SHA-256 " + found + ", its manifest says " + content.sha256());
                }
                // The card did not keep what it was given; what is kept of the download is not to be trusted either.
                journal.save(journal.load().with(update.at(0, "")));
                throw new IOException("reading back " + root + " gives the SHA-256 " + found + ", not " + content.sha256() + "; the disk may be failing");
            }
        }
        loader.install(update.slot(), manifest, head());
        State now = journal.load();
        journal.save(now.slot(update.slot(), new SlotContent(manifest.version(), manifest.verityRootHash(), false))
                .with(now.update().orElseThrow().installed(manifest.verityRootHash())));
        Files.deleteIfExists(head());
        LOG.log(Level.INFO, "Version {0} is in slot {1}, verified", manifest.version(), update.slot().letter());
    }

    private void accept(OsManifest manifest, String version) throws OsUpdateException {
        if (!manifest.board().equals(running.board())) {
            throw new OsUpdateException("the image is for the board " + manifest.board() + ", this device is a " + running.board());
        }
        if (!manifest.version().equals(version)) {
            throw OsUpdateException.curable("the image holds version " + manifest.version() + ", not " + version + " as it is named");
        }
        for (String name : loader.needs()) {
            if (!manifest.files().containsKey(name)) {
                throw new OsUpdateException("the image for " + manifest.board() + " has no " + name + ", which this device's boot loader needs");
            }
        }
    }

    /** Gives what is installed the time for becoming healthy that is wanted now; a try that has begun keeps its own. */
    void allow(Target target) throws IOException {
        lock.alone(() -> {
            State state = journal.load();
            Optional<Update> waiting = state.update().filter(update -> update.same(target.sha256(), target.attempt()) && update.step() == Step.INSTALLED);
            if (waiting.isPresent() && waiting.get().healthTimeout() != target.healthTimeout().toSeconds()) {
                journal.save(state.with(waiting.get().within(target.healthTimeout())));
            }
            return null;
        });
    }

    /** Makes the other slot the one to try next: going back by hand. @throws OsUpdateException when it holds nothing that was good once */
    void prepareRollback(Duration healthTimeout) throws IOException, OsUpdateException {
        canTry();
        String wrong = lock.alone(() -> {
            State state = journal.load();
            notOnTrial(state);
            Slot idle = running.slot().other();
            SlotContent there = state.slots().get(idle);
            if (there == null || !there.good()) {
                return "slot " + idle.letter() + " holds no version that was good before" + (there == null ? "" : " (it holds " + there.version() + ")");
            }
            journal.save(state.with(Update.begin(there.version(), "", 0, idle, running.version(), healthTimeout.toSeconds()).installed(there.rootHash())));
            return null;
        });
        if (wrong != null) {
            throw new OsUpdateException(wrong);
        }
    }

    /**
     * Reboots into what is installed.
     *
     * @param before how the device is now, for the gate to compare with
     */
    void tryIt(JsonNode before) throws IOException {
        lock.alone(() -> {
            State state = journal.load();
            Update update = state.update().filter(u -> u.step() != Step.DOWNLOADING && u.slot() != running.slot())
                    .orElseThrow(() -> new IOException("no version is installed that could be tried"));
            String problem = loader.cannotTry();
            if (!problem.isEmpty()) {
                throw new IOException(problem);
            }
            if (update.reboots() == 0) {
                trial.clear();
            }
            journal.save(state.with(update.trying(before)));
            loader.arm(update.slot());
            LOG.log(Level.INFO, "Rebooting into version {0} in slot {1}", update.version(), update.slot().letter());
            loader.rebootInto(update.slot());
            return null;
        });
    }

    /** The gate is passed. */
    void keep() throws IOException {
        lock.alone(() -> {
            State state = journal.load();
            loader.bless(running.slot());
            if (state.update().filter(update -> update.slot() == running.slot()).isPresent()) {
                kept(state);
            }
            return null;
        });
    }

    /** The gate is not passed: back to the other slot, at once. */
    void giveUp(String reason) throws IOException {
        lock.alone(() -> {
            trial.note(Stage.FAILED, reason);
            LOG.log(Level.ERROR, "Giving up version {0}: {1}; rebooting into the other slot", running.version(), reason);
            loader.condemn(running.slot());
            State state = journal.load();
            if (state.update().filter(update -> update.slot() == running.slot()).isPresent()) {
                // So that a loader that does not count is not asked again.
                journal.save(state.with(state.update().get().exhausted()));
            }
            power.reboot("");
            return null;
        });
    }

    /** What the gate sees, for the case that it is the last thing. */
    void note(Stage stage, String text) throws IOException {
        trial.note(stage, text);
    }

    /** The update that led to this boot; empty when the journal knows of none. */
    Optional<Update> trialUpdate() throws IOException {
        return journal.load().update().filter(update -> update.slot() == running.slot());
    }

    /** Whether this boot's version is still to be decided on. */
    boolean onTrial() throws IOException {
        return lock.alone(() -> !loader.isGood(running.slot()));
    }

    /** As of {@link BootLoader#counted}, of the running slot: this boot is one of them. */
    OptionalInt counted() throws IOException {
        return lock.alone(() -> loader.counted(running.slot()));
    }

    /** What the gate saw last in this boot; "" when it saw nothing. */
    String lastSeen() throws IOException {
        return trial.read(Stage.GATE);
    }

    private void kept(State state) throws IOException {
        LOG.log(Level.INFO, "Version {0} is kept", running.version());
        State kept = state.slot(running.slot(), new SlotContent(running.version(), running.rootHash(), true)).ended(Outcome.KEPT, "");
        if (state.update().orElseThrow().sha256().isEmpty()) {
            // Or what names the version that somebody went back from would bring it back at once.
            kept = kept.regretted(state.update().get().fromVersion(), "somebody went back to version " + running.version() + " by hand");
        }
        journal.save(kept);
        trial.clear();
    }

    private void fellBack(State state, Update update, String reason) throws IOException {
        loader.condemn(update.slot());
        SlotContent there = state.slots().get(update.slot());
        journal.save((there == null ? state : state.slot(update.slot(), new SlotContent(there.version(), there.rootHash(), false))).ended(Outcome.FELL_BACK, reason));
        trial.clear();
    }

    private Path head() {
        return folder.resolve("head.tar");
    }
}
