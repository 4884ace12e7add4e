package io.skerry.appliance.cli;

import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

/** Runs something until the process is asked to stop (SIGTERM, SIGINT), which ends only when that something is closed. */
final class UntilStopped {
    private UntilStopped() {}

    /** @param start a stop that comes while it starts waits for it: what is half started would leave containerd behind */
    static void run(Callable<? extends AutoCloseable> start) throws Exception {
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
        try (AutoCloseable _ = start.call()) {
            stop.await();
        } finally {
            stopped.countDown();
        }
    }
}
