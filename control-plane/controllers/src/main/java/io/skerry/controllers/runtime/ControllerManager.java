package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledThreadPoolExecutor;

/** Runs controllers: connects their watches to the shared informers and works off a queue of keys for each. */
public final class ControllerManager implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ControllerManager.class.getName());

    private final Informers informers;
    private final List<Controller> controllers;
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().daemon().name("controllers-timer").factory());
    private final List<WorkQueue> queues = new ArrayList<>();
    private final List<Thread> starting = new ArrayList<>();

    public ControllerManager(Informers informers, List<Controller> controllers) {
        this.informers = informers;
        this.controllers = List.copyOf(controllers);
        timer.setRemoveOnCancelPolicy(true);
    }

    /** Starts every controller and returns at once: one that cannot start yet (its CRD is missing, say) does not hold up the others. */
    public synchronized void start() {
        for (Controller c : controllers) {
            WorkQueue queue = new WorkQueue(c.name(), c.concurrency(), timer, c::reconcile);
            queues.add(queue);
            starting.add(Thread.ofVirtual().name(c.name()).start(() -> start(c, queue)));
        }
    }

    private void start(Controller c, WorkQueue queue) {
        for (int failures = 1; ; failures++) {
            try {
                c.prepare();
                break;
            } catch (Exception e) {
                if (Thread.currentThread().isInterrupted()) return;
                Duration wait = WorkQueue.backoff(Math.min(failures + 5, 12));
                if (failures % 8 == 0) LOG.log(Level.WARNING, "{0} cannot start yet, next try in {1} ms: {2}", c.name(),
                    Long.toString(wait.toMillis()), e.getMessage());
                try {
                    Thread.sleep(wait);
                } catch (InterruptedException i) {
                    return;
                }
            }
        }
        try {
            List<Class<? extends HasMetadata>> types = new ArrayList<>();
            for (Watch<?> w : c.watches()) types.add(w.type());
            informers.start(types);
            for (Watch<?> w : c.watches()) connect(w, queue);
            c.sources(queue::add);
            c.initialKeys().forEach(queue::add);
        } catch (RuntimeException e) {
            if (!Thread.currentThread().isInterrupted()) LOG.log(Level.ERROR, c.name() + " does not run", e);
        }
    }

    private <T extends HasMetadata> void connect(Watch<T> watch, WorkQueue queue) {
        informers.subscribe(watch.type(), (before, after) -> watch.keys().keys(before, after).forEach(queue::add));
    }

    /** Stops all controllers; the informers belong to the caller. */
    @Override public synchronized void close() {
        starting.forEach(Thread::interrupt);
        try {
            for (Thread t : starting) t.join(Duration.ofSeconds(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        queues.forEach(WorkQueue::close);
        controllers.forEach(Controller::stop);
        timer.shutdownNow();
    }
}
