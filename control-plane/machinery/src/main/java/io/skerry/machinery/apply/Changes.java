package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.Schema;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a write changes, in each version that a manager has written (structured-merge-diff, Updater.update). Objects are converted only for those
 * versions, and only when something changes.
 */
final class Changes {

    /**
     * @param written what was added or modified, of what can be owned
     * @param removed what is gone, with all that was in it
     */
    record Change(FieldSet written, FieldSet removed) {}

    private static final Change NOTHING = new Change(new FieldSet(), new FieldSet());

    private final ObjectNode before;
    private final ObjectNode after;
    private final Versions versions;
    private final String subresource;
    private final boolean none;
    /** Empty for a version that the resource does not have. */
    private final Map<String, Optional<Change>> byVersion = new HashMap<>();

    /**
     * @param before null when the object is created
     * @param after must not change while this is in use
     * @param difference of the two, which are of the version {@code apiVersion}
     * @param subresource the endpoint: "", "status", "scale"
     */
    Changes(ObjectNode before, ObjectNode after, FieldSets.Difference difference, Versions versions, String apiVersion, String subresource) {
        this.before = before;
        this.after = after;
        this.versions = versions;
        this.subresource = subresource;
        none = difference.isEmpty();
        byVersion.put(apiVersion, Optional.of(change(difference, versions.schema(apiVersion))));
    }

    boolean isEmpty() {
        return none;
    }

    /** Empty when the resource has no such version, so that nobody can tell any more what fields of it were. */
    Optional<Change> in(String apiVersion) {
        return none ? Optional.of(NOTHING) : byVersion.computeIfAbsent(apiVersion, this::compare);
    }

    private Optional<Change> compare(String apiVersion) {
        Schema schema = versions.schema(apiVersion);
        if (schema == null) {
            return Optional.empty();
        }
        List<ObjectNode> objects = new ArrayList<>();
        objects.add(after.deepCopy());
        if (before != null) {
            objects.add(before.deepCopy());
        }
        List<ObjectNode> converted = versions.convert(objects, apiVersion);
        return Optional.of(change(FieldSets.difference(before == null ? null : converted.getLast(), converted.getFirst(), schema), schema));
    }

    private Change change(FieldSets.Difference difference, Schema schema) {
        return new Change(FieldSets.owned(difference.modified().union(difference.added()), schema, subresource), difference.removed());
    }
}
