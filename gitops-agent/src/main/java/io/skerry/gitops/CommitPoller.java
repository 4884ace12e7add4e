package io.skerry.gitops;

import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.apply.Plan;
import io.skerry.gitops.fleet.FleetException;
import io.skerry.gitops.fleet.FleetRepository;
import io.skerry.gitops.git.GitException;
import io.skerry.gitops.git.GitSource;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;

/** Fetches the branch on an interval and builds each new commit for this device. */
final class CommitPoller implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(CommitPoller.class.getName());
    private static final long FIRST_RETRY_MILLIS = 1000;

    /** What came of a commit: the plan, or what is wrong with it. */
    record Built(String commit, Plan plan, List<Problem> problems) {}

    private final GitOpsConfig config;
    private final GitSource source;
    private final Consumer<Built> built;
    private final Consumer<String> reachable;
    private final Signal wake = new Signal();
    private volatile boolean closed;
    private volatile boolean reaches;
    private Thread thread;
    private String lastBuilt = "";
    private String lastFailure = "";

    /**
     * @param built     gets each new commit, and the first one after the start
     * @param reachable gets "" after a fetch, else why there was none; called when that changes
     */
    CommitPoller(GitOpsConfig config, GitSource source, Consumer<Built> built, Consumer<String> reachable) {
        this.config = config;
        this.source = source;
        this.built = built;
        this.reachable = reachable;
    }

    void start() {
        thread = Thread.ofVirtual().name("gitops-fetch").start(this::run);
    }

    /** Whether the last fetch succeeded; false before the first. */
    boolean reaches() {
        return reaches;
    }

    void trigger() {
        wake.give();
    }

    private void run() {
        long retry = FIRST_RETRY_MILLIS;
        long interval = config.git().interval().toMillis();
        try {
            while (!closed) {
                long pause;
                try {
                    poll();
                    retry = FIRST_RETRY_MILLIS;
                    // A fleet that was switched on at one moment shall not fetch in step.
                    pause = interval + ThreadLocalRandom.current().nextLong(interval / 10 + 1);
                    failed("");
                } catch (GitException e) {
                    if (closed) return;
                    failed(e.getMessage());
                    pause = retry + ThreadLocalRandom.current().nextLong(retry / 2);
                    retry = Math.min(retry * 2, Math.max(interval, Duration.ofMinutes(5).toMillis()));
                } catch (RuntimeException | Error e) {
                    // Whatever it was: a device whose fetcher is dead can't be helped by another commit.
                    if (closed) return;
                    LOG.log(Level.ERROR, "The fetch of the fleet repository stumbled and is tried again", e);
                    failed("the fleet repository can't be fetched: " + e);
                    pause = retry + ThreadLocalRandom.current().nextLong(retry / 2);
                    retry = Math.min(retry * 2, Math.max(interval, Duration.ofMinutes(5).toMillis()));
                }
                wake.await(pause);
            }
        } catch (InterruptedException e) {
            // close()
        }
    }

    private void failed(String message) {
        if (message.equals(lastFailure)) return;
        if (message.isEmpty()) LOG.log(Level.INFO, "The fleet repository is reachable again");
        else LOG.log(Level.WARNING, message);
        lastFailure = message;
        reachable.accept(message);
    }

    private void poll() throws GitException {
        reaches = false;
        String commit = source.fetch();
        reaches = true;
        if (commit.equals(lastBuilt)) return;
        try {
            Plan plan = new Plan(FleetRepository.build(source.files(commit), config.device(), config.labels()));
            built.accept(new Built(commit, plan, List.of()));
        } catch (FleetException e) {
            built.accept(new Built(commit, null, e.problems()));
        } catch (IOException e) {
            throw new GitException("commit " + commit + " can't be read: " + e.getMessage(), e);
        }
        lastBuilt = commit;
    }

    @Override
    public void close() {
        closed = true;
        if (thread == null) return;
        wake.give();
        try {
            // Not interrupted: that would look like a broken clone. A fetch that waits for an answer ends by its own timeout and does no harm.
            if (thread.join(Duration.ofSeconds(2))) source.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
