package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.schema.Schema;
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
     * @param schema of the object; null when nothing is known of the type
     * @param apiVersion of the request
     * @param subresource the endpoint: "", "status", "scale"
     */
    public static void recordUpdate(ObjectNode liveOrNull, ObjectNode updated, String manager, Schema schema, String apiVersion,
            String subresource, Instant now) {
        JsonNode given = Json.at(updated, "metadata", "managedFields");
        boolean reset = given.size() == 1 && given.get(0).isEmpty();
        Managers managers = reset ? new Managers() : Managers.of(given);
        if (managers.entries().isEmpty() && !reset) {
            managers = Managers.of(Json.at(liveOrNull, "metadata", "managedFields"));
        }
        if (reset) {
            managers.write(updated);
            return;
        }
        FieldSets.Difference difference;
        try {
            difference = FieldSets.difference(liveOrNull == null ? null : ServerSideApply.withoutManagedFields(liveOrNull),
                    ServerSideApply.withoutManagedFields(updated), schema);
        } catch (PatchException itemsWithoutKeys) {
            return; // validation will refuse the object; who owned what cannot be told
        }
        FieldSet changed = FieldSets.owned(difference.modified().union(difference.added()), schema, subresource);
        managers.takeFromOthers(null, difference.removed());
        if (!changed.isEmpty()) {
            Managers.Id self = Managers.updater(manager, apiVersion, subresource);
            managers.takeFromOthers(self, changed);
            Managers.Entry before = managers.get(self);
            managers.put(self, before == null ? changed : before.fields().union(changed), apiVersion, ServerSideApply.time(now));
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
