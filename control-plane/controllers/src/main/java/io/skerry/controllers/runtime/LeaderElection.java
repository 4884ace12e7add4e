package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfigBuilder;
import io.fabric8.kubernetes.client.extended.leaderelection.resourcelock.LeaseLock;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;

/**
 * Does something on one of several servers at a time: on the one that holds a Lease in kube-system. When the Lease is lost, because
 * this server is slow or cut off, the work is stopped and this server stands for election again.
 *
 * @see <a href="https://kubernetes.io/docs/concepts/architecture/leases/#leader-election">Leases: leader election</a>
 */
public final class LeaderElection implements AutoCloseable {
    private static final Logger LOG = System.getLogger(LeaderElection.class.getName());
    private static final String NAMESPACE = "kube-system";

    /** What the leader does. */
    public interface Work {
        /** Starts it, on a thread that is interrupted when the Lease is lost; what it returns is closed then. */
        AutoCloseable start() throws Exception;
    }

    /**
     * How long a leader that says nothing is waited for, how long a leader tries to renew before it gives up, and the pause between
     * tries. The first is longer than the second, so that the old one has stopped before the new one starts.
     */
    public record Times(Duration lease, Duration renewDeadline, Duration retry) {
        /** kube-controller-manager's and kube-scheduler's. */
        public static final Times UPSTREAM = new Times(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
    }

    private final KubernetesClient client;
    private final String lease;
    private final String identity;
    private final Times times;
    private final Work work;
    private final Thread thread;
    private volatile boolean closed;
    private volatile boolean leading;

    /**
     * @param lease    name of the Lease, such as kube-scheduler
     * @param identity what this server is called in it; unique
     */
    public LeaderElection(KubernetesClient client, String lease, String identity, Times times, Work work) {
        this.client = client;
        this.lease = lease;
        this.identity = identity;
        this.times = times;
        this.work = work;
        this.thread = Thread.ofVirtual().name("leader-election " + lease).start(this::run);
    }

    public boolean isLeading() { return leading; }

    private void run() {
        while (!closed) {
            CountDownLatch decided = new CountDownLatch(1);
            CompletableFuture<?> term = client.leaderElector().withConfig(new LeaderElectionConfigBuilder().withName(lease)
                .withLock(new LeaseLock(NAMESPACE, lease, identity)).withReleaseOnCancel(true)
                .withLeaseDuration(times.lease()).withRenewDeadline(times.renewDeadline()).withRetryPeriod(times.retry())
                .withLeaderCallbacks(new LeaderCallbacks(decided::countDown, () -> { }, leader -> { })).build()).build().start();
            Thread candidate = Thread.currentThread();
            term.whenComplete((ended, failure) -> {
                decided.countDown();
                candidate.interrupt(); // wherever it is in starting its work
            });
            try {
                decided.await();
                lead(term);
                Thread.interrupted(); // the end of that term is known by now
                if (!closed) Thread.sleep(times.retry());
            } catch (InterruptedException e) {
                // the term has ended, or close() was called: the loop looks
            } finally {
                term.cancel(true);
            }
        }
    }

    private void lead(CompletableFuture<?> term) throws InterruptedException {
        if (term.isDone() || closed) return;
        LOG.log(Level.INFO, "{0} leads: {1}", identity, lease);
        leading = true;
        AutoCloseable started = null;
        try {
            started = work.start();
            term.get();
        } catch (InterruptedException e) {
            throw e;
        } catch (ExecutionException e) {
            LOG.log(Level.WARNING, "{0} no longer leads {1}: {2}", identity, lease, String.valueOf(e.getCause()));
        } catch (Exception e) {
            LOG.log(Level.ERROR, "cannot lead " + lease, e);
        } finally {
            leading = false;
            boolean interrupted = Thread.interrupted(); // closing may wait for others' threads
            try {
                if (started != null) started.close();
            } catch (Exception e) {
                LOG.log(Level.WARNING, "could not stop the work of " + lease, e);
            }
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    /** Stops the work, then gives the Lease back, so that another server need not wait for it to run out. */
    @Override public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(times.renewDeadline());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
