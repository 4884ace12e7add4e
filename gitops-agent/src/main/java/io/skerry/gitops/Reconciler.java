package io.skerry.gitops;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.gitops.CommitPoller.Built;
import io.skerry.gitops.GitOpsStatus.ObjectStatus;
import io.skerry.gitops.GitOpsStatus.OsStatus;
import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.GitOpsStatus.TargetStatus;
import io.skerry.gitops.apply.Applier;
import io.skerry.gitops.apply.Applier.Outcome;
import io.skerry.gitops.apply.Plan;
import io.skerry.gitops.fleet.Target;
import io.skerry.gitops.journal.Journal;
import io.skerry.gitops.journal.Journal.Refusal;
import io.skerry.gitops.journal.Journal.Revision;
import io.skerry.gitops.journal.Journal.Step;
import io.skerry.gitops.journal.ObjectKey;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Takes commits into the cluster, one thread and one step at a time. What step it is in stands in the journal before the step is
 * begun, and each step can be done again: so a power cut at any point resumes.
 */
final class Reconciler implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Reconciler.class.getName());
    /** How long a kind that the cluster does not know yet, or an API server that does not answer, is no failure: add-ons are starting. */
    private static final long PATIENCE_NANOS = Duration.ofSeconds(15).toNanos();
    /** A controller's verdict may be of the state before; it has to stand so long. */
    private static final long VERDICT_NANOS = Duration.ofSeconds(20).toNanos();
    private static final long DRIFT_PAUSE_NANOS = Duration.ofSeconds(2).toNanos();
    private static final long FOREVER = Long.MAX_VALUE;

    private final GitOpsConfig config;
    private final Journal journal;
    private final Applier applier;
    private final Supplier<Optional<OsStatus>> os;
    private final Consumer<GitOpsStatus> onStatus;
    private final Signal wake = new Signal();
    private final AtomicReference<Built> inbox = new AtomicReference<>();
    private final AtomicReference<String> unreachable = new AtomicReference<>("");
    private final AtomicBoolean drifted = new AtomicBoolean();
    private volatile GitOpsStatus status = GitOpsStatus.NOTHING;
    private volatile Verdict verdict = Verdict.NONE;
    private volatile boolean closed;
    private Thread thread;
    private long startedAt;

    // What is known of the current revision; touched by the thread only.
    private Revision revision;
    private Plan plan;
    private long applyingSince;
    private long appliedAt;
    private long failedSince = FOREVER;
    private Built pending;
    private long pendingSince;
    private long retryAt = FOREVER;
    private long retryMillis;
    private long driftAt = FOREVER;
    private List<Problem> trouble = List.of();
    /** The newest commit that was looked at since the start, and why it is refused. */
    private Verdict looked = Verdict.NONE;

    Reconciler(GitOpsConfig config, Journal journal, KubernetesClient client, Supplier<Optional<OsStatus>> os, Consumer<GitOpsStatus> onStatus) {
        this.config = config;
        this.journal = journal;
        this.os = os;
        this.onStatus = onStatus;
        this.applier = new Applier(client, spec -> {
            if (spec) drifted.set(true);
            wake.give();
        });
    }

    void start() {
        startedAt = System.nanoTime();
        thread = Thread.ofVirtual().name("gitops").start(this::run);
    }

    void commit(Built built) {
        inbox.set(built);
        wake.give();
    }

    /** @param why "" when the fleet repository can be reached */
    void repository(String why) {
        unreachable.set(why);
        wake.give();
    }

    /** Makes the status anew. */
    void refresh() {
        wake.give();
    }

    GitOpsStatus status() {
        return status;
    }

    Verdict verdict() {
        return verdict;
    }

    private void run() {
        try {
            journal.current().ifPresent(this::resume);
            while (!closed) {
                try {
                    step();
                    verdict = pending == null && looked.problems().isEmpty() && !looked.commit().isEmpty() ? new Verdict(looked.commit(), trouble) : looked;
                    publish();
                } catch (RuntimeException | Error e) {
                    // Whatever it was: a device whose agent is dead can't be helped by another commit.
                    if (closed) return;
                    LOG.log(Level.ERROR, "The GitOps agent stumbled and tries again", e);
                    retryLater();
                }
                long now = System.nanoTime();
                long next = Math.min(retryAt, nextStep());
                wake.await(next == FOREVER ? Long.MAX_VALUE / 1_000_000 : Math.max(1, (next - now) / 1_000_000));
            }
        } catch (InterruptedException e) {
            // close()
        }
    }

    private void resume(Revision found) {
        revision = found;
        plan = Plan.read(found.content());
        applyingSince = System.nanoTime();
        appliedAt = applyingSince;
        driftAt = appliedAt;
        LOG.log(Level.INFO, "Resuming commit {0}, which was {1}", Situation.shortName(found.commit()), found.step().name().toLowerCase(Locale.ROOT));
    }

    private void step() {
        Built built = inbox.getAndSet(null);
        if (built != null) {
            pending = built;
            pendingSince = System.nanoTime();
            resetRetry();
        }
        boolean due = System.nanoTime() >= retryAt || retryAt == FOREVER;
        if (due) retryAt = FOREVER;
        if (pending != null && due) begin();
        if (revision == null) return;
        if (revision.step() == Step.APPLYING && retryAt == FOREVER) applyRevision();
        if (revision.step() == Step.APPLYING) return;
        if (drifted.getAndSet(false)) driftAt = Math.min(driftAt, System.nanoTime() + DRIFT_PAUSE_NANOS);
        if (System.nanoTime() >= driftAt) correctDrift();
        if (revision.step() == Step.APPLIED || revision.step() == Step.FAILED) judge();
    }

    // ---- a new commit ----------------------------------------------------------------------------------------------------------------

    private void begin() {
        Built built = pending;
        journal.fetched(built.commit());
        if (!built.problems().isEmpty()) {
            refuse(built, built.problems());
            return;
        }
        Outcome prepared = applier.prepare(built.plan());
        if (!prepared.good()) {
            waitForCluster(built, prepared);
            return;
        }
        byte[] content = built.plan().write();
        Optional<Refusal> refusal = journal.refusal();
        if (revision != null && revision.commit().equals(built.commit()) && Arrays.equals(revision.content(), content)) {
            if (refusal.isPresent()) journal.clearRefusal();
            done();
            return;
        }
        if (refusal.isPresent() && refusal.get().rolledBack() && refusal.get().commit().equals(built.commit())) {
            done();
            return;
        }
        Outcome checked = applier.dryRun(built.plan());
        if (!checked.good()) {
            if (checked.passing()) waitForCluster(built, checked);
            else refuse(built, checked.problems());
            return;
        }
        LOG.log(Level.INFO, "Applying commit {0}", Situation.shortName(built.commit()));
        revision = journal.begin(built.commit(), content, built.plan().keys());
        plan = built.plan();
        applyingSince = System.nanoTime();
        done();
    }

    private void done() {
        done(List.of());
    }

    private void done(List<Problem> refused) {
        looked = new Verdict(pending.commit(), refused);
        pending = null;
        trouble = List.of();
        resetRetry();
    }

    private void refuse(Built built, List<Problem> problems) {
        Refusal refusal = new Refusal(built.commit(), false, problems);
        if (!journal.refusal().equals(Optional.of(refusal))) {
            journal.refused(refusal);
            LOG.log(Level.WARNING, "Commit {0} is not applied: {1}", Situation.shortName(built.commit()), problems.getFirst());
        }
        done(problems);
    }

    /** A commit that may do later without a change: known as failed only when that takes too long. */
    private void waitForCluster(Built built, Outcome outcome) {
        trouble = outcome.problems();
        if (System.nanoTime() - pendingSince > PATIENCE_NANOS) {
            Refusal refusal = new Refusal(built.commit(), false, outcome.problems());
            if (!journal.refusal().equals(Optional.of(refusal))) journal.refused(refusal);
            looked = new Verdict(built.commit(), outcome.problems());
        }
        retryLater();
    }

    private void retryLater() {
        retryMillis = Math.min(Math.max(500, retryMillis * 2), 60_000);
        retryAt = System.nanoTime() + retryMillis * 1_000_000;
    }

    private void resetRetry() {
        retryAt = FOREVER;
        retryMillis = 0;
    }

    // ---- the current revision ----------------------------------------------------------------------------------------------------------

    private void applyRevision() {
        Outcome outcome = applyAll();
        if (outcome == null) return;
        if (!outcome.good()) {
            trouble = outcome.problems();
            boolean patient = !outcome.answered() || System.nanoTime() - applyingSince < config.healthTimeout().toNanos();
            if (outcome.passing() && patient) retryLater();
            else fail(outcome.problems());
            return;
        }
        trouble = List.of();
        resetRetry();
        move(Step.APPLIED, "");
        appliedAt = System.nanoTime();
        driftAt = appliedAt + config.driftInterval().toNanos();
        failedSince = FOREVER;
    }

    /** @return null when a newer commit came in between */
    private Outcome applyAll() {
        Outcome watched = applier.watch(plan);
        if (!watched.good()) return watched;
        List<List<Target>> waves = applier.waves(plan);
        for (int i = 0; i < waves.size(); i++) {
            Outcome applied = applier.apply(waves.get(i));
            if (!applied.good()) return applied;
            // A kind that this wave defined can only be watched now.
            watched = applier.watch(plan);
            if (!watched.good()) return watched;
            if (i + 1 < waves.size()) {
                Outcome ready = awaitHealth(waves.get(i));
                if (ready == null || !ready.good()) return ready;
            }
        }
        List<ObjectKey> wanted = plan.keys();
        List<ObjectKey> unwanted = journal.inventory().stream().filter(old -> wanted.stream().noneMatch(old::same)).toList();
        List<ObjectKey> deleted = new ArrayList<>();
        Outcome pruned = applier.prune(unwanted, deleted);
        journal.forget(deleted);
        return pruned;
    }

    /** Waits until what later Targets depend on is healthy. */
    private Outcome awaitHealth(List<Target> targets) {
        long start = System.nanoTime();
        while (true) {
            publish();
            List<Problem> late = new ArrayList<>();
            boolean ready = true;
            long patience = FOREVER;
            for (Target target : targets) {
                List<ObjectStatus> missing = OsImages.decisive(applier.status(target));
                if (!target.waits() || missing.isEmpty()) continue;
                ready = false;
                if (missing.stream().allMatch(OsImages::takesItsTime)) continue;
                patience = Math.min(patience, start + timeout(target).toNanos() - System.nanoTime());
                if (patience <= 0) late.addAll(problems(target, missing));
            }
            if (ready) return Outcome.GOOD;
            if (!late.isEmpty()) return new Outcome(late, false, true);
            try {
                wake.await(patience == FOREVER ? Long.MAX_VALUE / 1_000_000 : patience / 1_000_000 + 1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            }
            if (inbox.get() != null) return null;
        }
    }

    private Duration timeout(Target target) {
        return target.timeout().orElse(config.healthTimeout());
    }

    /** When something is to be done without being woken: the drift to be corrected, a Target's time for becoming healthy over, a verdict standing. */
    private long nextStep() {
        if (revision == null || revision.step() == Step.APPLYING) return FOREVER;
        if (revision.step() != Step.APPLIED) return driftAt;
        long first = driftAt;
        for (Target target : plan.targets()) {
            if (target.waits() && !OsImages.decisive(applier.status(target)).stream().allMatch(OsImages::takesItsTime)) first = Math.min(first, appliedAt + timeout(target).toNanos());
        }
        return failedSince == FOREVER ? first : Math.min(first, failedSince + VERDICT_NANOS);
    }

    private void judge() {
        boolean healthy = true;
        boolean failed = false;
        boolean onlyPatience = true;
        List<Problem> problems = new ArrayList<>();
        List<Problem> late = new ArrayList<>();
        long now = System.nanoTime();
        for (Target target : plan.targets()) {
            List<ObjectStatus> missing = OsImages.decisive(applier.status(target));
            if (!target.waits() || missing.isEmpty()) continue;
            healthy = false;
            boolean patience = missing.stream().allMatch(OsImages::takesItsTime);
            onlyPatience &= patience;
            failed |= missing.stream().anyMatch(object -> object.health().equals("Failed"));
            boolean over = !patience && now >= appliedAt + timeout(target).toNanos();
            if (over || failed) problems.addAll(problems(target, missing));
            if (over) late.addAll(problems);
        }
        if (healthy) {
            move(Step.HEALTHY, "");
            failedSince = FOREVER;
            LOG.log(Level.INFO, "Commit {0} is applied and healthy", Situation.shortName(revision.commit()));
            return;
        }
        if (revision.step() == Step.FAILED) return;
        // Everything else was healthy: should something of it fail while this is waited for, its time begins then.
        if (onlyPatience) appliedAt = now;
        failedSince = failed ? Math.min(failedSince, now) : FOREVER;
        if (!late.isEmpty() || failed && now - failedSince >= VERDICT_NANOS) fail(problems);
    }

    /** What failed and is not gone back from: to be told as long as it lasts. */
    private List<Problem> failedSystems() {
        List<Problem> failed = new ArrayList<>();
        if (plan == null) return failed;
        for (Target target : plan.targets()) {
            if (target.waits()) failed.addAll(problems(target, applier.status(target).unhealthy().stream().filter(OsImages::hasFailed).toList()));
        }
        return failed;
    }

    private List<Problem> problems(Target target, List<ObjectStatus> unhealthy) {
        List<Problem> problems = new ArrayList<>();
        for (ObjectStatus object : unhealthy) {
            String pods = OsImages.is(object) ? "" : applier.podTrouble(object);
            String text = object.kind() + " " + object.name() + " is not healthy: " + object.message() + (pods.isEmpty() ? "" : " (" + pods + ")");
            target.objects().stream().filter(rendered -> new ObjectKey(object.apiVersion(), object.kind(), object.namespace(), object.name(), false).same(Plan.key(target, rendered))).findFirst()
                    .ifPresent(rendered -> problems.add(new Problem(rendered.file(), rendered.line(), text)));
        }
        return problems;
    }

    /** Goes back to the last-known-good revision if there is another. */
    private void fail(List<Problem> problems) {
        Optional<Revision> good = journal.lastKnownGood().filter(candidate -> candidate.id() != revision.id());
        String reason = problems.isEmpty() ? "" : problems.getFirst().toString();
        if (good.isEmpty()) {
            LOG.log(Level.WARNING, "Commit {0} is not healthy, and there is no other to go back to: {1}", Situation.shortName(revision.commit()), reason);
            trouble = problems;
            move(Step.FAILED, reason);
            return;
        }
        LOG.log(Level.WARNING, "Commit {0} is not healthy; going back to {1}: {2}", Situation.shortName(revision.commit()), Situation.shortName(good.get().commit()), reason);
        Plan back = Plan.read(good.get().content());
        revision = journal.goBack(good.get(), back.keys(), new Refusal(revision.commit(), true, problems));
        plan = back;
        applyingSince = System.nanoTime();
        trouble = List.of();
        resetRetry();
        wake.give();
    }

    private void move(Step step, String reason) {
        journal.step(revision, step, reason);
        revision = new Revision(revision.id(), revision.commit(), step, revision.content(), reason);
    }

    private void correctDrift() {
        driftAt = System.nanoTime() + config.driftInterval().toNanos();
        Outcome outcome = applier.watch(plan);
        for (List<Target> wave : applier.waves(plan)) {
            if (outcome.good()) outcome = applier.apply(wave);
        }
        if (!outcome.good()) driftAt = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        if (!outcome.good() || revision.step() == Step.HEALTHY) trouble = outcome.problems();
    }

    // ---- status ------------------------------------------------------------------------------------------------------------------------

    private void publish() {
        // Right after a start nothing is known of the objects; that is not worth telling, unless it lasts.
        if (plan != null && !applier.knowsHealth() && System.nanoTime() - startedAt < PATIENCE_NANOS) return;
        List<TargetStatus> targets = plan == null ? List.of() : plan.targets().stream().map(applier::status).toList();
        GitOpsStatus now = new Situation(journal.wanted(), revision == null ? "" : revision.commit(), revision == null ? null : revision.step(), journal.lastKnownGoodCommit(),
                pending != null, journal.refusal(), trouble, failedSystems(), unreachable.get(), targets, !waitedFor(targets), journal.dropped()).status(status).with(os.get());
        if (now.equals(status)) return;
        status = now;
        onStatus.accept(now);
    }

    /** Whether something is unhealthy that has to be healthy. */
    private boolean waitedFor(List<TargetStatus> targets) {
        for (int i = 0; i < targets.size(); i++) {
            if (plan.targets().get(i).waits() && !OsImages.decisive(targets.get(i)).isEmpty()) return true;
        }
        return false;
    }

    @Override
    public void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
            try {
                thread.join(Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        applier.close();
    }
}
