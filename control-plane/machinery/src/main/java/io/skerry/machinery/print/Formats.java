package io.skerry.machinery.print;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.selector.LabelSelector;
import java.util.ArrayList;
import java.util.List;

/** Forms of values that several tables share. */
final class Formats {

    private Formats() {}

    /** Names and images of a pod spec's containers, each joined with commas. */
    static String containers(JsonNode podSpec, String field) {
        return joined(podSpec.path("containers"), ",", field);
    }

    /** The text at the path of each item. */
    static String joined(JsonNode items, String separator, String... path) {
        List<String> texts = new ArrayList<>();
        items.forEach(item -> texts.add(Json.text(item, path)));
        return String.join(separator, texts);
    }

    static String labelSelector(JsonNode selector) {
        try {
            return Table.or(LabelSelector.of(selector).toString(), "<none>");
        } catch (IllegalArgumentException e) {
            return "<error>";
        }
    }

    /** A map of labels, sorted. */
    static String labels(JsonNode labels) {
        List<String> pairs = new ArrayList<>();
        labels.properties().forEach(l -> pairs.add(l.getKey() + "=" + l.getValue().asText()));
        pairs.sort(null);
        return pairs.isEmpty() ? "<none>" : String.join(",", pairs);
    }

    /** The first three, and how many more there are. */
    static String few(List<String> items, String separator, String none) {
        if (items.isEmpty()) {
            return none;
        }
        return items.size() <= 3 ? String.join(separator, items)
                : String.join(separator, items.subList(0, 3)) + " + " + (items.size() - 3) + " more...";
    }

    static boolean hasCondition(JsonNode object, String type) {
        for (JsonNode condition : Json.at(object, "status", "conditions")) {
            if (Json.text(condition, "type").equals(type) && Json.text(condition, "status").equals("True")) {
                return true;
            }
        }
        return false;
    }

    static String hostPort(String host, String port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
