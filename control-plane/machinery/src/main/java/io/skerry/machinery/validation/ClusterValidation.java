package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Namespaces, quotas, limits, priorities and leases. */
final class ClusterValidation {

    private static final long MAX_PRIORITY = 1_000_000_000;
    private static final Map<String, Long> SYSTEM_PRIORITIES = Map.of("system-node-critical", 2_000_001_000L, "system-cluster-critical", 2_000_000_000L);

    private ClusterValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("nodes", NodeValidation::check);
        checks.put("namespaces", ClusterValidation::namespace);
        checks.put("resourcequotas", QuotaValidation::check);
        checks.put("limitranges", LimitRangeValidation::check);
        checks.put("priorityclasses.scheduling.k8s.io", ClusterValidation::priorityClass);
        checks.put("leases.coordination.k8s.io", ClusterValidation::lease);
        checks.put("runtimeclasses.node.k8s.io", (o, old, errors) -> {
            errors.invalid("handler", Json.text(o, "handler"), Names.dns1123Label(Json.text(o, "handler")));
            ObjectNode overhead = Json.object();
            overhead.set("limits", Json.at(o, "overhead", "podFixed").deepCopy());
            Resources.check(overhead, "overhead", errors);
            MetadataValidation.labels(Json.at(o, "scheduling", "nodeSelector"), "scheduling.nodeSelector", errors);
            runtimeTolerations(Json.at(o, "scheduling", "tolerations"), errors);
            if (old != null) {
                errors.immutable(o, old, "handler");
            }
        });
        checks.put("certificatesigningrequests.certificates.k8s.io", CertificateRequestValidation::check);
    }

    /** On create; afterwards only the subresource finalize changes them. */
    private static void namespace(ObjectNode o, ObjectNode old, Errors errors) {
        if (old == null) {
            for (JsonNode finalizer : Json.at(o, "spec", "finalizers")) {
                errors.invalid("spec.finalizers", finalizer.asText(), Names.qualifiedName(finalizer.asText()));
                MetadataValidation.finalizer(finalizer.asText(), "spec.finalizers", errors);
            }
        }
    }

    /** What the subresource finalize leaves of them. */
    static void finalizers(ObjectNode namespace, Errors errors) {
        JsonNode finalizers = Json.at(namespace, "spec", "finalizers");
        for (int i = 0; i < finalizers.size(); i++) {
            String at = Errors.at("spec.finalizers", i);
            errors.invalid(at, finalizers.path(i).asText(), Names.qualifiedName(finalizers.path(i).asText()));
            MetadataValidation.finalizer(finalizers.path(i).asText(), at, errors);
        }
    }

    private static void runtimeTolerations(JsonNode tolerations, Errors errors) {
        PodValidation.tolerations(tolerations, "scheduling.tolerations", errors);
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < tolerations.size(); i++) {
            StringBuilder key = new StringBuilder();
            for (String field : List.of("key", "operator", "value", "effect")) {
                key.append(Json.text(tolerations.path(i), field)).append('\n');
            }
            if (!seen.add(key.toString())) {
                errors.duplicate(Errors.at("scheduling.tolerations", i), tolerations.path(i));
            }
        }
    }

    private static void priorityClass(ObjectNode o, ObjectNode old, Errors errors) {
        String name = Json.text(o, "metadata", "name");
        long value = o.path("value").asLong();
        if (old == null && name.startsWith("system-")) {
            String problem = notSystem(name, value, o.path("globalDefault").asBoolean());
            if (!problem.isEmpty()) {
                errors.forbidden("metadata.name", "priority class names with 'system-' prefix are reserved for system use only. error: " + problem);
            }
        } else if (old == null && value > MAX_PRIORITY) {
            errors.forbidden("value", "maximum allowed value of a user defined priority is " + MAX_PRIORITY);
        }
        errors.optionalOneOf(o, "", "preemptionPolicy", Set.of("Never", "PreemptLowerPriority"));
        if (old != null) {
            if (o.path("value").asLong() != old.path("value").asLong()) {
                errors.forbidden("value", "may not be changed in an update.");
            }
            errors.immutable(o, old, "preemptionPolicy");
        }
    }

    /** Why a class is none of those that every cluster has, or "". */
    private static String notSystem(String name, long value, boolean globalDefault) {
        Long known = SYSTEM_PRIORITIES.get(name);
        if (known == null) {
            return name + " is not a known system priority class";
        }
        if (value != known) {
            return "value of " + name + " PriorityClass must be " + known;
        }
        return globalDefault ? "globalDefault of " + name + " PriorityClass must be false" : "";
    }

    private static void lease(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        JsonNode duration = spec.path("leaseDurationSeconds");
        if (duration.isNumber() && duration.asLong() <= 0) {
            errors.invalid("spec.leaseDurationSeconds", duration, "must be greater than 0");
        }
        errors.notNegative(spec, "spec", "leaseTransitions");
        String strategy = Json.text(spec, "strategy");
        if (strategy.indexOf('/') >= 0) {
            errors.invalid("spec.strategy", strategy, Names.qualifiedName(strategy));
        } else if (spec.hasNonNull("strategy") && !strategy.equals("OldestEmulationVersion")) {
            errors.notSupported("spec.strategy", strategy, List.of("OldestEmulationVersion"));
        }
        if (!Json.text(spec, "preferredHolder").isEmpty() && strategy.isEmpty()) {
            errors.forbidden("spec.preferredHolder", "may only be specified if `strategy` is defined");
        }
    }
}
