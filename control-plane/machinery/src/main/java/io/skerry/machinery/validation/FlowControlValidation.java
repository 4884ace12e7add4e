package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.yaml.Yaml;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** flowcontrol.apiserver.k8s.io: FlowSchemas and PriorityLevelConfigurations (KEP-1040). */
final class FlowControlValidation {

    private static final String GROUP = ".flowcontrol.apiserver.k8s.io";
    private static final Set<String> VERBS = Set.of("get", "list", "create", "update", "delete", "deletecollection", "patch", "watch", "proxy");
    private static final Map<String, String> SUBJECT_FIELDS = Map.of("ServiceAccount", "serviceAccount", "User", "user", "Group", "group");
    private static final long MAX_PRECEDENCE = 10_000;
    private static final long MAX_QUEUES = 10_000_000;
    /** Of a request's hash, which deals it its hand of queues. */
    private static final int HASH_BITS = 60;
    private static final String EXEMPT = "exempt";
    private static final String EVERYTHING = "resourceRules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true}], nonResourceRules: [{verbs: ['*'], "
            + "nonResourceURLs: ['*']}]";

    /** What these objects say in every cluster (k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap). */
    private static final Map<String, JsonNode> MANDATORY_SCHEMAS = Map.of(
            EXEMPT, fixed("{matchingPrecedence: 1, priorityLevelConfiguration: {name: exempt}, rules: [{subjects: [{kind: Group, group: {name: 'system:masters'}}], " + EVERYTHING + "}]}"),
            "catch-all", fixed("{matchingPrecedence: 10000, priorityLevelConfiguration: {name: catch-all}, distinguisherMethod: {type: ByUser}, rules: [{subjects: ["
                    + "{kind: Group, group: {name: 'system:unauthenticated'}}, {kind: Group, group: {name: 'system:authenticated'}}], " + EVERYTHING + "}]}"));
    private static final Map<String, JsonNode> MANDATORY_LEVELS = Map.of(EXEMPT, fixed("{type: Exempt}"),
            "catch-all", fixed("{type: Limited, limited: {nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: {type: Reject}}}"));

    private FlowControlValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("flowschemas" + GROUP, FlowControlValidation::flowSchema);
        checks.put("prioritylevelconfigurations" + GROUP, FlowControlValidation::priorityLevel);
    }

    private static JsonNode fixed(String yaml) {
        return Yaml.parseAll(yaml, "flow control").getFirst().root();
    }

    private static void flowSchema(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        String name = Json.text(o, "metadata", "name");
        JsonNode precedence = spec.path("matchingPrecedence");
        if (precedence.asLong() <= 0) {
            errors.invalid("spec.matchingPrecedence", precedence, "must be a positive value");
        } else if (precedence.asLong() > MAX_PRECEDENCE) {
            errors.invalid("spec.matchingPrecedence", precedence, "must not be greater than " + MAX_PRECEDENCE);
        } else if (precedence.asLong() == 1 && !name.equals(EXEMPT)) {
            errors.invalid("spec.matchingPrecedence", precedence, "only the schema named 'exempt' may have matchingPrecedence 1");
        }
        if (spec.path("distinguisherMethod").isObject()) {
            String method = Json.text(spec, "distinguisherMethod", "type");
            if (!Set.of("ByNamespace", "ByUser").contains(method)) {
                errors.notSupported("spec.distinguisherMethod.type", method, Set.of("ByNamespace", "ByUser"));
            }
        }
        String level = Json.text(spec, "priorityLevelConfiguration", "name");
        if (level.isEmpty()) {
            errors.required("spec.priorityLevelConfiguration.name", "must reference a priority level");
        } else {
            errors.invalid("spec.priorityLevelConfiguration.name", level, Names.dns1123Subdomain(level));
        }
        for (int i = 0; i < spec.path("rules").size(); i++) {
            rule(spec.path("rules").path(i), Errors.at("spec.rules", i), errors);
        }
        if (MANDATORY_SCHEMAS.containsKey(name) && !Values.same(spec, MANDATORY_SCHEMAS.get(name))) {
            errors.invalid("spec", spec, "spec of '" + name + "' must equal the fixed value");
        }
    }

    private static void rule(JsonNode rule, String path, Errors errors) {
        JsonNode subjects = rule.path("subjects");
        if (subjects.isEmpty()) {
            errors.required(Errors.at(path, "subjects"), "subjects must contain at least one value");
        }
        for (int i = 0; i < subjects.size(); i++) {
            subject(subjects.path(i), Errors.at(Errors.at(path, "subjects"), i), errors);
        }
        JsonNode resources = rule.path("resourceRules");
        JsonNode others = rule.path("nonResourceRules");
        if (resources.isEmpty() && others.isEmpty()) {
            errors.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
        }
        for (int i = 0; i < resources.size(); i++) {
            resourceRule(resources.path(i), Errors.at(Errors.at(path, "resourceRules"), i), errors);
        }
        for (int i = 0; i < others.size(); i++) {
            String at = Errors.at(Errors.at(path, "nonResourceRules"), i);
            verbs(others.path(i), at, errors);
            JsonNode urls = others.path(i).path("nonResourceURLs");
            if (wildcard(urls, Errors.at(at, "nonResourceURLs"), "nonResourceURLs must contain at least one value", "non-resource URLs", errors)) {
                for (int u = 0; u < urls.size(); u++) {
                    url(urls.path(u).asText(), Errors.at(Errors.at(at, "nonResourceURLs"), u), errors);
                }
            }
        }
    }

    private static void subject(JsonNode subject, String path, Errors errors) {
        String kind = Json.text(subject, "kind");
        String field = SUBJECT_FIELDS.get(kind);
        if (field == null) {
            errors.notSupported(Errors.at(path, "kind"), kind, SUBJECT_FIELDS.keySet());
            return;
        }
        String at = Errors.at(path, field);
        JsonNode told = subject.path(field);
        String name = Json.text(told, "name");
        if (!told.isObject()) {
            errors.required(at, field + " is required when subject kind is '" + kind + "'");
        } else if (name.isEmpty()) {
            errors.required(Errors.at(at, "name"), "");
        } else if (kind.equals("ServiceAccount") && !name.equals("*")) {
            errors.invalid(Errors.at(at, "name"), name, Names.dns1123Subdomain(name));
        }
        if (told.isObject() && kind.equals("ServiceAccount")) {
            String namespace = Json.text(told, "namespace");
            if (namespace.isEmpty()) {
                errors.required(Errors.at(at, "namespace"), "must specify namespace for service account");
            } else {
                errors.invalid(Errors.at(at, "namespace"), namespace, Names.dns1123Label(namespace));
            }
        }
        for (String other : List.of("ServiceAccount", "User", "Group")) {
            String foreign = SUBJECT_FIELDS.get(other);
            if (!other.equals(kind) && subject.path(foreign).isObject()) {
                errors.forbidden(Errors.at(path, foreign), foreign + " is forbidden when subject kind is not '" + other + "'");
            }
        }
    }

    private static void resourceRule(JsonNode rule, String path, Errors errors) {
        verbs(rule, path, errors);
        wildcard(rule.path("apiGroups"), Errors.at(path, "apiGroups"), "resource rules must supply at least one api group", "api groups", errors);
        wildcard(rule.path("resources"), Errors.at(path, "resources"), "resource rules must supply at least one resource", "resources", errors);
        JsonNode namespaces = rule.path("namespaces");
        String at = Errors.at(path, "namespaces");
        if (namespaces.isEmpty() && rule.path("clusterScope").asBoolean()) {
            return;
        }
        if (wildcard(namespaces, at, "resource rules that are not cluster scoped must supply at least one namespace", "namespaces", errors)) {
            for (int i = 0; i < namespaces.size(); i++) {
                for (String complaint : Names.dns1123Label(namespaces.path(i).asText())) {
                    errors.invalid(Errors.at(at, i), namespaces.path(i).asText(), "each member of this list must be '*' or a DNS-1123 label; " + complaint);
                }
            }
        }
    }

    private static void verbs(JsonNode rule, String path, Errors errors) {
        JsonNode verbs = rule.path("verbs");
        if (wildcard(verbs, Errors.at(path, "verbs"), "verbs must contain at least one value", "verbs", errors)) {
            for (JsonNode verb : verbs) {
                if (!VERBS.contains(verb.asText())) {
                    errors.notSupported(Errors.at(path, "verbs"), verbs, VERBS);
                    return;
                }
            }
        }
    }

    /** @return whether there are values, and none of them is "*" */
    private static boolean wildcard(JsonNode values, String path, String none, String others, Errors errors) {
        if (values.isEmpty()) {
            errors.required(path, none);
            return false;
        }
        for (JsonNode value : values) {
            if (value.asText().equals("*")) {
                if (values.size() > 1) {
                    errors.invalid(path, values, "if '*' is present, must not specify other " + others);
                }
                return false;
            }
        }
        return true;
    }

    private static void url(String url, String path, Errors errors) {
        int star = url.indexOf('*');
        if (url.isEmpty()) {
            errors.invalid(path, url, "must not be empty");
        } else if (!url.startsWith("/")) {
            errors.invalid(path, url, "must start with slash");
        } else if (url.contains(" ")) {
            errors.invalid(path, url, "must not contain white-space");
        } else if (url.contains("//")) {
            errors.invalid(path, url, "must not contain double slash");
        } else if (star >= 0 && !(star == url.length() - 1 && url.endsWith("/*"))) {
            errors.invalid(path, url, "wildcard can only do suffix matching");
        }
    }

    private static void priorityLevel(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        String name = Json.text(o, "metadata", "name");
        String type = Json.text(spec, "type");
        if (name.equals(EXEMPT) != type.equals("Exempt")) {
            errors.invalid("spec.type", type, "type must be 'Exempt' if and only if name is 'exempt'");
        }
        switch (type) {
            case "Exempt" -> {
                if (spec.path("limited").isObject()) {
                    errors.forbidden("spec.limited", "must be nil if the type is not Limited");
                }
                shares(spec.path("exempt"), "spec.exempt", errors);
            }
            case "Limited" -> {
                if (spec.path("exempt").isObject()) {
                    errors.forbidden("spec.exempt", "must be nil if the type is Limited");
                }
                if (spec.path("limited").isObject()) {
                    shares(spec.path("limited"), "spec.limited", errors);
                    limitResponse(Json.at(spec, "limited", "limitResponse"), errors);
                } else {
                    errors.required("spec.limited", "must not be empty when type is Limited");
                }
            }
            default -> errors.notSupported("spec.type", type, Set.of("Exempt", "Limited"));
        }
        if (!MANDATORY_LEVELS.containsKey(name) || !spec.isObject()) {
            return;
        }
        ObjectNode fixed = spec.deepCopy();
        if (name.equals(EXEMPT)) { // how much it lends is the administrator's to say
            fixed.remove("exempt");
        }
        if (!Values.same(fixed, MANDATORY_LEVELS.get(name))) {
            errors.invalid("spec", spec, "spec of '" + name + "' " + (name.equals(EXEMPT) ? "except the 'spec.exempt' field " : "") + "must equal the fixed value");
        }
    }

    private static void shares(JsonNode level, String path, Errors errors) {
        if (level.path("nominalConcurrencyShares").asLong() < 0) {
            errors.invalid(Errors.at(path, "nominalConcurrencyShares"), level.path("nominalConcurrencyShares"), "must be a non-negative integer");
        }
        long lendable = level.path("lendablePercent").asLong();
        if (lendable < 0 || lendable > 100) {
            errors.invalid(Errors.at(path, "lendablePercent"), level.path("lendablePercent"), "must be between 0 and 100, inclusive");
        }
        if (level.path("borrowingLimitPercent").asLong() < 0) {
            errors.invalid(Errors.at(path, "borrowingLimitPercent"), level.path("borrowingLimitPercent"), "if specified, must be a non-negative integer");
        }
    }

    private static void limitResponse(JsonNode response, Errors errors) {
        String path = "spec.limited.limitResponse";
        boolean queuing = response.path("queuing").isObject();
        switch (Json.text(response, "type")) {
            case "Reject" -> {
                if (queuing) {
                    errors.forbidden(Errors.at(path, "queuing"), "must be nil if limited.limitResponse.type is not Limited");
                }
            }
            case "Queue" -> {
                if (queuing) {
                    queuing(response.path("queuing"), Errors.at(path, "queuing"), errors);
                } else {
                    errors.required(Errors.at(path, "queuing"), "must not be empty if limited.limitResponse.type is Limited");
                }
            }
            default -> errors.notSupported(Errors.at(path, "type"), Json.text(response, "type"), Set.of("Queue", "Reject"));
        }
    }

    private static void queuing(JsonNode queuing, String path, Errors errors) {
        long queues = queuing.path("queues").asLong();
        long hand = queuing.path("handSize").asLong();
        if (queuing.path("queueLengthLimit").asLong() <= 0) {
            errors.invalid(Errors.at(path, "queueLengthLimit"), queuing.path("queueLengthLimit"), "must be positive");
        }
        if (queues <= 0) {
            errors.invalid(Errors.at(path, "queues"), queuing.path("queues"), "must be positive");
        } else if (queues > MAX_QUEUES) {
            errors.invalid(Errors.at(path, "queues"), queuing.path("queues"), "must not be greater than " + MAX_QUEUES);
        }
        JsonNode told = queuing.path("handSize");
        if (hand <= 0) {
            errors.invalid(Errors.at(path, "handSize"), told, "must be positive");
        } else if (hand > queues) {
            errors.invalid(Errors.at(path, "handSize"), told, "should not be greater than queues (" + queues + ")");
        } else if (Math.ceil(Math.log(queues) / Math.log(2) * hand) > HASH_BITS) {
            errors.invalid(Errors.at(path, "handSize"), told, "required entropy bits of deckSize " + queues + " and handSize " + hand + " should not be greater than " + HASH_BITS);
        }
    }
}
