package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Pods and the pod specs of templates. */
final class PodValidation {

    private static final List<String> RESTART_POLICIES = List.of("Always", "OnFailure", "Never");
    private static final List<String> DNS_POLICIES = List.of("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None");
    private static final List<String> TOLERATION_OPERATORS = List.of("Equal", "Exists");
    private static final List<String> EFFECTS = List.of("NoSchedule", "PreferNoSchedule", "NoExecute");

    private static final int MAX_NAMESERVERS = 3;
    private static final int MAX_SEARCHES = 32;
    private static final int MAX_SEARCH_CHARACTERS = 2048;

    private PodValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("pods", (pod, old, errors) -> {
            spec(pod.path("spec"), "spec", errors);
            PodAnnotationValidation.check(Json.at(pod, "metadata", "annotations"), pod.path("spec"), "metadata.annotations", errors);
            if (old != null) {
                PodUpdateValidation.check(pod, old, errors);
            }
        });
        checks.put("podtemplates", (o, old, errors) -> template(o.path("template"), "template", errors));
    }

    /** A pod that waits at a gate has no node yet. */
    static void create(JsonNode pod, Errors errors) {
        if (!Json.text(pod, "spec", "nodeName").isEmpty() && !Json.at(pod, "spec", "schedulingGates").isEmpty()) {
            errors.forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared");
        }
    }

    /** The paths of a template's labels and annotations leave out the metadata, as upstream's do. */
    static void template(JsonNode template, String path, Errors errors) {
        MetadataValidation.labels(Json.at(template, "metadata", "labels"), Errors.at(path, "labels"), errors);
        MetadataValidation.annotations(Json.at(template, "metadata", "annotations"), Errors.at(path, "annotations"), errors);
        PodAnnotationValidation.check(Json.at(template, "metadata", "annotations"), template.path("spec"), Errors.at(path, "annotations"), errors);
        spec(template.path("spec"), Errors.at(path, "spec"), errors);
        if (!Json.at(template, "spec", "ephemeralContainers").isEmpty()) {
            errors.forbidden(Errors.at(path, "spec.ephemeralContainers"), "ephemeral containers not allowed in pod template");
        }
    }

    static void spec(JsonNode spec, String path, Errors errors) {
        Map<String, JsonNode> volumes = VolumeValidation.volumes(spec.path("volumes"), Errors.at(path, "volumes"), errors);
        ContainerValidation.all(spec, path, volumes, errors);
        errors.oneOf(spec, path, "restartPolicy", RESTART_POLICIES);
        errors.oneOf(spec, path, "dnsPolicy", DNS_POLICIES);
        dnsConfig(spec, path, errors);
        MetadataValidation.labels(spec.path("nodeSelector"), Errors.at(path, "nodeSelector"), errors);
        name(spec, path, "serviceAccountName", errors);
        name(spec, path, "nodeName", errors);
        name(spec, path, "priorityClassName", errors);
        name(spec, path, "runtimeClassName", errors);
        label(spec, path, "hostname", errors);
        label(spec, path, "subdomain", errors);
        JsonNode deadline = spec.path("activeDeadlineSeconds");
        if (deadline.isNumber() && (deadline.asLong() < 1 || deadline.asLong() > Integer.MAX_VALUE)) {
            errors.invalid(Errors.at(path, "activeDeadlineSeconds"), deadline, "must be between 1 and 2147483647, inclusive");
        }
        errors.notNegative(spec, path, "terminationGracePeriodSeconds");
        tolerations(spec.path("tolerations"), Errors.at(path, "tolerations"), errors);
        hostAliases(spec.path("hostAliases"), Errors.at(path, "hostAliases"), errors);
        PlacementValidation.affinity(spec.path("affinity"), Errors.at(path, "affinity"), errors);
        PlacementValidation.spread(spec.path("topologySpreadConstraints"), Errors.at(path, "topologySpreadConstraints"), errors);
        gates(spec, path, errors);
        SecurityContextValidation.pod(spec, path, errors);
        errors.optionalOneOf(spec, path, "preemptionPolicy", Set.of("Never", "PreemptLowerPriority"));
        Resources.list(spec.path("overhead"), Errors.at(path, "overhead"), errors);
        if (spec.path("os").isObject()) {
            os(Json.text(spec, "os", "name"), Errors.at(path, "os"), errors);
        }
    }

    private static void os(String name, String path, Errors errors) {
        if (name.isEmpty()) {
            errors.required(Errors.at(path, "name"), "cannot be empty");
        } else if (!name.equals("linux") && !name.equals("windows")) {
            errors.notSupported(path, name, List.of("linux", "windows"));
        }
    }

    private static void name(JsonNode spec, String path, String field, Errors errors) {
        String name = Json.text(spec, field);
        if (!name.isEmpty()) {
            errors.invalid(Errors.at(path, field), name, Names.dns1123Subdomain(name));
        }
    }

    private static void label(JsonNode spec, String path, String field, Errors errors) {
        String name = Json.text(spec, field);
        if (!name.isEmpty()) {
            errors.invalid(Errors.at(path, field), name, Names.dns1123Label(name));
        }
    }

    private static void dnsConfig(JsonNode spec, String path, Errors errors) {
        JsonNode config = spec.path("dnsConfig");
        String at = Errors.at(path, "dnsConfig");
        JsonNode servers = config.path("nameservers");
        if (Json.text(spec, "dnsPolicy").equals("None")) {
            if (!config.isObject()) {
                errors.required(at, "must provide `dnsConfig` when `dnsPolicy` is None");
            } else if (servers.isEmpty()) {
                errors.required(Errors.at(at, "nameservers"), "must provide at least one DNS nameserver when `dnsPolicy` is None");
            }
        }
        if (servers.size() > MAX_NAMESERVERS) {
            errors.invalid(Errors.at(at, "nameservers"), servers, "must not have more than " + MAX_NAMESERVERS + " nameservers");
        }
        JsonNode searches = config.path("searches");
        int characters = Math.max(0, searches.size() - 1);
        for (int i = 0; i < searches.size(); i++) {
            String search = searches.path(i).asText();
            characters += search.length();
            if (!search.equals(".")) {
                String relative = search.endsWith(".") ? search.substring(0, search.length() - 1) : search;
                errors.invalid(Errors.at(Errors.at(at, "searches"), i), relative, Names.dns1123SubdomainWithUnderscore(relative));
            }
        }
        if (searches.size() > MAX_SEARCHES) {
            errors.invalid(Errors.at(at, "searches"), searches, "must not have more than " + MAX_SEARCHES + " search paths");
        }
        if (characters > MAX_SEARCH_CHARACTERS) {
            errors.invalid(Errors.at(at, "searches"), searches, "must not have more than " + MAX_SEARCH_CHARACTERS + " characters (including spaces) in the search list");
        }
        for (int i = 0; i < servers.size(); i++) {
            errors.invalid(Errors.at(Errors.at(at, "nameservers"), i), servers.path(i).asText(), Addresses.ip(servers.path(i).asText()));
        }
        JsonNode options = config.path("options");
        for (int i = 0; i < options.size(); i++) {
            if (Json.text(options.path(i), "name").isEmpty()) {
                errors.required(Errors.at(Errors.at(at, "options"), i), "must not be empty");
            }
        }
    }

    static void tolerations(JsonNode tolerations, String path, Errors errors) {
        for (int i = 0; i < tolerations.size(); i++) {
            JsonNode toleration = tolerations.path(i);
            String at = Errors.at(path, i);
            String key = Json.text(toleration, "key");
            String operator = Json.text(toleration, "operator");
            if (!key.isEmpty()) {
                errors.invalid(Errors.at(at, "key"), key, Names.qualifiedName(key));
            } else if (!operator.equals("Exists")) {
                errors.invalid(Errors.at(at, "operator"), operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\"");
            }
            if (toleration.hasNonNull("tolerationSeconds") && !Json.text(toleration, "effect").equals("NoExecute")) {
                errors.invalid(Errors.at(at, "effect"), Json.text(toleration, "effect"), "effect must be 'NoExecute' when `tolerationSeconds` is set");
            }
            String value = Json.text(toleration, "value");
            switch (operator) {
                case "", "Equal" -> {
                    List<String> problems = Names.labelValue(value);
                    if (!problems.isEmpty()) {
                        errors.invalid(Errors.at(at, "operator"), value, String.join(";", problems)); // upstream's path
                    }
                }
                case "Exists" -> {
                    if (!value.isEmpty()) {
                        errors.invalid(Errors.at(at, "operator"), value, "value must be empty when `operator` is 'Exists'");
                    }
                }
                default -> errors.notSupported(Errors.at(at, "operator"), operator, TOLERATION_OPERATORS);
            }
            errors.optionalOneOf(toleration, at, "effect", EFFECTS);
        }
    }

    private static void hostAliases(JsonNode aliases, String path, Errors errors) {
        for (int i = 0; i < aliases.size(); i++) {
            String at = Errors.at(path, i);
            errors.invalid(Errors.at(at, "ip"), Json.text(aliases.path(i), "ip"), Addresses.ip(Json.text(aliases.path(i), "ip")));
            JsonNode names = aliases.path(i).path("hostnames");
            for (int j = 0; j < names.size(); j++) {
                errors.invalid(Errors.at(Errors.at(at, "hostnames"), j), names.path(j).asText(), Names.dns1123Subdomain(names.path(j).asText()));
            }
        }
    }

    private static void gates(JsonNode spec, String path, Errors errors) {
        JsonNode gates = spec.path("schedulingGates");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < gates.size(); i++) {
            String at = Errors.at(Errors.at(path, "schedulingGates"), i);
            String name = Json.text(gates.path(i), "name");
            errors.invalid(at, name, Names.qualifiedName(name));
            if (!seen.add(name)) {
                errors.duplicate(at, gates.path(i).path("name"));
            }
        }
        JsonNode readiness = spec.path("readinessGates");
        for (int i = 0; i < readiness.size(); i++) {
            String type = Json.text(readiness.path(i), "conditionType");
            errors.invalid(Errors.at(Errors.at(Errors.at(path, "readinessGates"), i), "conditionType"), type, Names.qualifiedName(type));
        }
    }
}
