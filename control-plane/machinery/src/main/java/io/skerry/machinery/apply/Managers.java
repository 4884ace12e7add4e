package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The entries of {@code metadata.managedFields}: who manages which fields. */
final class Managers {

    /** Update managers kept apart; older ones are added together, or a busy object would grow for ever. */
    private static final int MAX_UPDATERS = 10;
    private static final String ANCIENT = "ancient-changes";

    /** Who: an applier is the same in all API versions (its version is ""), an updater is one for each. */
    record Id(String manager, String operation, String apiVersion, String subresource) {}

    /**
     * @param apiVersion that the fields were written in
     * @param time RFC 3339 with whole seconds, or ""
     */
    record Entry(FieldSet fields, String apiVersion, String time) {}

    private final Map<Id, Entry> entries = new LinkedHashMap<>();

    static Id applier(String manager, String subresource) {
        return new Id(manager, "Apply", "", subresource);
    }

    static Id updater(String manager, String apiVersion, String subresource) {
        return new Id(manager, "Update", apiVersion, subresource);
    }

    /** Of a stored object, by the schemas of today. */
    static Managers of(JsonNode managedFields, Versions versions) {
        Managers managers = of(managedFields);
        managers.entries.replaceAll((id, entry) -> {
            FieldSet reconciled = FieldSets.reconciled(entry.fields, versions.schema(entry.apiVersion));
            return reconciled == entry.fields ? entry : new Entry(reconciled, entry.apiVersion, entry.time);
        });
        return managers;
    }

    private static Managers of(JsonNode managedFields) {
        Managers managers = new Managers();
        for (JsonNode entry : managedFields) {
            String operation = Json.text(entry, "operation");
            String apiVersion = Json.text(entry, "apiVersion");
            if (operation.isEmpty()) {
                continue;
            }
            Id id = new Id(Json.text(entry, "manager"), operation, operation.equals("Apply") ? "" : apiVersion, Json.text(entry, "subresource"));
            managers.entries.put(id, new Entry(FieldSet.parse(entry.path("fieldsV1")), apiVersion, Json.text(entry, "time")));
        }
        return managers;
    }

    Map<Id, Entry> entries() {
        return entries;
    }

    Entry get(Id id) {
        return entries.get(id);
    }

    void put(Id id, FieldSet fields, String apiVersion, String time) {
        entries.put(id, new Entry(fields, apiVersion, time));
    }

    /** Takes what was written or removed from every manager but one, of each in the version that it wrote. A version that is gone takes its managers along. */
    void takeFromOthers(Id keeper, Changes changes) {
        if (changes.isEmpty()) {
            return;
        }
        entries.entrySet().removeIf(each -> !each.getKey().equals(keeper) && changes.in(each.getValue().apiVersion).isEmpty());
        entries.replaceAll((id, entry) -> {
            if (id.equals(keeper)) {
                return entry;
            }
            Changes.Change change = changes.in(entry.apiVersion).orElseThrow();
            return new Entry(entry.fields.difference(change.written()).difference(change.removed()), entry.apiVersion, entry.time);
        });
    }

    /** All fields that are managed, by the version that they are of. */
    Map<String, FieldSet> byVersion() {
        Map<String, FieldSet> all = new LinkedHashMap<>();
        for (Entry entry : entries.values()) {
            all.merge(entry.apiVersion, entry.fields, FieldSet::union);
        }
        return all;
    }

    /** Writes the entries that own something, appliers first, then by time. */
    void write(ObjectNode object) {
        entries.values().removeIf(entry -> entry.fields.isEmpty());
        capUpdaters();
        ObjectNode metadata = Json.ensureObject(object, "metadata");
        metadata.remove("managedFields");
        if (entries.isEmpty()) {
            return;
        }
        ArrayNode list = metadata.putArray("managedFields");
        sorted().forEach(each -> {
            Id id = each.getKey();
            Entry entry = each.getValue();
            ObjectNode json = list.addObject().put("manager", id.manager).put("operation", id.operation).put("apiVersion", entry.apiVersion);
            if (!entry.time.isEmpty()) {
                json.put("time", entry.time);
            }
            json.put("fieldsType", "FieldsV1").set("fieldsV1", entry.fields.toJson());
            if (!id.subresource.isEmpty()) {
                json.put("subresource", id.subresource);
            }
        });
    }

    private List<Map.Entry<Id, Entry>> sorted() {
        List<Map.Entry<Id, Entry>> sorted = new ArrayList<>(entries.entrySet());
        sorted.sort(Comparator.comparing((Map.Entry<Id, Entry> e) -> e.getKey().operation).thenComparing(e -> e.getValue().time).thenComparing(e -> e.getKey().manager));
        return sorted;
    }

    private void capUpdaters() {
        List<Map.Entry<Id, Entry>> updaters = new ArrayList<>(sorted().stream().filter(e -> e.getKey().operation.equals("Update") && e.getKey().subresource.isEmpty()).toList());
        int surplus = updaters.size() - MAX_UPDATERS;
        if (surplus <= 0) {
            return;
        }
        for (var old : updaters.subList(0, surplus + 1)) {
            Id ancient = updater(ANCIENT, old.getKey().apiVersion, "");
            if (!old.getKey().equals(ancient)) {
                entries.remove(old.getKey());
                Entry before = entries.get(ancient);
                entries.put(ancient, before == null ? old.getValue() : new Entry(before.fields.union(old.getValue().fields), before.apiVersion, old.getValue().time));
            }
        }
    }
}
