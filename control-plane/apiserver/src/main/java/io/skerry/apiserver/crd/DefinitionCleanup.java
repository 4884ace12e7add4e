package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.cache.CacheEvent;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.registry.Pipeline;
import io.skerry.apiserver.registry.Store;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.machinery.json.Json;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Deletes the objects of a CustomResourceDefinition that is being deleted, and then lets it go. As upstream's finalizer does: as they are
 * stored, with no conversion, which may need a webhook that is gone, and past admission; what fails is tried again.
 */
public final class DefinitionCleanup implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DefinitionCleanup.class.getName());
    private static final User USER = User.master("system:apiserver");
    private static final long WAIT_MILLIS = 60_000;
    private static final long FIRST_PAUSE_MILLIS = 250;

    private final ApiHandler server;
    private final Store store;
    private final Watcher definitions;
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** Starts to watch, and takes up what an earlier process left. */
    public DefinitionCleanup(ApiHandler server, Store store) {
        this.server = server;
        this.store = store;
        ResourceCache.Following following = store.cache().resource(CustomTypes.GROUP, CustomTypes.PLURAL).follow("");
        definitions = following.watcher();
        following.snapshot().entries().forEach(this::consider);
        Thread.ofVirtual().name("crd-cleanup").start(this::run);
    }

    private void run() {
        try {
            while (!definitions.isEnded()) {
                CacheEvent event = definitions.poll(WAIT_MILLIS);
                if (event != null && !event.deleted()) {
                    consider(event.current());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void consider(Entry entry) {
        if (isMine(entry) && running.add(entry.name())) {
            Thread.ofVirtual().name("crd-cleanup " + entry.name()).start(() -> {
                try {
                    cleanUntilDone(entry.name());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } finally {
                    running.remove(entry.name());
                }
            });
        }
    }

    private static boolean isMine(Entry entry) {
        ObjectNode definition = entry.tree();
        boolean mine = false;
        for (var finalizer : Json.at(definition, "metadata", "finalizers")) {
            mine |= finalizer.asText().equals(DefinitionStrategy.FINALIZER);
        }
        return mine && !Json.text(definition, "metadata", "deletionTimestamp").isEmpty();
    }

    private void cleanUntilDone(String name) throws InterruptedException {
        for (long pause = FIRST_PAUSE_MILLIS; !closed; pause = Math.min(2 * pause, WAIT_MILLIS)) {
            Entry definition = store.cache().resource(CustomTypes.GROUP, CustomTypes.PLURAL).get(name);
            if (definition == null || !isMine(definition)) {
                return;
            }
            try {
                deleteObjects(definition.tree());
                release(name);
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "CustomResourceDefinition " + name + " is not deleted yet, which is tried again: " + e.getMessage(), e);
            }
            Thread.sleep(pause);
        }
    }

    /** Returns when none is left. */
    private void deleteObjects(ObjectNode definition) throws InterruptedException {
        ResourceCache cache = store.cache().resource(Json.text(definition, "spec", "group"), Json.text(definition, "spec", "names", "plural"));
        ResourceCache.Following following = cache.follow("");
        try (Watcher objects = following.watcher()) {
            following.snapshot().entries().forEach(object -> delete(definition, cache, object));
            // finalizers of the objects may take their time
            while (cache.size() > 0 && !closed && !objects.isEnded()) {
                objects.poll(WAIT_MILLIS);
            }
        }
        if (cache.size() > 0) {
            throw new IllegalStateException("its objects are still there");
        }
    }

    private void delete(ObjectNode definition, ResourceCache cache, Entry first) {
        for (Entry object = first; object != null; object = cache.get(first.key())) {
            ObjectNode tree = object.tree();
            var type = CustomTypes.stored(definition, Json.text(tree, "apiVersion"));
            ObjectNode metadata = (ObjectNode) tree.get("metadata");
            try {
                if (metadata.path("finalizers").isEmpty()) {
                    store.delete(type, object.key(), object.revision());
                } else if (!metadata.hasNonNull("deletionTimestamp")) {
                    metadata.put("deletionTimestamp", Pipeline.now().toString()).put("deletionGracePeriodSeconds", 0);
                    store.update(type, object.key(), tree, object.revision());
                }
                return;
            } catch (RevisionMismatchException e) {
                // changed in between: look again
            }
        }
    }

    private void release(String name) {
        String path = "/apis/" + CustomTypes.GROUP + "/v1/" + CustomTypes.PLURAL + "/" + name;
        while (!closed) {
            DirectCall.Answer present = DirectCall.send(server, USER, "GET", path, null);
            if (present.code() != 200) {
                return;
            }
            ObjectNode definition = (ObjectNode) present.body();
            ArrayNode kept = Json.array();
            Json.at(definition, "metadata", "finalizers").forEach(f -> {
                if (!f.asText().equals(DefinitionStrategy.FINALIZER)) {
                    kept.add(f);
                }
            });
            ((ObjectNode) definition.get("metadata")).set("finalizers", kept);
            DirectCall.Answer answer = DirectCall.send(server, USER, "PUT", path, definition);
            if (answer.code() == 200 || answer.code() == 404) {
                return;
            }
            if (answer.code() != 409) {
                throw new IllegalStateException(Json.text(answer.body(), "message"));
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        definitions.close();
    }
}
