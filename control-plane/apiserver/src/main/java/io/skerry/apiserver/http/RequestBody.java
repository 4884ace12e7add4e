package io.skerry.apiserver.http;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.status.ApiException;
import io.vertx.core.buffer.Buffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A request's body on its way in: the event loop adds to it, the request's own thread waits for it and closes it when it is no longer needed. */
final class RequestBody implements AutoCloseable {

    private static final int FIRST = 4096;
    private static final int RETRY_AFTER_SECONDS = 1;

    private final HttpLimits limits;
    private final BodyBudget budget;
    /** most bytes that can come */
    private final int most;
    private final CompletableFuture<Boolean> arrived = new CompletableFuture<>();
    private volatile long lastPart = System.nanoTime();
    private byte[] bytes = ApiRequest.NO_BODY;
    private int length;
    private boolean closed;

    /** @param declared the Content-Length, or -1 when the client told none */
    RequestBody(HttpLimits limits, BodyBudget budget, long declared) {
        this.limits = limits;
        this.budget = budget;
        this.most = declared >= 0 && declared < limits.bodyBytes() ? (int) declared : limits.bodyBytes();
    }

    /** Appends what came; after a failure or {@link #close} it is dropped. */
    synchronized void add(Buffer part) {
        if (closed || arrived.isDone()) {
            return;
        }
        lastPart = System.nanoTime();
        if (part.length() > limits.bodyBytes() - length) {
            arrived.completeExceptionally(tooLarge(limits));
            return;
        }
        int needed = length + part.length();
        if (needed > bytes.length) {
            int size = Math.max(needed, Math.min(most, Math.max(FIRST, 2 * bytes.length)));
            if (!budget.grow(bytes.length, size)) {
                arrived.completeExceptionally(
                        ApiException.tooManyRequests("the bodies of other requests fill the memory set aside for them: try again later", RETRY_AFTER_SECONDS, List.of()));
                return;
            }
            bytes = Arrays.copyOf(bytes, size);
        }
        part.getBytes(bytes, length);
        length = needed;
    }

    void end() {
        arrived.complete(true);
    }

    /** The client went away before the end. */
    void breakOff() {
        arrived.complete(false);
    }

    /**
     * Waits for the end.
     *
     * @return the bytes, or null when the client went away
     * @throws ApiException 408, 413 or 429 when the limits are passed
     */
    byte[] await() {
        long begun = System.nanoTime();
        lastPart = begun;
        while (true) {
            long now = System.nanoTime();
            long left = Math.min(left(limits.bodyIdle(), lastPart, now), left(limits.bodyTime(), begun, now));
            try {
                if (!arrived.get(Math.max(0, left), TimeUnit.NANOSECONDS)) {
                    return null;
                }
                synchronized (this) {
                    if (length < bytes.length) {
                        budget.give(bytes.length - length);
                        bytes = Arrays.copyOf(bytes, length);
                    }
                    return bytes;
                }
            } catch (TimeoutException e) {
                if (left <= 0) {
                    ApiException late = ApiException.ofCode(408, "the body of the request did not arrive in time: " + limits.bodyIdle().toSeconds()
                            + " s are given for each part of it and " + limits.bodyTime().toSeconds() + " s for all");
                    late.status().put("reason", "Timeout");
                    throw late;
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return null;
            } catch (ExecutionException e) {
                throw (ApiException) e.getCause();
            }
        }
    }

    private static long left(Duration allowed, long since, long now) {
        return allowed.toNanos() - (now - since);
    }

    static ApiException tooLarge(HttpLimits limits) {
        return ApiException.requestTooLarge("limit is " + limits.bodyBytes());
    }

    /** Gives the memory back. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            budget.give(bytes.length);
            bytes = ApiRequest.NO_BODY;
            length = 0;
        }
    }
}
