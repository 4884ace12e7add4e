package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.User;
import io.skerry.apiserver.cache.CacheEvent;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Deletes the objects of a CustomResourceDefinition that is being deleted, and then lets it go. */
public final class DefinitionCleanup implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(DefinitionCleanup.class.getName());
    private static final User USER = User.master("system:apiserver");
    private static final long WAIT_MILLIS = 60_000;

    private final ApiHandler server;
    private final WatchCache cache;
    private final Watcher definitions;
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** Starts to watch, and takes up what an earlier process left. */
    public DefinitionCleanup(ApiHandler server, WatchCache cache) {
        this.server = server;
        this.cache = cache;
        ResourceCache.Following following = cache.resource(CustomTypes.GROUP, CustomTypes.PLURAL).follow("");
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
        ObjectNode definition = entry.tree();
        boolean mine = false;
        for (var finalizer : Json.at(definition, "metadata", "finalizers")) {
            mine |= finalizer.asText().equals(DefinitionStrategy.FINALIZER);
        }
        if (mine && !Json.text(definition, "metadata", "deletionTimestamp").isEmpty() && running.add(entry.name())) {
            Thread.ofVirtual().name("crd-cleanup " + entry.name()).start(() -> {
                try {
                    clean(entry.name(), definition);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException e) {
                    LOG.log(System.Logger.Level.WARNING, "the objects of CustomResourceDefinition " + entry.name() + " could not be deleted: " + e.getMessage(), e);
                } finally {
                    running.remove(entry.name());
                }
            });
        }
    }

    private void clean(String name, ObjectNode definition) throws InterruptedException {
        String group = Json.text(definition, "spec", "group");
        String plural = Json.text(definition, "spec", "names", "plural");
        String version = "";
        for (var candidate : Json.at(definition, "spec", "versions")) {
            if (candidate.path("served").asBoolean()) {
                version = Json.text(candidate, "name");
            }
        }
        boolean namespaced = Json.text(definition, "spec", "scope").equals("Namespaced");
        ResourceCache.Following following = cache.resource(group, plural).follow("");
        try (Watcher objects = following.watcher()) {
            for (Entry object : following.snapshot().entries()) {
                DirectCall.send(server, USER, "DELETE", "/apis/" + group + "/" + version + (namespaced ? "/namespaces/" + object.namespace() : "") + "/" + plural + "/"
                        + object.name(), null);
            }
            // finalizers of the objects may take their time
            while (cache.resource(group, plural).size() > 0 && !closed && !objects.isEnded()) {
                objects.poll(WAIT_MILLIS);
            }
        }
        if (!closed) {
            release(name);
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
            if (DirectCall.send(server, USER, "PUT", path, definition).code() != 409) {
                return;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        definitions.close();
    }
}
