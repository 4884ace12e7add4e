package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** Runs something until the process is asked to stop (SIGTERM, SIGINT), which ends only when that something is closed. */
final class UntilStopped {
    private UntilStopped() {}

    /** What runs. */
    interface Start {
        /** @param giveUp is told when it cannot go on; it is closed then, too */
        AutoCloseable with(Consumer<UserError> giveUp) throws Exception;
    }

    /**
     * @param start a stop that comes while it starts waits for it: what is half started would leave containerd behind
     * @throws UserError why it gave up
     */
    static void run(Start start) throws Exception {
        AtomicReference<UserError> reason = new AtomicReference<>();
        CountDownLatch stop = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            stop.countDown();
            try {
                stopped.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }, "stop"));
        Consumer<UserError> giveUp = why -> {
            reason.compareAndSet(null, why);
            stop.countDown();
        };
        try (AutoCloseable _ = start.with(giveUp)) {
            stop.await();
        } finally {
            stopped.countDown();
        }
        if (reason.get() != null) {
            throw reason.get();
        }
    }
}
