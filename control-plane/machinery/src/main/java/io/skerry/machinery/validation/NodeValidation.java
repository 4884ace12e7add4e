package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.quantity.Quantity;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Nodes: core validation's ValidateNode on create, ValidateNodeUpdate for the object and its status alike. */
final class NodeValidation {

    private static final List<String> EFFECTS = List.of("NoSchedule", "PreferNoSchedule", "NoExecute");
    private static final String CIDRS = "spec.podCIDRs";

    private NodeValidation() {}

    static void check(ObjectNode node, ObjectNode old, Errors errors) {
        taints(Json.at(node, "spec", "taints"), errors);
        amounts(node, "capacity", errors);
        amounts(node, "allocatable", errors);
        if (old == null) {
            cidrs(Json.at(node, "spec", "podCIDRs"), errors);
            return;
        }
        JsonNode addresses = Json.at(node, "status", "addresses");
        Set<JsonNode> seen = new HashSet<>();
        for (int i = 0; i < addresses.size(); i++) {
            if (!seen.add(addresses.path(i))) {
                errors.duplicate(Errors.at("status.addresses", i), addresses.path(i));
            }
        }
        JsonNode was = Json.at(old, "spec", "podCIDRs");
        if (!was.isEmpty() && !Values.same(Json.at(node, "spec", "podCIDRs"), was)) {
            errors.forbidden(CIDRS, "node updates may not change podCIDR except from \"\" to valid");
        }
        String provider = Json.text(old, "spec", "providerID");
        if (!provider.isEmpty() && !provider.equals(Json.text(node, "spec", "providerID"))) {
            errors.forbidden("spec.providerID", "node updates may not change providerID except from \"\" to valid");
        }
        if (!Json.text(node, "spec", "externalID").equals(Json.text(old, "spec", "externalID"))) {
            errors.forbidden("spec.externalID", "may not be updated");
        }
        configSource(Json.at(node, "spec", "configSource"), "spec.configSource", errors);
        for (String use : List.of("assigned", "active", "lastKnownGood")) {
            configSource(Json.at(node, "status", "config", use), "status.config." + use, errors);
        }
    }

    /** Under upstream's path, which is not where they stand. */
    private static void taints(JsonNode taints, Errors errors) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < taints.size(); i++) {
            JsonNode taint = taints.path(i);
            String at = Errors.at("metadata.taints", i);
            String key = Json.text(taint, "key");
            errors.invalid(Errors.at(at, "key"), key, Names.qualifiedName(key));
            List<String> problems = Names.labelValue(Json.text(taint, "value"));
            if (!problems.isEmpty()) {
                errors.invalid(Errors.at(at, "value"), Json.text(taint, "value"), List.of(String.join(";", problems)));
            }
            errors.oneOf(taint, at, "effect", EFFECTS);
            if (!seen.add(Json.text(taint, "effect") + "/" + key)) {
                errors.duplicate(at, taint, "taints must be unique by key and effect pair");
            }
        }
    }

    private static void amounts(ObjectNode node, String field, Errors errors) {
        for (var amount : Json.at(node, "status", field).properties()) {
            String at = Errors.at("status." + field, amount.getKey());
            Quantity quantity = Resources.notNegative(amount.getValue(), at, errors);
            if (quantity != null && QuotaValidation.isCounted(amount.getKey()) && quantity.value().stripTrailingZeros().scale() > 0) {
                errors.invalid(at, quantity.toString(), "must be an integer");
            }
        }
    }

    private static void cidrs(JsonNode cidrs, Errors errors) {
        Set<Boolean> families = new HashSet<>();
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < cidrs.size(); i++) {
            String cidr = cidrs.path(i).asText();
            errors.invalid(Errors.at(CIDRS, i), cidr, Addresses.cidr(cidr));
            families.add(cidr.indexOf(':') >= 0);
        }
        if (cidrs.size() > 2 || cidrs.size() == 2 && families.size() < 2) {
            errors.invalid(CIDRS, cidrs, "may specify no more than one CIDR for each IP family");
        }
        for (int i = 0; i < cidrs.size(); i++) {
            if (!seen.add(cidrs.path(i).asText())) {
                errors.duplicate(Errors.at(CIDRS, i), cidrs.path(i));
            }
        }
    }

    /** Dynamic kubelet configuration, which nothing acts on any more, but whose form is still held to. */
    private static void configSource(JsonNode source, String path, Errors errors) {
        if (!source.isObject()) {
            return;
        }
        JsonNode map = source.path("configMap");
        String at = Errors.at(path, "configMap");
        if (!map.isObject()) {
            errors.invalid(path, source, "exactly one reference subfield must be non-nil");
            return;
        }
        boolean observed = path.startsWith("status.");
        for (String field : List.of("uid", "resourceVersion")) {
            boolean given = !Json.text(map, field).isEmpty();
            if (observed && !given) {
                errors.required(Errors.at(at, field), field + " must be set in status");
            } else if (!observed && given) {
                errors.forbidden(Errors.at(at, field), field + " must not be set in spec");
            }
        }
        for (String field : List.of("namespace", "name", "kubeletConfigKey")) {
            String value = Json.text(map, field);
            if (value.isEmpty()) {
                errors.required(Errors.at(at, field), field + " must be set");
            } else {
                errors.invalid(Errors.at(at, field), value, switch (field) {
                    case "namespace" -> Names.dns1123Label(value);
                    case "name" -> Names.dns1123Subdomain(value);
                    default -> Names.configMapKey(value);
                });
            }
        }
    }
}
