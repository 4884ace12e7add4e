package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A control loop. It is level-triggered: {@link #reconcile} looks at what is, compares it with what should be, and does what is missing,
 * whatever event woke it. It is idempotent and keeps nothing in memory between two calls.
 */
public interface Controller {
    /** Upstream's name of the controller, such as {@code replicaset-controller}; it is also the source of its events. */
    String name();

    /** The types whose changes wake this controller. */
    List<Watch<?>> watches();

    /** The types this controller creates, changes or deletes; from this its permissions follow. */
    Set<Class<? extends HasMetadata>> writes();

    /**
     * Brings one key to its wanted state. Never called twice at the same time for the same key.
     * Call {@link Requeue#after} to be called again without an event.
     *
     * @throws Exception to be called again with backoff; the message is logged
     */
    void reconcile(Key key) throws Exception;

    /** Makes what has to exist before the watches can start (a CRD, for example). Called again with backoff when it fails. */
    default void prepare() throws Exception {}

    /** Connects what wakes this controller besides its watches; called once, after they are synced. Must not block. */
    default void sources(Consumer<Key> queue) {}

    /** Ends what {@link #sources} began. */
    default void stop() {}

    /** Keys to reconcile at start even if no object leads to them. */
    default List<Key> initialKeys() { return List.of(); }

    /** How many keys are reconciled at the same time at most. */
    default int concurrency() { return 5; }
}
