package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.CacheEvent;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.registry.Conditions;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.machinery.json.Json;

/** Gives names that a CustomResourceDefinition leaves, as it goes or is changed, to those of its group that were refused them. */
public final class FreedNames implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(FreedNames.class.getName());
    private static final long WAIT_MILLIS = 60_000;

    private final Store store;
    private final ServedType type;
    private final DefinitionNames names;
    private final Watcher definitions;

    /** Starts to watch, and takes up what an earlier process left. */
    public FreedNames(Store store, ServedTypes types) {
        this.store = store;
        type = types.builtin(CustomTypes.GROUP, "v1", CustomTypes.PLURAL);
        names = new DefinitionNames(types);
        ResourceCache.Following following = store.cache(type).follow("");
        definitions = following.watcher();
        Thread.ofVirtual().name("crd-names").start(() -> run(following.snapshot()));
    }

    private void run(ResourceCache.Snapshot first) {
        first.entries().forEach(this::consider);
        try {
            while (!definitions.isEnded()) {
                CacheEvent event = definitions.poll(WAIT_MILLIS);
                if (event != null && leavesNames(event)) {
                    String group = group(event.current());
                    store.cache(type).snapshot("").entries().stream().filter(other -> group(other).equals(group)).forEach(this::consider);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static boolean leavesNames(CacheEvent event) {
        return event.deleted() || event.previous() != null && !acceptedNames(event.current()).equals(acceptedNames(event.previous()));
    }

    private static JsonNode acceptedNames(Entry definition) {
        return Json.at(definition.tree(), "status", "acceptedNames");
    }

    /** A definition is named {@code plural.group}. */
    private static String group(Entry definition) {
        return definition.name().substring(definition.name().indexOf('.') + 1);
    }

    private void consider(Entry definition) {
        try {
            for (Entry present = definition; present != null && !accept(present); present = store.get(type, definition.key())) {
                // changed in between: look again
            }
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "the names of CustomResourceDefinition " + definition.name() + " are not looked at anew: " + e.getMessage(), e);
        }
    }

    /** @return false when the definition was written in between */
    private boolean accept(Entry present) {
        ObjectNode definition = present.tree();
        if (Conditions.isTrue(definition, "NamesAccepted")) {
            return true;
        }
        names.accept(definition);
        if (definition.equals(present.tree())) {
            return true;
        }
        try {
            store.update(type, present.key(), definition, present.revision());
            return true;
        } catch (RevisionMismatchException e) {
            return false;
        }
    }

    @Override
    public void close() {
        definitions.close();
    }
}
