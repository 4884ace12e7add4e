package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.status.ApiException;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.Durability;
import io.skerry.datastore.KeyExistsException;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.datastore.Stored;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/** Objects by type and key: reads from the watch cache, writes to the datastore that return once the cache has them. */
public final class Store {
    private static final long ARRIVAL_MILLIS = 30_000;
    /** How long is waited for what other servers wrote. */
    private static final long FRESHNESS_MILLIS = 3_000;

    private final Datastore datastore;
    private final WatchCache cache;

    public Store(Datastore datastore, WatchCache cache) {
        this.datastore = datastore;
        this.cache = cache;
    }

    public WatchCache cache() {
        return cache;
    }

    public ResourceCache cache(ServedType type) {
        return cache.resource(type.storageGroup(), type.plural());
    }

    /** The object, or null when no server on the datastore has made it; one that the cache has may have been changed elsewhere, see {@link #isCurrent}. */
    public Entry get(ServedType type, String key) {
        return get(cache(type), key);
    }

    /** As {@link #get} for a built-in resource; the tree is the caller's own. */
    public ObjectNode tree(String group, String plural, String key) {
        Entry entry = get(cache.resource(group, plural), key);
        return entry == null ? null : entry.tree();
    }

    private Entry get(ResourceCache objects, String key) {
        Entry entry = objects.get(key);
        if (entry != null || !datastore.isShared()) {
            return entry;
        }
        catchUpWithOthers();
        return objects.get(key);
    }

    /**
     * Whether an object is still as it was read. What comes to nothing, by an error or because there is nothing to change, asks this before it says so:
     * the datastore, which refuses a write to what has changed, is not asked then.
     */
    public boolean isCurrent(ServedType type, String key, Entry read) {
        if (!datastore.isShared()) {
            return true;
        }
        catchUpWithOthers();
        Entry present = cache(type).get(key);
        return present != null && present.revision() == read.revision();
    }

    /** The object in the version of the type. */
    public ObjectNode tree(ServedType type, Entry entry) {
        return trees(type, List.of(entry)).getFirst();
    }

    /** Many objects in the version of the type, converted together. */
    public List<ObjectNode> trees(ServedType type, List<Entry> entries) {
        List<ObjectNode> trees = new ArrayList<>(entries.size());
        boolean asStored = true;
        for (Entry entry : entries) {
            asStored &= entry.isOf(type.type().apiVersion());
            trees.add(served(type, entry).tree());
        }
        if (asStored) {
            return trees;
        }
        List<ObjectNode> converted = type.converter().convert(trees, type.type().apiVersion());
        if (type.custom()) {
            converted.forEach(tree -> complete(type, tree));
        }
        return converted;
    }

    /** An object's bytes in the version of the type. */
    public byte[] bytes(ServedType type, Entry entry) {
        return entry.isOf(type.type().apiVersion()) ? served(type, entry).bytes() : Json.bytes(tree(type, entry));
    }

    /**
     * Entries as the type's present definition wants them: what was written under an earlier one is pruned and gets the defaults that came
     * since, as upstream does while it decodes. Entries of other versions stay as they are: they are converted first.
     */
    public List<Entry> served(ServedType type, List<Entry> entries) {
        return type.strategy().definedAt() == 0 ? entries : entries.stream().map(entry -> served(type, entry)).toList();
    }

    private static Entry served(ServedType type, Entry entry) {
        return entry.revision() > type.strategy().definedAt() || !entry.isOf(type.type().apiVersion()) ? entry
                : entry.completedBy(type.strategy(), tree -> complete(type, tree));
    }

    private static boolean complete(ServedType type, ObjectNode tree) {
        ObjectNode before = tree.deepCopy();
        Normalizing.normalize(tree, type.type().schema());
        StructuralDefaults.apply(tree, type.type().schema());
        return !tree.equals(before);
    }

    /** @throws KeyExistsException when the key is taken; the cache then knows by what */
    public Entry create(ServedType type, String key, ObjectNode object) throws KeyExistsException {
        byte[] value = encode(type, object);
        try {
            return arrived(type, key, datastore.create(type.storagePrefix() + key, value, type.strategy().durability()));
        } catch (KeyExistsException e) {
            Entry instead = replaceUnreadable(type, key, value);
            if (instead != null) {
                return instead;
            }
            awaitRevision(e.current().modRevision());
            throw e;
        }
    }

    /** Puts an object in the place of one that cannot be read any more; null when there is none. */
    private Entry replaceUnreadable(ServedType type, String key, byte[] value) {
        WatchCache.Unreadable damaged = cache.unreadable(type.storagePrefix() + key);
        try {
            return damaged == null ? null : arrived(type, key, datastore.update(damaged.key(), value, damaged.revision(), Durability.DURABLE));
        } catch (RevisionMismatchException e) {
            return null;
        }
    }

    /**
     * Deletes what is under a key and cannot be read any more.
     *
     * @return false when nothing such is there
     */
    public boolean deleteUnreadable(ServedType type, String key) {
        WatchCache.Unreadable damaged = cache.unreadable(type.storagePrefix() + key);
        if (damaged == null) {
            return false;
        }
        try {
            awaitRevision(datastore.delete(damaged.key(), damaged.revision(), Durability.DURABLE).modRevision());
            return true;
        } catch (RevisionMismatchException e) {
            return false;
        }
    }

    /** @throws RevisionMismatchException when the object is not at the expected revision any more; the cache then knows what is there */
    public Entry update(ServedType type, String key, ObjectNode object, long expected) throws RevisionMismatchException {
        Entry old = cache(type).get(key);
        // what a full disk still has room for: marks of deletion, finalizers that go, the status of pods that end
        Durability durability = object.path("metadata").hasNonNull("deletionTimestamp") ? Durability.FREEING
                : type.strategy().durability(object, old != null && old.revision() == expected ? old : null);
        try {
            return arrived(type, key, datastore.update(type.storagePrefix() + key, encode(type, object), expected, durability));
        } catch (RevisionMismatchException e) {
            catchUp(e);
            throw e;
        }
    }

    /** @throws RevisionMismatchException as {@link #update} */
    public void delete(ServedType type, String key, long expected) throws RevisionMismatchException {
        try {
            Stored stored = datastore.delete(type.storagePrefix() + key, expected, type.strategy().durability());
            awaitRevision(stored.modRevision());
        } catch (RevisionMismatchException e) {
            catchUp(e);
            throw e;
        }
    }

    private byte[] encode(ServedType type, ObjectNode object) {
        return Entry.encode(object.path("apiVersion").asText().equals(type.storageApiVersion()) ? object
                : type.converter().convert(object.deepCopy(), type.storageApiVersion()));
    }

    private void catchUp(RevisionMismatchException e) {
        awaitRevision(e.current() == null ? datastore.revision() : e.current().modRevision());
    }

    private Entry arrived(ServedType type, String key, Stored stored) {
        awaitRevision(stored.modRevision());
        // what was written, even when another write has come since
        return Entry.of(key, stored.value(), stored.createRevision(), stored.modRevision());
    }

    /** Waits until everything has arrived that other servers on the datastore had written when this was called. */
    public void catchUpWithOthers() {
        catchUpWith(datastore.latestRevision(WatchCache.ROOT));
    }

    /**
     * Waits until a revision has arrived, which another server may have told.
     *
     * @throws ApiException 504 when it does not
     */
    public void catchUpWith(long revision) {
        if (!cache.await(revision, FRESHNESS_MILLIS)) {
            throw ApiException.tooLargeResourceVersion(revision, cache.revision());
        }
    }

    private void awaitRevision(long revision) {
        if (!cache.await(revision, ARRIVAL_MILLIS)) {
            throw new DatastoreException("revision " + revision + " was written but did not reach the watch cache");
        }
    }
}
