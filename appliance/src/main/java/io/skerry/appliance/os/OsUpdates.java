package io.skerry.appliance.os;

import io.skerry.appliance.os.OsJournal.Outcome;
import io.skerry.appliance.os.OsJournal.Past;
import io.skerry.appliance.os.OsJournal.State;
import io.skerry.appliance.os.OsJournal.Step;
import io.skerry.appliance.os.OsJournal.Update;
import io.skerry.appliance.os.TrialLog.Stage;
import io.skerry.appliance.os.Updater.Next;
import io.skerry.appliance.os.Updater.Target;
import io.skerry.gitops.GitOpsStatus.OsStatus;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/**
 * Updates of the operating system in a running server: one thread that brings the idle slot to what is wanted, reboots when it is allowed
 * to, and after the reboot looks at the health and decides.
 */
public final class OsUpdates implements AutoCloseable {
    /** What is being done, in the words of OSImage's status. */
    enum Activity { Starting, Idle, Downloading, Installed, Rebooting, OnTrial }

    /**
     * @param bytes   of the update file that are on the medium
     * @param error   what went wrong last and is tried again; "" when nothing did
     * @param missing what keeps a version on trial from being kept; "" when nothing does
     */
    record Status(Activity activity, long bytes, String error, String missing) {}

    private static final Logger LOG = System.getLogger(OsUpdates.class.getName());
    /** Longer than the hardware watchdog's time (RuntimeWatchdogSec): a machine that hangs while it is looked at is reset, not kept. */
    static final Duration SETTLE = Duration.ofSeconds(45);
    private static final Duration LOOK = Duration.ofSeconds(2), ASK = Duration.ofSeconds(1);
    private static final Duration FIRST_RETRY = Duration.ofSeconds(10), LAST_RETRY = Duration.ofMinutes(10);
    /** After a download that was another file than the one named: each costs the link and the flash some hundred megabytes. */
    private static final Duration FIRST_ANEW = Duration.ofMinutes(10), LAST_ANEW = Duration.ofHours(24);

    private final Updater updater;
    private final Supplier<Health> health;
    private final Duration settle;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private Thread thread;
    private Thread answers;
    private long askedAt = System.nanoTime();

    // Guarded by this.
    private Status status = new Status(Activity.Starting, 0, "", "");
    private OsStatus report;
    private Target wanted;
    /** What was refused in this server's life: the journal forgets some of it, and it must not be asked for over and over. */
    private Past refused;
    private boolean rebootAllowed;
    private Duration anew = FIRST_ANEW;
    private boolean settled;
    private boolean closed;

    /**
     * @param health how the device is now; asked before a reboot and, after it, until all is well
     * @param settle so long all must stay well
     */
    OsUpdates(Updater updater, Supplier<Health> health, Duration settle) {
        this.updater = updater;
        this.health = () -> health.get().cannotTry(cannotTry());
        this.settle = settle;
        this.report = report(status, Optional.empty());
    }

    private String cannotTry() {
        try {
            return updater.cannotTry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void start() {
        thread = Thread.ofVirtual().name("os-updates").start(this::run);
        answers = Thread.ofVirtual().name("os-situation").start(this::answer);
    }

    private void answer() {
        try {
            Situation.answer(health);
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    RunningOs running() {
        return updater.running();
    }

    State journal() throws IOException {
        return updater.state();
    }

    /** Why this is not tried now; empty when it may be. */
    Optional<Past> failure(Target target) throws IOException {
        synchronized (this) {
            if (refused != null && refused.sha256().equals(target.sha256()) && refused.attempt() == target.attempt() && refused.version().equals(target.version())) {
                return Optional.of(refused);
            }
        }
        return updater.state().failure(target.sha256(), target.attempt());
    }

    /** What goes over MQTT. */
    public synchronized OsStatus report() {
        return report;
    }

    synchronized Status status() {
        return status;
    }

    /** Called after each change of the status or the journal; must return soon. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** @param target null to stop what is being fetched */
    synchronized void want(Target target) {
        boolean same = target == null ? wanted == null : isWanted(target);
        boolean otherTime = same && target != null && !wanted.healthTimeout().equals(target.healthTimeout());
        wanted = target;
        if (!same) {
            rebootAllowed = false;
            anew = FIRST_ANEW;
        }
        if (!same || otherTime) {
            notifyAll();
        }
    }

    /** What is installed may be rebooted into now. */
    synchronized void allowReboot() {
        if (!rebootAllowed) {
            rebootAllowed = true;
            notifyAll();
        }
    }

    private synchronized void forbidReboot() {
        rebootAllowed = false;
    }

    private void run() {
        Duration pause = FIRST_RETRY;
        while (!isClosed()) {
            try {
                step();
                pause = FIRST_RETRY;
            } catch (InterruptedException e) {
                return;
            } catch (OsUpdateException e) {
                LOG.log(Level.WARNING, "The operating system is not updated: {0}", e.getMessage());
                change(new Status(Activity.Idle, 0, "", ""));
                want(null);
            } catch (IOException | RuntimeException e) {
                if (isClosed() || Thread.interrupted()) {
                    return;
                }
                if (e instanceof Download.CancelledException) {
                    continue;
                }
                if (!retryAfter(e instanceof Download.MismatchException ? nextAnew() : pause, e)) {
                    return;
                }
                pause = longer(pause, LAST_RETRY);
            }
        }
    }

    /** @return whether to go on */
    private boolean retryAfter(Duration pause, Exception e) {
        Status now = status();
        LOG.log(Level.WARNING, "Updating the operating system is tried again in {0} s: {1}", pause.toSeconds(), e.getMessage());
        change(new Status(now.activity(), now.bytes(), String.valueOf(e.getMessage()), now.missing()));
        return sleep(pause);
    }

    private synchronized Duration nextAnew() {
        Duration pause = anew;
        anew = longer(anew, LAST_ANEW);
        return pause;
    }

    private static Duration longer(Duration pause, Duration last) {
        return pause.multipliedBy(2).compareTo(last) > 0 ? last : pause.multipliedBy(2);
    }

    private void step() throws IOException, OsUpdateException, InterruptedException {
        if (!settled) {
            Next next = updater.settle();
            if (next == Next.GATE) {
                gate();
            } else if (next == Next.TRY) {
                awaitNetwork();
                tryIt();
            }
            settled = true;
            change(new Status(Activity.Idle, 0, "", ""));
        }
        Target target = await();
        giveWay();
        Optional<Update> update = update(target);
        if (update.isEmpty() || update.get().step() == Step.DOWNLOADING) {
            change(new Status(Activity.Downloading, update.map(Update::offset).orElse(0L), "", ""));
            fetch(target);
        }
        updater.allow(target);
        change(new Status(Activity.Installed, 0, "", ""));
        if (!awaitPermission(target)) {
            return;
        }
        awaitNetwork();
        giveWay();
        if (update(target).isPresent()) {
            tryIt();
        } else {
            // Somebody installed another version meanwhile, by hand: this one is fetched again, and may be rebooted into when its time has come again.
            forbidReboot();
        }
    }

    private Optional<Update> update(Target target) throws IOException {
        return updater.state().update().filter(u -> u.same(target.sha256(), target.attempt()));
    }

    /** A person or a stick goes first, and may be about to reboot. */
    private void giveWay() throws IOException {
        if (updater.isAsked()) {
            throw new SlotLock.BusyException();
        }
    }

    /** Looks once a second at most: pieces of a file may be small. */
    private boolean isAsked() {
        long now = System.nanoTime();
        if (now - askedAt < ASK.toNanos()) {
            return false;
        }
        askedAt = now;
        return updater.isAsked();
    }

    private void fetch(Target target) throws IOException, OsUpdateException {
        try {
            updater.fetch(target, bytes -> change(new Status(Activity.Downloading, bytes, "", "")), () -> !isWanted(target) || isAsked());
        } catch (Download.CancelledException e) {
            giveWay();
            throw e;
        } catch (OsUpdateException e) {
            synchronized (this) {
                refused = new Past("", target.version(), updater.running().version(), target.sha256(), target.attempt(), Outcome.REFUSED, e.getMessage(), e.isCurable());
            }
            throw e;
        }
    }

    private void awaitNetwork() throws InterruptedException {
        NetworkStart.await(health, NetworkStart::uptime, NetworkStart.LIMIT, LOOK);
    }

    private void tryIt() throws IOException, InterruptedException {
        change(new Status(Activity.Rebooting, 0, "", ""));
        updater.tryIt(health.get().write());
        // systemd stops this process soon. If it does not, the next try is one more reboot.
        Thread.sleep(Duration.ofMinutes(10));
    }

    private void gate() throws IOException, InterruptedException {
        Optional<Update> update = updater.trialUpdate();
        Duration timeout = update.map(Update::gate).orElse(OsImageSpec.DEFAULT_HEALTH_TIMEOUT);
        LOG.log(Level.INFO, "Version {0} is on trial: it has {1} s to become healthy", updater.running().version(), timeout.toSeconds());
        change(new Status(Activity.OnTrial, 0, "", "just started"));
        String missing = new HealthGate(health, update.map(Update::before).orElse(Json.object()), timeout, settle, LOOK).await(text -> {
            try {
                updater.note(Stage.GATE, text.isEmpty() ? "all was well" : text);
            } catch (IOException e) {
                LOG.log(Level.WARNING, "cannot write down how far the trial is", e);
            }
            change(new Status(Activity.OnTrial, 0, "", text));
        });
        if (missing.isEmpty()) {
            updater.keep();
            TrialVerdict.good();
            return;
        }
        updater.giveUp("not healthy within " + timeout.toSeconds() + " s: " + missing);
        Thread.sleep(Duration.ofMinutes(10));
    }

    private synchronized Target await() throws InterruptedException {
        while (wanted == null) {
            if (status.activity() != Activity.Idle) {
                change(new Status(Activity.Idle, 0, "", ""));
            }
            wait();
        }
        return wanted;
    }

    /** @return whether the reboot is allowed; false when something else is wanted now, or another time for its trial */
    private synchronized boolean awaitPermission(Target target) throws InterruptedException {
        while (!rebootAllowed && isWantedSo(target)) {
            wait();
        }
        return isWantedSo(target);
    }

    private synchronized boolean isWantedSo(Target target) {
        return isWanted(target) && wanted.healthTimeout().equals(target.healthTimeout());
    }

    private synchronized boolean isWanted(Target target) {
        return !closed && wanted != null && wanted.sha256().equals(target.sha256()) && wanted.attempt() == target.attempt();
    }

    private synchronized boolean isClosed() {
        return closed;
    }

    private synchronized boolean sleep(Duration pause) {
        try {
            wait(pause.toMillis());
            return !closed;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private void change(Status now) {
        Optional<State> journal = Optional.empty();
        try {
            journal = Optional.of(updater.state());
        } catch (IOException e) {
            LOG.log(Level.WARNING, "The journal of OS updates cannot be read: {0}", e.getMessage());
        }
        synchronized (this) {
            OsStatus told = report(now, journal);
            if (now.equals(status) && told.equals(report)) {
                return;
            }
            status = now;
            report = told;
        }
        listeners.forEach(Runnable::run);
    }

    private OsStatus report(Status now, Optional<State> journal) {
        RunningOs running = updater.running();
        Optional<Past> last = journal.map(State::history).filter(history -> !history.isEmpty()).map(List::getLast);
        return new OsStatus(running.version(), running.slot().letter(), now.activity().name(), journal.flatMap(State::update).map(Update::version).orElse(""),
                last.map(OsImageController::outcome).orElse(""), last.map(past -> past.version() + (past.reason().isEmpty() ? "" : ": " + past.reason())).orElse(""));
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            notifyAll();
        }
        if (thread != null) {
            answers.interrupt();
            thread.interrupt();
            try {
                thread.join(Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
