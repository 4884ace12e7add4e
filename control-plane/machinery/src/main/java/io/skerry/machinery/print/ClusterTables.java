package io.skerry.machinery.print;

import static io.skerry.machinery.print.Table.age;
import static io.skerry.machinery.print.Table.integer;
import static io.skerry.machinery.print.Table.name;
import static io.skerry.machinery.print.Table.or;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeSet;

/** The cluster itself: nodes, namespaces, events, configuration, leases, certificates, API extensions. */
final class ClusterTables {

    private ClusterTables() {}

    static void declare(Map<String, Table> tables) {
        tables.put("nodes", Table.of("Name|Status|Roles|Age|Version|*Internal-IP|*External-IP|*OS-Image|*Kernel-Version|*Container-Runtime", ClusterTables::node));
        tables.put("namespaces", Table.of("Name|Status|Age", (o, now) -> new Object[] {name(o), Json.text(o, "status", "phase"), age(o, now)}));
        tables.put("configmaps", Table.of("Name|Data|Age", (o, now) -> new Object[] {
            name(o), (long) o.path("data").size() + o.path("binaryData").size(), age(o, now)}));
        tables.put("secrets", Table.of("Name|Type|Data|Age", (o, now) -> new Object[] {name(o), Json.text(o, "type"), (long) o.path("data").size(), age(o, now)}));
        tables.put("serviceaccounts", Table.of("Name|Secrets|Age", (o, now) -> new Object[] {name(o), (long) o.path("secrets").size(), age(o, now)}));
        Table events = Table.of("Last Seen|Type|Reason|Object|*Subobject|*Source|Message|*First Seen|*Count:integer|*Name", ClusterTables::event);
        tables.put("events", events);
        tables.put("events.events.k8s.io", events);
        tables.put("leases.coordination.k8s.io", Table.of("Name|Holder|Age", (o, now) -> new Object[] {name(o), Json.text(o, "spec", "holderIdentity"), age(o, now)}));
        tables.put("certificatesigningrequests.certificates.k8s.io", Table.of("Name|Age|SignerName|Requestor|RequestedDuration|Condition", (o, now) -> new Object[] {
            name(o), age(o, now), or(Json.text(o, "spec", "signerName"), "<none>"), Json.text(o, "spec", "username"),
            Json.at(o, "spec").hasNonNull("expirationSeconds") ? HumanDuration.of(Duration.ofSeconds(integer(o, "spec", "expirationSeconds"))) : "<none>", certificate(o)}));
        tables.put("componentstatuses", Table.of("Name|Status|Message|Error", (o, now) -> componentStatus(o)));
        tables.put("runtimeclasses.node.k8s.io", Table.of("Name|Handler|Age", (o, now) -> new Object[] {name(o), Json.text(o, "handler"), age(o, now)}));
        tables.put("apiservices.apiregistration.k8s.io", Table.of("Name|Service|Available|Age", ClusterTables::apiService));
        Table.Row webhooks = (o, now) -> new Object[] {name(o), (long) o.path("webhooks").size(), age(o, now)};
        tables.put("mutatingwebhookconfigurations.admissionregistration.k8s.io", Table.of("Name|Webhooks:integer|Age", webhooks));
        tables.put("validatingwebhookconfigurations.admissionregistration.k8s.io", Table.of("Name|Webhooks:integer|Age", webhooks));
        tables.put("validatingadmissionpolicies.admissionregistration.k8s.io", Table.of("Name|Validations:integer|ParamKind|Age", (o, now) -> new Object[] {name(o),
            (long) Json.at(o, "spec", "validations").size(),
            Json.at(o, "spec", "paramKind").isObject() ? Json.text(o, "spec", "paramKind", "apiVersion") + "/" + Json.text(o, "spec", "paramKind", "kind") : "<unset>", age(o, now)}));
        tables.put("validatingadmissionpolicybindings.admissionregistration.k8s.io", Table.of("Name|PolicyName|ParamRef|Age", (o, now) -> new Object[] {name(o),
            Json.text(o, "spec", "policyName"), paramRef(Json.at(o, "spec", "paramRef")), age(o, now)}));
        declareResourceClaims(tables);
    }

    private static void declareResourceClaims(Map<String, Table> tables) {
        Table.Row aged = (o, now) -> new Object[] {name(o), age(o, now)};
        tables.put("deviceclasses.resource.k8s.io", Table.of("Name|Age", aged));
        tables.put("resourceclaimtemplates.resource.k8s.io", Table.of("Name|Age", aged));
        tables.put("resourceclaims.resource.k8s.io", Table.of("Name|State|Age", (o, now) -> {
            String allocated = Json.at(o, "status", "allocation").isObject() ? "allocated" : "pending";
            String reserved = Json.at(o, "status", "reservedFor").isEmpty() ? "" : ",reserved";
            return new Object[] {name(o), (Table.deleting(o) ? "deleted," : "") + allocated + reserved, age(o, now)};
        }));
        tables.put("resourceslices.resource.k8s.io", Table.of("Name|Node|Driver|Pool|Age", (o, now) -> new Object[] {name(o),
            or(Json.text(o, "spec", "nodeName"), "<unset>"), Json.text(o, "spec", "driver"), Json.text(o, "spec", "pool", "name"), age(o, now)}));
    }

    private static Object[] node(JsonNode o, Instant now) {
        String status = "Unknown";
        for (JsonNode condition : Json.at(o, "status", "conditions")) {
            if (Json.text(condition, "type").equals("Ready")) {
                status = Json.text(condition, "status").equals("True") ? "Ready" : "NotReady";
            }
        }
        if (Json.at(o, "spec", "unschedulable").asBoolean()) {
            status += ",SchedulingDisabled";
        }
        JsonNode info = Json.at(o, "status", "nodeInfo");
        return new Object[] {name(o), status, roles(o), age(o, now), Json.text(info, "kubeletVersion"), address(o, "InternalIP"), address(o, "ExternalIP"),
            or(Json.text(info, "osImage"), "<unknown>"), or(Json.text(info, "kernelVersion"), "<unknown>"), or(Json.text(info, "containerRuntimeVersion"), "<unknown>")};
    }

    private static String roles(JsonNode node) {
        TreeSet<String> roles = new TreeSet<>();
        for (var label : Json.at(node, "metadata", "labels").properties()) {
            if (label.getKey().startsWith("node-role.kubernetes.io/")) {
                roles.add(label.getKey().substring("node-role.kubernetes.io/".length()));
            } else if (label.getKey().equals("kubernetes.io/role")) {
                roles.add(label.getValue().asText());
            }
        }
        roles.remove("");
        return roles.isEmpty() ? "<none>" : String.join(",", roles);
    }

    private static String address(JsonNode node, String type) {
        for (JsonNode address : Json.at(node, "status", "addresses")) {
            if (Json.text(address, "type").equals(type)) {
                return Json.text(address, "address");
            }
        }
        return "<none>";
    }

    /** Core events and events.k8s.io's, whose fields have other names. */
    private static Object[] event(JsonNode o, Instant now) {
        JsonNode object = o.has("regarding") ? o.get("regarding") : o.path("involvedObject");
        String first = or(Json.text(o, "firstTimestamp"), or(Json.text(o, "deprecatedFirstTimestamp"), Json.text(o, "eventTime")));
        String last = or(Json.text(o, "lastTimestamp"), or(Json.text(o, "deprecatedLastTimestamp"), first));
        long count = Math.max(1, integer(o, "count") + integer(o, "deprecatedCount"));
        if (o.path("series").isObject()) {
            last = Json.text(o, "series", "lastObservedTime");
            count = integer(o, "series", "count");
        }
        String kind = Json.text(object, "kind").toLowerCase();
        String target = Json.text(object, "name");
        JsonNode source = o.has("deprecatedSource") ? o.get("deprecatedSource") : o.path("source");
        String component = or(Json.text(source, "component"), or(Json.text(o, "reportingComponent"), Json.text(o, "reportingController")));
        String host = or(Json.text(source, "host"), Json.text(o, "reportingInstance"));
        return new Object[] {HumanDuration.since(last, now), Json.text(o, "type"), Json.text(o, "reason"), target.isEmpty() ? kind : kind + "/" + target,
            Json.text(object, "fieldPath"), host.isEmpty() ? component : component + ", " + host, or(Json.text(o, "message"), Json.text(o, "note")).strip(),
            HumanDuration.since(first, now), count, name(o)};
    }

    private static String certificate(JsonNode request) {
        String condition = "";
        boolean failed = false;
        for (JsonNode each : Json.at(request, "status", "conditions")) {
            String type = Json.text(each, "type");
            if (type.equals("Denied") || type.equals("Approved") && condition.isEmpty()) {
                condition = type;
            }
            failed |= type.equals("Failed");
        }
        boolean issued = !Json.text(request, "status", "certificate").isEmpty();
        return (condition.isEmpty() ? "Pending" : condition) + (failed ? ",Failed" : "") + (issued ? ",Issued" : "");
    }

    private static Object[] componentStatus(JsonNode o) {
        String status = "Unknown";
        String message = "";
        String error = "";
        for (JsonNode condition : o.path("conditions")) {
            if (Json.text(condition, "type").equals("Healthy")) {
                status = Json.text(condition, "status").equals("True") ? "Healthy" : "Unhealthy";
                message = Json.text(condition, "message");
                error = Json.text(condition, "error");
            }
        }
        return new Object[] {name(o), status, message, error};
    }

    private static Object[] apiService(JsonNode o, Instant now) {
        String available = "Unknown";
        for (JsonNode condition : Json.at(o, "status", "conditions")) {
            if (Json.text(condition, "type").equals("Available")) {
                String status = Json.text(condition, "status");
                available = status.equals("True") ? status : status + " (" + Json.text(condition, "reason") + ")";
            }
        }
        JsonNode service = Json.at(o, "spec", "service");
        return new Object[] {name(o), service.isObject() ? Json.text(service, "namespace") + "/" + Json.text(service, "name") : "Local", available, age(o, now)};
    }

    private static String paramRef(JsonNode ref) {
        if (!ref.isObject()) {
            return "<unset>";
        }
        String namespace = Json.text(ref, "namespace");
        String name = Json.text(ref, "name");
        return (namespace.isEmpty() ? "" : namespace + "/") + (name.isEmpty() ? Formats.labelSelector(ref.path("selector")) : name);
    }
}
