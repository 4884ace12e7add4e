package io.skerry.apiserver.cache;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * One object of the cache: its JSON bytes with the resourceVersion in them, ready to be sent. Labels and selectable fields are read
 * out of the bytes when a selector first asks; the tree is made anew on each call, so that callers may change theirs.
 */
public final class Entry {
    private static final byte[] METADATA = "\"metadata\":{".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] API_VERSION = "{\"apiVersion\":\"".getBytes(StandardCharsets.US_ASCII);

    private final String key;
    private final byte[] bytes;
    private final long createRevision;
    private final long revision;
    private volatile Selectable selectable;
    private volatile Completed completed;

    /** The form of the entry that a type's definition gives it. */
    private record Completed(Object by, Entry entry) {
    }

    private Entry(String key, byte[] bytes, long createRevision, long revision) {
        this.key = key;
        this.bytes = bytes;
        this.createRevision = createRevision;
        this.revision = revision;
    }

    /** @param stored bytes as {@link #encode} wrote them */
    public static Entry of(String key, byte[] stored, long createRevision, long revision) {
        int at = afterMetadata(stored);
        byte[] version = ("\"resourceVersion\":\"" + revision + "\",").getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = new byte[stored.length + version.length];
        System.arraycopy(stored, 0, bytes, 0, at);
        System.arraycopy(version, 0, bytes, at, version.length);
        System.arraycopy(stored, at, bytes, at + version.length, stored.length - at);
        return new Entry(key, bytes, createRevision, revision);
    }

    /** The same object told at a later revision. */
    public Entry at(long later) {
        int from = afterMetadata(bytes);
        int version = ("\"resourceVersion\":\"" + revision + "\",").length();
        byte[] stored = new byte[bytes.length - version];
        System.arraycopy(bytes, 0, stored, 0, from);
        System.arraycopy(bytes, from + version, stored, from, bytes.length - from - version);
        return of(key, stored, createRevision, later);
    }

    /**
     * The entry as a later definition of its type wants it, which is made once and kept.
     *
     * @param by     stands for the definition
     * @param change changes a tree, and says whether it did
     */
    public Entry completedBy(Object by, Predicate<ObjectNode> change) {
        Completed known = completed;
        if (known == null || known.by() != by) {
            ObjectNode tree = tree();
            known = new Completed(by, change.test(tree) ? new Entry(key, Json.bytes(tree), createRevision, revision) : this);
            completed = known;
        }
        return known.entry();
    }

    /** The form objects are stored in: apiVersion, kind and metadata first, no resourceVersion, which only the commit gives. */
    public static byte[] encode(ObjectNode object) {
        ObjectNode ordered = Json.object();
        ordered.set("apiVersion", object.get("apiVersion"));
        ordered.set("kind", object.get("kind"));
        ObjectNode metadata = Json.object();
        metadata.setAll((ObjectNode) object.get("metadata"));
        metadata.remove("resourceVersion");
        ordered.set("metadata", metadata);
        object.properties().forEach(field -> {
            if (!ordered.has(field.getKey())) {
                ordered.set(field.getKey(), field.getValue());
            }
        });
        return Json.bytes(ordered);
    }

    static boolean hasMetadata(byte[] stored) {
        return metadata(stored) >= 0;
    }

    private static int afterMetadata(byte[] stored) {
        int at = metadata(stored);
        if (at < 0) {
            throw new IllegalArgumentException("a stored value is no API object: it has no metadata");
        }
        return at;
    }

    /** Where the first field of metadata begins, -1 when there is none. */
    private static int metadata(byte[] stored) {
        outer:
        for (int i = 0; i + METADATA.length < stored.length; i++) {
            for (int j = 0; j < METADATA.length; j++) {
                if (stored[i + j] != METADATA[j]) {
                    continue outer;
                }
            }
            return i + METADATA.length;
        }
        return -1;
    }

    /** {@code namespace/name}, or {@code name} for a cluster-scoped object. */
    public String key() {
        return key;
    }

    public String namespace() {
        int slash = key.indexOf('/');
        return slash < 0 ? "" : key.substring(0, slash);
    }

    public String name() {
        return name(key);
    }

    static String name(String key) {
        return key.substring(key.indexOf('/') + 1);
    }

    /** Complete JSON; not to be changed. */
    public byte[] bytes() {
        return bytes;
    }

    public long createRevision() {
        return createRevision;
    }

    /** metadata.resourceVersion. */
    public long revision() {
        return revision;
    }

    /** A tree of the caller's own. */
    public ObjectNode tree() {
        return (ObjectNode) Json.parse(bytes);
    }

    /** Whether the object was stored in this apiVersion; cheap. */
    public boolean isOf(String apiVersion) {
        int end = API_VERSION.length + apiVersion.length();
        if (bytes.length <= end || bytes[end] != '"') {
            return false;
        }
        for (int i = 0; i < apiVersion.length(); i++) {
            if (bytes[API_VERSION.length + i] != apiVersion.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** @param fieldPaths are read along with the labels, if the entry is read for them */
    public Map<String, String> labels(Set<String> fieldPaths) {
        Selectable read = selectable;
        return (read == null ? read(fieldPaths) : read).labels();
    }

    /** Value of a field of {@code fieldPaths}; "" when absent. Who asks by other paths has the entry read anew. */
    public String field(String path, Set<String> fieldPaths) {
        Selectable read = selectable;
        if (read == null || !read.paths().equals(fieldPaths)) {
            read = read(fieldPaths);
        }
        return read.fields().getOrDefault(path, "");
    }

    private Selectable read(Set<String> fieldPaths) {
        Selectable read = Selectable.read(bytes, fieldPaths);
        selectable = read;
        return read;
    }
}
