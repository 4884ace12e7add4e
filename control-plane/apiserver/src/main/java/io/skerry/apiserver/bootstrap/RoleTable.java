package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Roles written as a table, to be read beside upstream's. A line that is not indented names a role ({@code NAME}, or {@code NAMESPACE/NAME}); the indented ones
 * after it are its rules: {@code GROUPS RESOURCES VERBS [NAMES]}, or {@code paths PATHS VERBS} for what is no resource, values with commas between. {@code core} is
 * the group without a name; the verbs {@code read} and {@code write} stand for three and five; {@code events} alone is the right to tell events.
 */
final class RoleTable {
    private static final Map<String, List<String>> VERBS = Map.of("read", List.of("get", "list", "watch"),
            "write", List.of("create", "delete", "deletecollection", "patch", "update"));
    private static final String EVENTS = "core,events.k8s.io events create,patch,update";

    private RoleTable() {
    }

    /** In the table's order; values are sorted, as upstream has them. */
    static List<ObjectNode> roles(String table) {
        List<ObjectNode> roles = new ArrayList<>();
        table.lines().forEach(line -> {
            if (line.startsWith(" ")) {
                rule((ArrayNode) roles.getLast().get("rules"), line.strip());
            } else {
                roles.add(Roles.role(line));
            }
        });
        return roles;
    }

    private static void rule(ArrayNode rules, String line) {
        String[] columns = (line.equals("events") ? EVENTS : line).split(" ");
        ObjectNode rule = rules.addObject();
        if (columns[0].equals("paths")) {
            set(rule, "nonResourceURLs", values(columns[1]));
        } else {
            set(rule, "apiGroups", values(columns[0]).map(group -> group.equals("core") ? "" : group));
            set(rule, "resources", values(columns[1]));
        }
        set(rule, "verbs", values(columns[2]).flatMap(verb -> VERBS.getOrDefault(verb, List.of(verb)).stream()));
        if (columns.length > 3) {
            set(rule, "resourceNames", values(columns[3]));
        }
    }

    private static Stream<String> values(String column) {
        return Arrays.stream(column.split(","));
    }

    private static void set(ObjectNode rule, String field, Stream<String> values) {
        ArrayNode array = rule.putArray(field);
        values.sorted().forEach(array::add);
    }
}
