package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * The one set of caches in a process: at most one watch a type, shared by every controller, the scheduler and the node.
 * A type's informer starts when it is first asked for. What the caches hand out is shared: never change it, copy it with {@code edit()}.
 */
public final class Informers implements AutoCloseable {
    private static final String OWNER = "owner-uid", NODE = "node";
    private static final Duration WRITE_SEEN_TIMEOUT = Duration.ofSeconds(30);

    private final KubernetesClient client;
    private final Map<Class<?>, Shared<?>> shared = new ConcurrentHashMap<>();
    private final List<EventRecorder> recorders = new CopyOnWriteArrayList<>();

    public Informers(KubernetesClient client) {
        this.client = client;
    }

    public KubernetesClient client() { return client; }

    /** The informer of a type in all namespaces, synced. Blocks while the first list fails; it is retried. */
    public <T extends HasMetadata> SharedIndexInformer<T> of(Class<T> type) {
        return shared(type).synced();
    }

    /** Starts the types' informers side by side and returns when all are synced. */
    public void start(List<Class<? extends HasMetadata>> types) {
        types.forEach(this::shared);
        types.forEach(this::of);
    }

    /** A recorder of events that is closed together with the informers. @param component the events' source */
    public EventRecorder recorder(String component) {
        EventRecorder r = new EventRecorder(client, component);
        recorders.add(r);
        return r;
    }

    /** The cached object, or null. */
    public <T extends HasMetadata> T get(Class<T> type, String namespace, String name) {
        return of(type).getStore().getByKey(Cache.namespaceKeyFunc(namespace == null ? "" : namespace, name));
    }

    /** The cached object, or null. */
    public <T extends HasMetadata> T get(Class<T> type, Key key) {
        return get(type, key.namespace(), key.name());
    }

    public <T extends HasMetadata> List<T> list(Class<T> type) {
        return of(type).getStore().list();
    }

    public <T extends HasMetadata> List<T> inNamespace(Class<T> type, String namespace) {
        return of(type).getIndexer().byIndex(Cache.NAMESPACE_INDEX, namespace);
    }

    /** The objects with an owner reference (controlling or not) to this uid. */
    public <T extends HasMetadata> List<T> ownedBy(Class<T> type, String ownerUid) {
        return of(type).getIndexer().byIndex(OWNER, ownerUid);
    }

    public List<Pod> podsOnNode(String nodeName) {
        return of(Pod.class).getIndexer().byIndex(NODE, nodeName);
    }

    /**
     * Calls {@code change} with (before, after) for every object there is (before = null) and every later change (after = null: deleted),
     * in order, on one thread a type.
     */
    public <T extends HasMetadata> void subscribe(Class<T> type, BiConsumer<T, T> change) {
        shared(type).informer.addEventHandler(new ResourceEventHandler<T>() {
            @Override public void onAdd(T object) { change.accept(null, object); }
            @Override public void onUpdate(T before, T after) { change.accept(before, after); }
            @Override public void onDelete(T object, boolean finalStateUnknown) { change.accept(object, null); }
        });
    }

    /**
     * Waits until the cache has caught up with an object that this process just wrote, so that the next look at the cache does not miss it.
     * This is what lets a controller count what it made without remembering it (upstream keeps "expectations" for the same purpose).
     *
     * @return the object, as given
     * @throws IllegalStateException if the cache does not catch up in 30 s; let it end the reconcile
     */
    public <T extends HasMetadata> T awaitSeen(T written) {
        @SuppressWarnings("unchecked") Class<T> type = (Class<T>) written.getClass();
        long revision = revision(written);
        Shared<T> s = shared(type);
        s.await(() -> {
            T cached = s.informer.getStore().getByKey(Cache.metaNamespaceKeyFunc(written));
            return s.lastSeen >= revision || cached != null && revision(cached) >= revision;
        }, written);
        return written;
    }

    /** Waits until the cache knows that an object was deleted: it is gone, is another one by that name, or is marked for deletion. */
    public <T extends HasMetadata> void awaitDeletionSeen(T deleted) {
        @SuppressWarnings("unchecked") Class<T> type = (Class<T>) deleted.getClass();
        Shared<T> s = shared(type);
        s.await(() -> {
            T cached = s.informer.getStore().getByKey(Cache.metaNamespaceKeyFunc(deleted));
            return cached == null || cached.getMetadata().getDeletionTimestamp() != null
                || !cached.getMetadata().getUid().equals(deleted.getMetadata().getUid());
        }, deleted);
    }

    @SuppressWarnings("unchecked")
    private <T extends HasMetadata> Shared<T> shared(Class<T> type) {
        return (Shared<T>) shared.computeIfAbsent(type, t -> new Shared<>(client, type));
    }

    private static long revision(HasMetadata object) {
        String v = object.getMetadata().getResourceVersion();
        try {
            return v == null || v.isEmpty() ? 0 : Long.parseLong(v);
        } catch (NumberFormatException e) {
            return 0; // not one of ours: clients may only compare for equality, so there is nothing to wait for
        }
    }

    @Override public void close() {
        recorders.forEach(EventRecorder::close);
        shared.values().forEach(s -> s.informer.stop());
        shared.clear();
    }

    /** One type's informer and the newest revision that its handlers have been told of. */
    private static final class Shared<T extends HasMetadata> {
        final SharedIndexInformer<T> informer;
        private final java.util.concurrent.CompletableFuture<Void> started;
        private volatile long lastSeen;

        Shared(KubernetesClient client, Class<T> type) {
            // Else each event is first read as an untyped object, then once more as this.
            client.getKubernetesSerialization().registerKubernetesResource(type);
            informer = client.resources(type).inAnyNamespace().runnableInformer(0);
            Map<String, Function<T, List<String>>> indexers = new HashMap<>();
            indexers.put(OWNER, o -> o.getMetadata().getOwnerReferences().stream().map(OwnerReference::getUid).toList());
            if (type == Pod.class) indexers.put(NODE, o -> {
                String node = ((Pod) (HasMetadata) o).getSpec().getNodeName();
                return node == null ? List.of() : List.of(node);
            });
            informer.addIndexers(indexers);
            informer.itemStore(new SlimStore<>());
            informer.exceptionHandler((isStarted, failure) -> true);
            informer.addEventHandler(new ResourceEventHandler<T>() {
                @Override public void onAdd(T object) { seen(object); }
                @Override public void onUpdate(T before, T after) { seen(after); }
                @Override public void onDelete(T object, boolean finalStateUnknown) { seen(object); }
            });
            started = informer.start().toCompletableFuture();
        }

        SharedIndexInformer<T> synced() {
            if (!started.isDone() || started.isCompletedExceptionally()) {
                try {
                    started.get();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted while waiting for " + informer.getApiTypeClass().getSimpleName() + " to be listed", e);
                } catch (ExecutionException e) {
                    throw new IllegalStateException("cannot list " + informer.getApiTypeClass().getSimpleName() + ": " + e.getCause().getMessage(),
                        e.getCause());
                }
            }
            return informer;
        }

        private synchronized void seen(T object) {
            lastSeen = Math.max(lastSeen, revision(object));
            notifyAll();
        }

        void await(java.util.function.BooleanSupplier seen, T object) {
            synced();
            if (seen.getAsBoolean()) return;
            long end = System.nanoTime() + WRITE_SEEN_TIMEOUT.toNanos();
            synchronized (this) {
                while (!seen.getAsBoolean()) {
                    long left = (end - System.nanoTime()) / 1_000_000;
                    if (left <= 0) throw new IllegalStateException("the cache has not seen the change of " + object.getKind() + " " + Key.of(object)
                        + " for " + WRITE_SEEN_TIMEOUT.toSeconds() + " s");
                    try {
                        wait(left);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new IllegalStateException("interrupted", e);
                    }
                }
            }
        }
    }
}
