package io.skerry.apiserver.admission.limits;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.registry.Store;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import io.skerry.machinery.quota.QuotaScopes;
import io.skerry.machinery.quota.QuotaUsage;
import java.util.Map;
import java.util.TreeMap;

/** Reads, computes and writes what ResourceQuotas say is used. */
final class QuotaState {
    private QuotaState() {
    }

    /** {@code spec.hard} by name. */
    static Map<String, Quantity> hard(ObjectNode quota) {
        return quantities(Json.at(quota, "spec", "hard"));
    }

    private static Map<String, Quantity> quantities(JsonNode map) {
        Map<String, Quantity> quantities = new TreeMap<>();
        map.properties().forEach(entry -> quantities.put(entry.getKey(), Quantity.parse(entry.getValue().asText())));
        return quantities;
    }

    /** {@code status.used} as it is. */
    static Map<String, Quantity> said(ObjectNode quota) {
        return quantities(Json.at(quota, "status", "used"));
    }

    /** {@code status.used}, counted now where the status does not say it yet. */
    static Map<String, Quantity> used(ObjectNode quota, Store store) {
        Map<String, Quantity> used = said(quota);
        if (!used.keySet().containsAll(hard(quota).keySet())) {
            count(quota, store).forEach(used::putIfAbsent);
        }
        return used;
    }

    /** What the objects of the namespace use, for every name of {@code spec.hard}. */
    static Map<String, Quantity> count(ObjectNode quota, Store store) {
        Map<String, Quantity> used = new TreeMap<>();
        Map<String, Boolean> resources = new TreeMap<>();
        hard(quota).keySet().forEach(name -> {
            used.put(name, Quantity.ZERO);
            String resource = QuotaUsage.resourceOf(name);
            if (!resource.isEmpty()) {
                resources.put(resource, true);
            }
        });
        String prefix = Json.text(quota, "metadata", "namespace") + "/";
        for (String resource : resources.keySet()) {
            String plural = plural(resource);
            String group = group(resource);
            for (Entry entry : store.cache().resource(group, plural).snapshot(prefix).entries()) {
                ObjectNode object = entry.tree();
                if (QuotaScopes.matches(quota.path("spec"), group, plural, object)) {
                    QuotaUsage.of(group, plural, object).forEach((name, quantity) -> used.computeIfPresent(name, (n, sum) -> sum.add(quantity)));
                }
            }
        }
        return used;
    }

    static String plural(String resource) {
        int dot = resource.indexOf('.');
        return dot < 0 ? resource : resource.substring(0, dot);
    }

    static String group(String resource) {
        int dot = resource.indexOf('.');
        return dot < 0 ? "" : resource.substring(dot + 1);
    }

    /** Writes the status of a quota tree. */
    static void set(ObjectNode quota, Map<String, Quantity> used) {
        ObjectNode status = Json.ensureObject(quota, "status");
        status.set("hard", Json.at(quota, "spec", "hard").deepCopy());
        ObjectNode told = status.putObject("used");
        hard(quota).keySet().forEach(name -> told.put(name, used.getOrDefault(name, Quantity.ZERO).toString()));
    }
}
