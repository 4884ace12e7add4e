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
        return wanted.isResource() ? allows(wanted.verb(), wanted.group(), wanted.resource(), wanted.subresource()) && (names.isEmpty() || names.contains(wanted.name()))
                : allows(wanted.verb(), wanted.path());
    }

    private boolean allows(String verb, String path) {
        return has(verbs, verb) && paths.stream().anyMatch(p -> p.equals("*") || p.equals(path) || p.endsWith("*") && path.startsWith(p.substring(0, p.length() - 1)));
    }

    private boolean allows(String verb, String group, String resource, String subresource) {
        return has(verbs, verb) && has(groups, group) && (has(resources, subresource.isEmpty() ? resource : resource + "/" + subresource)
                || !subresource.isEmpty() && resources.contains("*/" + subresource));
    }

    private static boolean has(List<String> allowed, String wanted) {
        return allowed.contains(wanted) || allowed.contains("*");
    }

    /** The single permissions of this rule (of one verb on one resource, name or path each) that none of others gives. */
    public List<Rule> notIn(List<Rule> others) {
        List<Rule> missing = new ArrayList<>();
        for (String verb : verbs) {
            for (String path : paths) {
                if (others.stream().noneMatch(other -> other.allows(verb, path))) {
                    missing.add(new Rule(List.of(verb), List.of(), List.of(), List.of(), List.of(path)));
                }
            }
            for (String group : groups) {
                for (String resource : resources) {
                    for (List<String> named : names.isEmpty() ? List.of(List.<String>of()) : names.stream().map(name -> List.of(name)).toList()) {
                        if (others.stream().noneMatch(other -> other.covers(verb, group, resource, named))) {
                            missing.add(new Rule(List.of(verb), List.of(group), List.of(resource), named, List.of()));
                        }
                    }
                }
            }
        }
        return missing;
    }

    /** A rule without names covers all; one with names covers no rule without. */
    private boolean covers(String verb, String group, String resource, List<String> named) {
        int slash = resource.indexOf('/');
        return (names.isEmpty() || !named.isEmpty() && names.containsAll(named))
                && allows(verb, group, slash < 0 ? resource : resource.substring(0, slash), slash < 0 ? "" : resource.substring(slash + 1));
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
