package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a write of the status subresource may say, for each type that upstream checks (Validate...StatusUpdate). */
final class StatusValidation {

    private static final Map<String, Validation.Check> CHECKS = new HashMap<>();
    private static final List<String> RESIZES = List.of("ControllerResizeInProgress", "ControllerResizeInfeasible", "NodeResizeInProgress", "NodeResizeInfeasible", "NodeResizePending");

    static {
        counted("deployments.apps", List.of("observedGeneration", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas"),
                List.of("updatedReplicas", "readyReplicas", "availableReplicas"), "readyReplicas");
        for (String type : List.of("replicasets.apps", "replicationcontrollers")) {
            counted(type, List.of("fullyLabeledReplicas", "readyReplicas", "availableReplicas", "observedGeneration"),
                    List.of("fullyLabeledReplicas", "readyReplicas", "availableReplicas"), "readyReplicas");
        }
        counted("statefulsets.apps", List.of("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas", "observedGeneration"),
                List.of("readyReplicas", "currentReplicas", "updatedReplicas", "availableReplicas"), "status.readyReplicas");
        counted("daemonsets.apps", List.of("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady", "observedGeneration", "updatedNumberScheduled",
                "numberAvailable", "numberUnavailable"), List.of(), "");
        CHECKS.put("horizontalpodautoscalers.autoscaling", (o, old, errors) -> errors.notNegative(o.path("status"), "status", "currentReplicas", "desiredReplicas"));
        CHECKS.put("poddisruptionbudgets.policy", (o, old, errors) -> {
            ConditionValidation.check(Json.at(o, "status", "conditions"), "status.conditions", errors);
            errors.notNegative(o.path("status"), "status", "disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods");
        });
        for (String type : List.of("validatingadmissionpolicies.admissionregistration.k8s.io", "servicecidrs.networking.k8s.io")) {
            CHECKS.put(type, (o, old, errors) -> ConditionValidation.check(Json.at(o, "status", "conditions"), "status.conditions", errors));
        }
        for (String type : List.of("flowschemas.flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io")) {
            CHECKS.put(type, (o, old, errors) -> ConditionValidation.types(Json.at(o, "status", "conditions"), "status.conditions", errors));
        }
        CHECKS.put("apiservices.apiregistration.k8s.io", (o, old, errors) -> ConditionValidation.statuses(Json.at(o, "status", "conditions"), "status.conditions", errors));
        CHECKS.put("jobs.batch", JobStatusValidation::check);
        CHECKS.put("namespaces", StatusValidation::namespace);
        CHECKS.put("resourcequotas", (o, old, errors) -> {
            QuotaValidation.amounts(Json.at(o, "status", "hard"), "status.hard", errors);
            QuotaValidation.amounts(Json.at(o, "status", "used"), "status.used", errors);
        });
        CHECKS.put("services", (o, old, errors) -> {
            JsonNode addresses = Json.at(o, "status", "loadBalancer", "ingress");
            if (!addresses.isEmpty() && !Json.text(o, "spec", "type").equals("LoadBalancer")) {
                errors.forbidden("status.loadBalancer.ingress", "may only be used when `spec.type` is 'LoadBalancer'");
            }
            loadBalancer(addresses, true, errors);
        });
        CHECKS.put("ingresses.networking.k8s.io", (o, old, errors) -> loadBalancer(Json.at(o, "status", "loadBalancer", "ingress"), false, errors));
        CHECKS.put("persistentvolumeclaims", StatusValidation::claim);
        CHECKS.put("nodes", NodeValidation::check);
        CHECKS.put("pods", PodStatusValidation::check);
        CHECKS.put("certificatesigningrequests.certificates.k8s.io", CertificateRequestValidation::status);
    }

    private StatusValidation() {}

    static void check(String type, ObjectNode object, ObjectNode old, Errors errors) {
        Validation.Check check = CHECKS.get(type);
        if (check != null) {
            check.check(object, old, errors);
        }
    }

    /**
     * A workload that counts its pods.
     *
     * @param parts what cannot be more than all replicas
     * @param ready how upstream names the field that availableReplicas cannot be more than
     */
    private static void counted(String type, List<String> numbers, List<String> parts, String ready) {
        CHECKS.put(type, (o, old, errors) -> {
            JsonNode status = o.path("status");
            errors.notNegative(status, "status", "replicas");
            errors.notNegative(status, "status", numbers.toArray(String[]::new));
            errors.notNegative(status, "status", "collisionCount");
            for (String part : parts) {
                long number = status.path(part).asLong();
                if (number > status.path("replicas").asLong()) {
                    errors.invalid(Errors.at("status", part), LongNode.valueOf(number), "cannot be greater than status.replicas");
                }
            }
            if (!parts.isEmpty() && status.path("availableReplicas").asLong() > status.path("readyReplicas").asLong()) {
                errors.invalid("status.availableReplicas", status.path("availableReplicas"), "cannot be greater than " + ready);
            }
            long collisions = status.path("collisionCount").asLong();
            if (collisions < Json.at(old, "status", "collisionCount").asLong()) {
                errors.invalid("status.collisionCount", LongNode.valueOf(collisions), "cannot be decremented");
            }
        });
    }

    private static void namespace(ObjectNode o, ObjectNode old, Errors errors) {
        String phase = Json.text(o, "status", "phase");
        boolean deleted = o.path("metadata").hasNonNull("deletionTimestamp");
        if (!phase.equals(deleted ? "Terminating" : "Active")) {
            errors.invalid("status.Phase", phase, deleted ? "may only be 'Terminating' if `deletionTimestamp` is not empty"
                    : "may only be 'Active' if `deletionTimestamp` is empty"); // upstream's path
        }
    }

    private static void claim(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode status = o.path("status");
        if (Json.at(o, "spec", "accessModes").isEmpty()) {
            errors.required("Spec.accessModes", ""); // upstream's path
        }
        for (var amount : status.path("capacity").properties()) {
            basic(amount.getValue(), Errors.key("status.capacity", amount.getKey()), errors);
        }
        for (var resize : status.path("allocatedResourceStatuses").properties()) {
            String path = "status.allocatedResourceStatus"; // upstream's
            storageKey(resize.getKey(), path, errors);
            if (!RESIZES.contains(resize.getValue().asText())) {
                errors.notSupported(path, resize.getKey(), RESIZES);
            }
        }
        for (var amount : status.path("allocatedResources").properties()) {
            if (storageKey(amount.getKey(), "status.allocatedResources", errors)) {
                basic(amount.getValue(), Errors.key("status.allocatedResources", amount.getKey()), errors);
            }
        }
    }

    private static void basic(JsonNode amount, String path, Errors errors) {
        Quantity quantity = Resources.quantity(amount, path, errors);
        if (quantity != null && quantity.sign() < 0) {
            errors.invalid(path, DecimalNode.valueOf(quantity.value()), "must be a valid resource quantity");
        }
    }

    /** Of Kubernetes' own resources a claim has storage alone. */
    private static boolean storageKey(String name, String path, Errors errors) {
        List<String> problems = Names.qualifiedName(name);
        errors.invalid(path, name, problems);
        boolean mine = name.indexOf('/') < 0 || name.contains("kubernetes.io/");
        if (problems.isEmpty() && mine && !name.equals("storage")) {
            errors.notSupported(path, name, List.of("storage"));
            return false;
        }
        return problems.isEmpty();
    }

    private static void loadBalancer(JsonNode addresses, boolean modes, Errors errors) {
        for (int i = 0; i < addresses.size(); i++) {
            JsonNode address = addresses.path(i);
            String at = Errors.at("status.loadBalancer.ingress", i);
            String ip = Json.text(address, "ip");
            String host = Json.text(address, "hostname");
            if (!ip.isEmpty()) {
                errors.invalid(Errors.at(at, "ip"), ip, Addresses.ip(ip));
            }
            if (modes && ip.isEmpty() && address.hasNonNull("ipMode")) {
                errors.forbidden(Errors.at(at, "ipMode"), "may not be specified when `ip` is not set");
            } else if (modes && !ip.isEmpty()) {
                errors.optionalOneOf(address, at, "ipMode", Set.of("VIP", "Proxy"));
            }
            if (!host.isEmpty()) {
                errors.invalid(Errors.at(at, "hostname"), host, Names.dns1123Subdomain(host));
                if (Addresses.isIp(host)) {
                    errors.invalid(Errors.at(at, "hostname"), host, "must be a DNS name, not an IP address");
                }
            }
        }
    }
}
