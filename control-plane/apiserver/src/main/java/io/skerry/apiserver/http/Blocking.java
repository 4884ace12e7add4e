package io.skerry.apiserver.http;

import io.vertx.core.Future;
import java.util.concurrent.ExecutionException;

/** Lets a virtual thread wait for what an event loop does. */
public final class Blocking {

    private Blocking() {}

    /** Waits for a result; its failure is thrown as it is when unchecked, else wrapped. */
    public static <T> T await(Future<T> future) {
        try {
            return future.toCompletionStage().toCompletableFuture().get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException r ? r : new IllegalStateException(e.getCause());
        }
    }
}
