package io.skerry.machinery.print;

import static io.skerry.machinery.print.Table.age;
import static io.skerry.machinery.print.Table.integer;
import static io.skerry.machinery.print.Table.name;
import static io.skerry.machinery.print.Table.or;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Who and what is allowed: bindings, quotas, disruption budgets, priorities, flow control. */
final class PolicyTables {

    private PolicyTables() {}

    static void declare(Map<String, Table> tables) {
        tables.put("rolebindings.rbac.authorization.k8s.io", Table.of("Name|Role|Age|*Users|*Groups|*ServiceAccounts", PolicyTables::binding));
        tables.put("clusterrolebindings.rbac.authorization.k8s.io", Table.of("Name|Role|Age|*Users|*Groups|*ServiceAccounts", PolicyTables::binding));
        tables.put("resourcequotas", Table.of("Name|Request|Limit|Age", (o, now) -> new Object[] {name(o), quota(o, false), quota(o, true), age(o, now)}));
        tables.put("poddisruptionbudgets.policy", Table.of("Name|Min Available|Max Unavailable|Allowed Disruptions:integer|Age", (o, now) -> new Object[] {name(o),
            or(Json.text(o, "spec", "minAvailable"), "N/A"), or(Json.text(o, "spec", "maxUnavailable"), "N/A"), integer(o, "status", "disruptionsAllowed"), age(o, now)}));
        tables.put("priorityclasses.scheduling.k8s.io", Table.of("Name|Value:integer|Global-Default:boolean|Age|PreemptionPolicy", (o, now) -> new Object[] {name(o),
            integer(o, "value"), o.path("globalDefault").asBoolean(), age(o, now), or(Json.text(o, "preemptionPolicy"), "PreemptLowerPriority")}));
        tables.put("flowschemas.flowcontrol.apiserver.k8s.io", Table.of("Name|PriorityLevel|MatchingPrecedence:integer|DistinguisherMethod|Age|MissingPL", (o, now) -> new Object[] {
            name(o), Json.text(o, "spec", "priorityLevelConfiguration", "name"), integer(o, "spec", "matchingPrecedence"),
            or(Json.text(o, "spec", "distinguisherMethod", "type"), "<none>"), age(o, now), dangling(o)}));
        tables.put("prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", Table.of("Name|Type|NominalConcurrencyShares|Queues|HandSize|QueueLengthLimit|Age", (o, now) -> {
            JsonNode limited = Json.at(o, "spec", "limited");
            JsonNode queuing = Json.at(limited, "limitResponse", "queuing");
            return new Object[] {name(o), Json.text(o, "spec", "type"), or(Json.text(limited, "nominalConcurrencyShares"), "<none>"), or(Json.text(queuing, "queues"), "<none>"),
                or(Json.text(queuing, "handSize"), "<none>"), or(Json.text(queuing, "queueLengthLimit"), "<none>"), age(o, now)};
        }));
    }

    private static Object[] binding(JsonNode o, Instant now) {
        List<String> users = new ArrayList<>();
        List<String> groups = new ArrayList<>();
        List<String> accounts = new ArrayList<>();
        for (JsonNode subject : o.path("subjects")) {
            String name = Json.text(subject, "name");
            switch (Json.text(subject, "kind")) {
                case "User" -> users.add(name);
                case "Group" -> groups.add(name);
                case "ServiceAccount" -> accounts.add(Json.text(subject, "namespace") + "/" + name);
                default -> { }
            }
        }
        return new Object[] {name(o), Json.text(o, "roleRef", "kind") + "/" + Json.text(o, "roleRef", "name"), age(o, now),
            String.join(", ", users), String.join(", ", groups), String.join(", ", accounts)};
    }

    private static String quota(JsonNode o, boolean limits) {
        TreeMap<String, String> lines = new TreeMap<>();
        for (var hard : Json.at(o, "status", "hard").properties()) {
            if (hard.getKey().startsWith("limits.") == limits) {
                String used = or(Json.text(o, "status", "used", hard.getKey()), "0");
                lines.put(hard.getKey(), hard.getKey() + ": " + canonical(used) + "/" + canonical(hard.getValue().asText()));
            }
        }
        return String.join(", ", lines.values());
    }

    private static String canonical(String quantity) {
        try {
            return Quantity.parse(quantity).toString();
        } catch (IllegalArgumentException e) {
            return quantity;
        }
    }

    private static String dangling(JsonNode schema) {
        for (JsonNode condition : Json.at(schema, "status", "conditions")) {
            if (Json.text(condition, "type").equals("Dangling")) {
                return Json.text(condition, "status");
            }
        }
        return "?";
    }
}
