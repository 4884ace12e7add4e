package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Who set which field ({@code metadata.managedFields}), kept up by every write that is no apply. */
public final class ManagedFields {

    private ManagedFields() {}

    /**
     * Sets {@code updated.metadata.managedFields} after a create, update or patch: the manager gets what it added or
     * changed, others lose it, and nobody owns what was removed. An update may bring managedFields of its own; one that
     * brings a single empty entry clears them. Call it last, when defaults and admission are done.
     *
     * @param liveOrNull the stored object; null on create
     * @param versions of the object's resource
     * @param apiVersion of the request and both objects
     * @param subresource the endpoint: "", "status", "scale"
     */
    public static void recordUpdate(ObjectNode liveOrNull, ObjectNode updated, String manager, Versions versions, String apiVersion,
            String subresource, Instant now) {
        JsonNode given = Json.at(updated, "metadata", "managedFields");
        boolean reset = given.size() == 1 && given.get(0).isEmpty();
        Managers managers = reset ? new Managers() : Managers.of(given, versions);
        if (managers.entries().isEmpty() && !reset) {
            managers = Managers.of(Json.at(liveOrNull, "metadata", "managedFields"), versions);
        }
        if (reset) {
            managers.write(updated);
            return;
        }
        Managers.Id self = Managers.updater(manager, apiVersion, subresource);
        Changes.Change change;
        try {
            ObjectNode before = liveOrNull == null ? null : ServerSideApply.withoutManagedFields(liveOrNull);
            ObjectNode after = ServerSideApply.withoutManagedFields(updated);
            FieldSets.Difference difference = FieldSets.difference(before, after, versions.schema(apiVersion));
            Changes changes = new Changes(before, after, difference, versions, apiVersion, subresource);
            managers.takeFromOthers(self, changes);
            change = changes.in(apiVersion).orElseThrow();
        } catch (PatchException itemsWithoutKeys) {
            return; // validation will refuse the object; who owned what cannot be told
        }
        Managers.Entry last = managers.get(self);
        FieldSet kept = last == null ? new FieldSet() : last.fields().difference(change.removed());
        if (!change.written().isEmpty()) {
            managers.put(self, kept.union(change.written()), apiVersion, ServerSideApply.time(now));
        } else if (last != null) {
            managers.put(self, kept, apiVersion, last.time());
        }
        managers.write(updated);
    }

    /**
     * When nothing has changed but times in managedFields, puts the old times back, so that the write can be seen to be
     * none: an applied "1000m" differs from the stored "1" until defaulting has made it the same. Call it right before writing.
     */
    public static void keepTimes(ObjectNode live, ObjectNode updated) {
        JsonNode now = Json.at(updated, "metadata", "managedFields");
        JsonNode was = Json.at(live, "metadata", "managedFields");
        if (was.isEmpty() || now.size() != was.size() || now.equals(was) || !withoutTimes(now).equals(withoutTimes(was))) {
            return;
        }
        ObjectNode rest = ServerSideApply.withoutManagedFields(updated);
        ObjectNode before = ServerSideApply.withoutManagedFields(live);
        for (ObjectNode each : List.of(rest, before)) {
            ((ObjectNode) each.get("metadata")).remove("resourceVersion");
        }
        if (rest.equals(before)) {
            ((ObjectNode) updated.get("metadata")).set("managedFields", was.deepCopy());
        }
    }

    /** In any order: entries are sorted by time. */
    private static Set<JsonNode> withoutTimes(JsonNode managedFields) {
        Set<JsonNode> entries = new HashSet<>();
        for (JsonNode entry : managedFields) {
            ObjectNode copy = Json.object().setAll((ObjectNode) entry);
            copy.remove("time");
            entries.add(copy);
        }
        return entries;
    }
}
