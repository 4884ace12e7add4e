package io.skerry.gitops;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Wakes one waiting thread; a signal given while nobody waits is kept for the next wait, several count as one. */
final class Signal {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition given = lock.newCondition();
    private boolean pending;

    void give() {
        lock.lock();
        try {
            pending = true;
            given.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** @return whether a signal came, within so many milliseconds */
    boolean await(long millis) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(Math.max(0, millis));
            while (!pending && left > 0) left = given.awaitNanos(left);
            boolean came = pending;
            pending = false;
            return came;
        } finally {
            lock.unlock();
        }
    }
}
