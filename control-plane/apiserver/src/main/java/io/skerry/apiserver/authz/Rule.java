package io.skerry.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** rbac.authorization.k8s.io/v1 PolicyRule. */
public record Rule(List<String> verbs, List<String> groups, List<String> resources, List<String> names, List<String> paths) {

    static Rule of(JsonNode rule) {
        return new Rule(strings(rule.path("verbs")), strings(rule.path("apiGroups")), strings(rule.path("resources")), strings(rule.path("resourceNames")),
                strings(rule.path("nonResourceURLs")));
    }

    private static List<String> strings(JsonNode array) {
        List<String> out = new ArrayList<>(array.size());
        array.forEach(n -> out.add(n.asText()));
        return List.copyOf(out);
    }

    public boolean allows(Attributes wanted) {
        if (!has(verbs, wanted.verb())) {
            return false;
        }
        if (!wanted.isResource()) {
            return paths.stream().anyMatch(p -> p.equals("*") || p.equals(wanted.path())
                    || p.endsWith("*") && wanted.path().startsWith(p.substring(0, p.length() - 1)));
        }
        return has(groups, wanted.group()) && hasResource(wanted) && (names.isEmpty() || names.contains(wanted.name()));
    }

    private static boolean has(List<String> allowed, String wanted) {
        return allowed.contains(wanted) || allowed.contains("*");
    }

    private boolean hasResource(Attributes wanted) {
        return resources.contains(wanted.qualifiedResource()) || resources.contains("*")
                || !wanted.subresource().isEmpty() && resources.contains("*/" + wanted.subresource());
    }

    /** As upstream's error of a refused escalation shows it. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder("{");
        part(out, "APIGroups", groups);
        part(out, "Resources", resources);
        part(out, "ResourceNames", names);
        part(out, "NonResourceURLs", paths);
        part(out, "Verbs", verbs);
        return out.append('}').toString();
    }

    private static void part(StringBuilder out, String name, List<String> values) {
        if (!values.isEmpty()) {
            out.append(out.length() > 1 ? ", " : "").append(name).append(":[")
                    .append(String.join(", ", values.stream().map(v -> "\"" + v + "\"").toList())).append(']');
        }
    }
}
