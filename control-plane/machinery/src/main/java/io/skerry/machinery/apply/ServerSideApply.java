package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.schema.Schema;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Server-side apply (KEP-555): each manager says what it wants set, and the object remembers who set what. */
public final class ServerSideApply {

    private ServerSideApply() {}

    /**
     * Applies a configuration: sets what it says, removes what this manager applied before and nobody manages any more.
     * When nothing changes, the result equals the live object. The manager {@code kubectl} takes over what it applied on the client's side.
     *
     * @param liveOrNull the stored object; null creates one
     * @param config the whole configuration of this manager
     * @param force take fields from other managers instead of failing
     * @param versions of the object's resource
     * @param apiVersion of the configuration and the live object
     * @param subresource the endpoint: "", "status", "scale"
     * @return the merged object with its managedFields, not yet defaulted or validated; the inputs are not modified
     * @throws ApplyConflictException when other managers own fields that the configuration would change, and force is not set
     * @throws PatchException when the configuration is malformed
     */
    public static ObjectNode apply(ObjectNode liveOrNull, ObjectNode config, String manager, boolean force, Versions versions,
            String apiVersion, String subresource, Instant now) throws ApplyConflictException {
        if (!Json.at(config, "metadata", "managedFields").isEmpty()) {
            throw new PatchException("metadata.managedFields must be nil");
        }
        Schema schema = versions.schema(apiVersion);
        Managers managers = Managers.of(Json.at(liveOrNull, "metadata", "managedFields"), versions);
        Managers.Id self = Managers.applier(manager, subresource);
        Managers.Entry last = managers.get(self);
        FieldSet said = FieldSets.of(config, schema); // the name too, which nobody owns but which keeps the metadata from being pruned
        FieldSet applied = FieldSets.owned(said, schema, subresource);

        ObjectNode live = liveOrNull == null ? null : withoutManagedFields(liveOrNull);
        ObjectNode merged = (ObjectNode) TypedMerge.merge(live == null ? null : live.deepCopy(), config, schema);
        Json.ensureObject(merged, "metadata").remove("managedFields");
        if (last != null) {
            managers.put(self, said, apiVersion, last.time());
            merged = Pruning.prune(merged, said, last, managers, versions, apiVersion);
        }
        managers.put(self, applied, apiVersion, last == null ? "" : last.time());

        FieldSets.Difference difference = FieldSets.difference(live, merged, schema);
        Pruning.clearTraces(merged);
        Changes changes = new Changes(live, merged, difference, versions, apiVersion, subresource);
        if (!force) {
            checkConflicts(managers, self, changes, LastApplied.own(live, self, schema, apiVersion));
        }
        managers.takeFromOthers(self, changes);
        if (last == null || !difference.isEmpty() || !last.fields().equals(applied) || !last.apiVersion().equals(apiVersion)) {
            managers.put(self, applied, apiVersion, time(now));
        }
        managers.write(merged);
        LastApplied.follow(merged, config, self);
        return merged;
    }

    /**
     * Fields that the type does not declare nobody could own: upstream applies no configuration that has them, whatever fieldValidation says.
     *
     * @throws PatchException that names each by its path, in upstream's words
     */
    public static void checkDeclared(ObjectNode config, Schema schema) {
        Undeclared.refuse(config, schema);
    }

    static String time(Instant now) {
        return now.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Shares all but the metadata with the object. */
    static ObjectNode withoutManagedFields(ObjectNode object) {
        ObjectNode copy = Json.object().setAll(object);
        if (object.get("metadata") instanceof ObjectNode metadata) {
            ObjectNode kept = Json.object().setAll(metadata);
            kept.remove("managedFields");
            copy.set("metadata", kept);
        }
        return copy;
    }

    /** @param own what the applier may take without force */
    private static void checkConflicts(Managers managers, Managers.Id self, Changes changes, FieldSet own) throws ApplyConflictException {
        TreeMap<String, List<ApplyConflictException.Conflict>> byManager = new TreeMap<>();
        List<ApplyConflictException.Conflict> all = new ArrayList<>();
        managers.entries().forEach((id, entry) -> {
            Changes.Change change = id.equals(self) ? null : changes.in(entry.apiVersion()).orElse(null);
            if (change == null) {
                return;
            }
            for (String path : entry.fields().intersection(change.written()).difference(own).paths()) {
                var conflict = new ApplyConflictException.Conflict(id.manager(), path, entry.apiVersion(), id.subresource(), id.operation());
                all.add(conflict);
                byManager.computeIfAbsent(conflict.who(), m -> new ArrayList<>()).add(conflict);
            }
        });
        if (all.isEmpty()) {
            return;
        }
        if (all.size() == 1) {
            var conflict = all.getFirst();
            throw new ApplyConflictException("Apply failed with 1 conflict: " + conflict.message() + ": " + conflict.fieldPath(), all);
        }
        List<String> lines = new ArrayList<>();
        byManager.forEach((who, conflicts) -> {
            lines.add("conflicts with " + who + ":");
            conflicts.forEach(c -> lines.add("- " + c.fieldPath()));
        });
        throw new ApplyConflictException("Apply failed with " + all.size() + " conflicts: " + String.join("\n", lines), all);
    }
}
