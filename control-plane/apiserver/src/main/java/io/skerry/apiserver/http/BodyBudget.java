package io.skerry.apiserver.http;

import java.util.concurrent.atomic.AtomicLong;

/** The memory that all request bodies in flight share. Its last quarter is kept for small bodies, so that a few large ones do not shut out the rest. */
final class BodyBudget {

    private static final int SMALL = 64 * 1024;

    private final long bytes;
    private final AtomicLong taken = new AtomicLong();

    BodyBudget(long bytes) {
        this.bytes = bytes;
    }

    /** Lets a body grow from one size to another, in bytes. @return false when there is no room, and nothing was taken */
    boolean grow(int from, int to) {
        long limit = to > SMALL ? bytes / 4 * 3 : bytes;
        long before;
        do {
            before = taken.get();
            if (before + to - from > limit) {
                return false;
            }
        } while (!taken.compareAndSet(before, before + to - from));
        return true;
    }

    void give(int bytes) {
        taken.addAndGet(-bytes);
    }

    /** Bytes held now. */
    long taken() {
        return taken.get();
    }
}
