package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.Map;

/** apiregistration.k8s.io: which server serves a group's version. */
final class AggregationValidation {

    private static final int MAX_GROUP_PRIORITY = 20000;
    private static final int MAX_VERSION_PRIORITY = 1000;

    private AggregationValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("apiservices.apiregistration.k8s.io", AggregationValidation::check);
    }

    private static void check(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        String group = Json.text(spec, "group");
        String version = Json.text(spec, "version");
        String name = Json.text(o, "metadata", "name");
        if (!name.equals(version + "." + group)) {
            errors.invalid("metadata.name", name, "must be `spec.version+\".\"+spec.group`: \"" + version + "." + group + "\"");
        }
        if (version.isEmpty()) {
            errors.required("spec.version", "");
        } else {
            errors.invalid("spec.version", version, Names.dns1035Label(version));
        }
        if (!group.isEmpty()) {
            errors.invalid("spec.group", group, Names.dns1123Subdomain(group));
        }
        JsonNode service = spec.path("service");
        priority(spec, "groupPriorityMinimum", MAX_GROUP_PRIORITY, errors);
        priority(spec, "versionPriority", MAX_VERSION_PRIORITY, errors);
        if (!service.isObject()) {
            if (!Json.text(spec, "caBundle").isEmpty()) {
                errors.invalid("spec.caBundle", spec.path("caBundle"), "local APIServices may not have a caBundle");
            }
            if (spec.path("insecureSkipTLSVerify").asBoolean()) {
                errors.invalid("spec.insecureSkipTLSVerify", spec.path("insecureSkipTLSVerify"), "local APIServices may not have insecureSkipTLSVerify");
            }
            return;
        }
        errors.requiredText(service, "spec.service", "namespace");
        errors.requiredText(service, "spec.service", "name");
        Names.portNumber(service.path("port").asLong(443)).forEach(e -> errors.invalid("spec.service.port", service.path("port"), "port is not valid: " + e));
        if (spec.path("insecureSkipTLSVerify").asBoolean() && !Json.text(spec, "caBundle").isEmpty()) {
            errors.invalid("spec.insecureSkipTLSVerify", spec.path("insecureSkipTLSVerify"), "may not be true if caBundle is present");
        }
    }

    private static void priority(JsonNode spec, String field, int max, Errors errors) {
        long value = spec.path(field).asLong();
        if (value <= 0 || value > max) {
            errors.invalid(Errors.at("spec", field), spec.path(field), "must be positive and less than " + max);
        }
    }
}
