package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a node may report about a pod (core validation's ValidatePodStatusUpdate). */
final class PodStatusValidation {

    /** Whose types are no label keys. */
    private static final Set<String> CONDITIONS = Set.of("PodScheduled", "Ready", "ContainersReady", "Initialized");
    private static final List<String> HEALTH = List.of("Healthy", "Unhealthy", "Unknown");
    private static final long MAX_ID = Integer.MAX_VALUE;

    private PodStatusValidation() {}

    static void check(ObjectNode pod, ObjectNode old, Errors errors) {
        JsonNode spec = pod.path("spec");
        JsonNode status = pod.path("status");
        for (int i = 0; i < status.path("conditions").size(); i++) {
            String type = Json.text(status.path("conditions").path(i), "type");
            if (!CONDITIONS.contains(type)) {
                errors.invalid(Errors.at(Errors.at("metadata.conditions", i), "Type"), type, Names.qualifiedName(type)); // upstream's path
            }
        }
        String nominated = Json.text(status, "nominatedNodeName");
        if (!nominated.isEmpty() && !nominated.equals(Json.text(old, "status", "nominatedNodeName"))) {
            errors.invalid("status.nominatedNodeName", nominated, Names.dns1123Subdomain(nominated));
        }
        errors.immutable(pod, old, "status", "qosClass");
        String policy = Json.text(old, "spec", "restartPolicy");
        Set<String> sidecars = new HashSet<>();
        for (JsonNode container : Json.at(old, "spec", "initContainers")) {
            if (Json.text(container, "restartPolicy").equals("Always")) {
                sidecars.add(Json.text(container, "name"));
            }
        }
        stayTerminated(status, old.path("status"), "containerStatuses", policy, Set.of(), errors);
        stayTerminated(status, old.path("status"), "initContainerStatuses", policy, sidecars, errors);
        stayTerminated(status, old.path("status"), "ephemeralContainerStatuses", "Never", Set.of(), errors);
        claims(status.path("resourceClaimStatuses"), spec.path("resourceClaims"), errors);
        addresses(status, "podIPs", errors);
        addresses(status, "hostIPs", errors);
        containers(status, "containerStatuses", spec, spec.path("containers"), errors);
        containers(status, "initContainerStatuses", spec, spec.path("initContainers"), errors);
        containers(status, "ephemeralContainerStatuses", spec, MissingNode.getInstance(), errors);
        errors.notNegative(status, "status", "observedGeneration");
    }

    private static void containers(JsonNode status, String list, JsonNode spec, JsonNode containers, Errors errors) {
        for (int i = 0; i < status.path(list).size(); i++) {
            JsonNode container = status.path(list).path(i);
            String at = Errors.at(Errors.at("status", list), i);
            user(Json.at(container, "user", "linux"), Errors.at(at, "linux"), Json.text(spec, "os", "name"), errors);
            String resources = Errors.at(at, "allocatedResourcesStatus");
            if (!list.startsWith("ephemeral")) {
                devices(container, resources, containers, errors);
            } else if (!container.path("allocatedResourcesStatus").isEmpty()) {
                errors.forbidden(resources, "must not be specified in container status");
            }
        }
    }

    /** A container that ended does not run again, unless the pod's policy or its own says so. */
    private static void stayTerminated(JsonNode status, JsonNode old, String list, String policy, Set<String> sidecars, Errors errors) {
        if (policy.equals("Always")) {
            return;
        }
        for (int i = 0; i < old.path(list).size(); i++) {
            JsonNode before = old.path(list).path(i);
            JsonNode ended = Json.at(before, "state", "terminated");
            String name = Json.text(before, "name");
            if (!ended.isObject() || ended.path("exitCode").asInt() != 0 && policy.equals("OnFailure") || sidecars.contains(name)) {
                continue;
            }
            for (JsonNode now : status.path(list)) {
                if (Json.text(now, "name").equals(name) && !Json.at(now, "state", "terminated").isObject()) {
                    errors.forbidden(Errors.at(Errors.at(Errors.at("status", list), i), "state"), "may not be transitioned to non-terminated state");
                }
            }
        }
    }

    private static void claims(JsonNode statuses, JsonNode claims, Errors errors) {
        Set<String> known = new HashSet<>();
        claims.forEach(claim -> known.add(Json.text(claim, "name")));
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < statuses.size(); i++) {
            String at = Errors.at(Errors.at("status.resourceClaimStatuses", i), "name");
            String name = Json.text(statuses.path(i), "name");
            if (!known.contains(name)) {
                errors.invalid(at, TextNode.valueOf(name), "must match the name of an entry in `spec.resourceClaims`");
            }
            if (!seen.add(name)) {
                errors.duplicate(at, statuses.path(i).path("name"));
            }
            String claim = Json.text(statuses.path(i), "resourceClaimName");
            if (statuses.path(i).hasNonNull("resourceClaimName")) {
                errors.invalid(at, claim, Names.dns1123Subdomain(claim));
            }
        }
    }

    private static void addresses(JsonNode status, String field, Errors errors) {
        Set<Boolean> families = new HashSet<>();
        Set<JsonNode> seen = new HashSet<>();
        JsonNode addresses = status.path(field);
        String first = Json.text(addresses.path(0), "ip");
        if (field.equals("hostIPs") && !addresses.isEmpty() && !first.equals(Json.text(status, "hostIP"))) {
            errors.invalid("status.hostIPs[0].ip", TextNode.valueOf(first), "must be equal to `hostIP`");
        }
        for (int i = 0; i < addresses.size(); i++) {
            String ip = Json.text(addresses.path(i), "ip");
            errors.invalid(Errors.at(Errors.at("status", field), i), ip, Addresses.ip(ip));
            families.add(Addresses.isIpv4(ip));
        }
        if (addresses.size() > 2 || addresses.size() == 2 && families.size() < 2) {
            errors.invalid(Errors.at("status", field), addresses, "may specify no more than one IP for each IP family");
        }
        for (int i = 0; i < addresses.size(); i++) {
            if (!seen.add(addresses.path(i))) {
                errors.duplicate(Errors.at(Errors.at("status", field), i), addresses.path(i));
            }
        }
    }

    private static void user(JsonNode user, String path, String os, Errors errors) {
        if (!user.isObject()) {
            return;
        }
        if (os.equals("windows")) {
            errors.forbidden(path, "cannot be set for a windows pod");
            return;
        }
        for (String field : List.of("uid", "gid")) {
            id(user.path(field), Errors.at(path, field), errors);
        }
        for (int i = 0; i < user.path("supplementalGroups").size(); i++) {
            id(user.path("supplementalGroups").path(i), Errors.at(Errors.at(path, "supplementalGroups"), i), errors);
        }
    }

    private static void id(JsonNode id, String path, Errors errors) {
        if (id.isNumber() && (id.asLong() < 0 || id.asLong() > MAX_ID)) {
            errors.invalid(path, id, "must be between 0 and " + MAX_ID + ", inclusive");
        }
    }

    /** What a container got of devices. A status whose container is not in the spec is let through, as upstream's node may report one. */
    private static void devices(JsonNode status, String path, JsonNode containers, Errors errors) {
        JsonNode resources = status.path("allocatedResourcesStatus");
        JsonNode container = MissingNode.getInstance();
        for (JsonNode each : containers) {
            if (Json.text(each, "name").equals(Json.text(status, "name"))) {
                container = each;
            }
        }
        for (int i = 0; i < resources.size(); i++) {
            String at = Errors.at(path, i);
            String name = Json.text(resources.path(i), "name");
            boolean claim = name.startsWith("claim:");
            if (container.isObject() && !(claim ? claims(container).contains(name) : Json.at(container, "resources", "requests").has(name))) {
                errors.invalid(Errors.at(at, "name"), TextNode.valueOf(name), claim
                        ? "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
                        : "must match one of the container's resource requests");
            }
            Set<String> ids = new HashSet<>();
            JsonNode units = resources.path(i).path("resources");
            for (int j = 0; j < units.size(); j++) {
                String in = Errors.at(Errors.at(at, "resources"), j);
                String health = Json.text(units.path(j), "health");
                if (!HEALTH.contains(health)) {
                    errors.notSupported(Errors.at(in, "health"), health, HEALTH);
                }
                if (!ids.add(Json.text(units.path(j), "resourceID"))) {
                    errors.duplicate(Errors.at(in, "resourceID"), units.path(j).path("resourceID"));
                }
            }
        }
    }

    private static Set<String> claims(JsonNode container) {
        Set<String> claims = new HashSet<>();
        for (JsonNode claim : Json.at(container, "resources", "claims")) {
            String request = Json.text(claim, "request");
            claims.add("claim:" + Json.text(claim, "name") + (request.isEmpty() ? "" : "/" + request));
        }
        return claims;
    }
}
