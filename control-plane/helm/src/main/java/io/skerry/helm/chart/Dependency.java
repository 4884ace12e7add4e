package io.skerry.helm.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * An entry of Chart.yaml's {@code dependencies} (or of an old chart's requirements.yaml).
 * @param version a constraint; "" for any
 * @param condition comma-separated paths of booleans in the values; the first that is there decides
 * @param alias "" for none
 * @param importValues strings (a name under the child's {@code exports}) or maps with {@code child} and {@code parent}
 */
public record Dependency(String name, String version, String repository, String condition, List<String> tags, String alias, List<Object> importValues) {
    static Dependency of(JsonNode n) {
        List<String> tags = new ArrayList<>();
        n.path("tags").forEach(t -> tags.add(t.asText()));
        List<Object> imports = new ArrayList<>();
        n.path("import-values").forEach(v -> imports.add(io.skerry.helm.encoding.Trees.value(v)));
        return new Dependency(text(n, "name"), text(n, "version"), text(n, "repository"), text(n, "condition"), tags, text(n, "alias"), imports);
    }

    private static String text(JsonNode n, String field) {
        JsonNode v = n.path(field);
        return v.isNull() ? "" : v.asText();
    }

    boolean accepts(String chartVersion) {
        if (version.isEmpty()) {
            return true;
        }
        try {
            return Constraint.parse(version).allows(Version.parse(chartVersion));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
