package io.skerry.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.authz.Authorizer;
import io.skerry.apiserver.authz.Nodes;
import io.skerry.apiserver.authz.PodReferences;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * A node writes its own Node, Lease and CSINode, the status of its pods, and nothing that would draw other pods or rights to it
 * (k8s.io/kubernetes, plugin/pkg/admission/noderestriction).
 */
public final class NodeRestriction implements Admission {
    private static final String MIRROR_POD = "kubernetes.io/config.mirror";
    private static final String LEASES = "kube-node-lease";
    private static final String RESTRICTED = "node-restriction.kubernetes.io";
    /** The labels in Kubernetes' own domains that a node may set on itself (k8s.io/kubelet, pkg/apis/well_known_labels.go). */
    private static final Set<String> OWN_LABELS = Set.of("kubernetes.io/hostname", "topology.kubernetes.io/zone", "topology.kubernetes.io/region",
            "failure-domain.beta.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/region", "node.kubernetes.io/instance-type",
            "beta.kubernetes.io/instance-type", "kubernetes.io/os", "beta.kubernetes.io/os", "kubernetes.io/arch", "beta.kubernetes.io/arch");
    private static final List<String> OWN_DOMAINS = List.of("kubelet.kubernetes.io", "node.kubernetes.io");
    /** What a node may change of a claim's status. */
    private static final List<String> CLAIM_STATUS = List.of("capacity", "conditions", "allocatedResources", "allocatedResourceStatuses");

    private final Store store;
    private final TokenAudiences audiences;

    public NodeRestriction(Store store, Authorizer authorizer) {
        this.store = store;
        this.audiences = new TokenAudiences(store, authorizer);
    }

    @Override
    public void admit(Call call, Operation operation, ObjectNode object, ObjectNode old) {
        String node = Nodes.name(call.user());
        if (node == null) {
            return;
        }
        switch (call.type().group() + "/" + call.type().plural()) {
            case "/pods" -> pod(call, operation, node, object, old);
            case "/nodes" -> node(call, operation, node, object, old);
            case "/persistentvolumeclaims" -> claim(call, operation, node, object, old);
            case "coordination.k8s.io/leases" -> lease(call, node, object);
            case "storage.k8s.io/csinodes" -> own(call, node, object, "can only access CSINode with the same name as the requesting node");
            case "resource.k8s.io/resourceslices" -> {
                if (operation == Operation.CREATE && !Json.text(object, "spec", "nodeName").equals(node)) {
                    throw forbidden(call, object, "can only create ResourceSlice with the same NodeName as the requesting node");
                }
            }
            default -> { }
        }
    }

    @Override
    public void admitUnstored(Call call, Operation operation, ObjectNode object) {
        String node = Nodes.name(call.user());
        if (node == null) {
            return;
        }
        if (call.type().is("", "pods") && call.info().subresource().equals("eviction")) {
            ObjectNode pod = existing(call.info().namespace(), call.info().name());
            if (!Json.text(pod, "spec", "nodeName").equals(node)) {
                throw ApiException.forbidden("", "pods", call.info().name(), "node " + node + " can only evict pods with spec.nodeName set to itself");
            }
        } else if (call.type().is("", "pods")) {
            throw ApiException.forbidden("", "pods", call.info().name(), unexpectedSubresource(call));
        } else if (call.type().is("", "serviceaccounts")) {
            token(call, node, object.path("spec"));
        }
    }

    private static ApiException forbidden(Call call, ObjectNode object, String why) {
        return ApiException.forbidden(call.type().group(), call.type().plural(), Json.text(object, "metadata", "name"), why);
    }

    private static String quoted(String node) {
        return "node \"" + node + "\"";
    }

    private static String unexpectedSubresource(Call call) {
        return "unexpected pod subresource \"" + call.info().subresource() + "\", only 'status' and 'eviction' are allowed";
    }

    private ObjectNode existing(String namespace, String name) {
        ObjectNode pod = store.tree("", "pods", namespace + "/" + name);
        if (pod == null) {
            throw ApiException.notFound("", "pods", name);
        }
        return pod;
    }

    private void pod(Call call, Operation operation, String node, ObjectNode pod, ObjectNode old) {
        String subresource = call.info().subresource();
        if (operation == Operation.DELETE && (subresource.isEmpty() || subresource.equals("eviction"))) {
            if (!Json.text(old, "spec", "nodeName").equals(node)) {
                throw forbidden(call, old, quoted(node) + " can only delete pods with spec.nodeName set to itself");
            }
        } else if (subresource.equals("status") && operation == Operation.UPDATE) {
            status(call, node, pod, old);
        } else if (!subresource.isEmpty()) {
            throw forbidden(call, pod, unexpectedSubresource(call));
        } else if (operation == Operation.CREATE) {
            String problem = mirrorProblem(node, pod);
            if (problem != null) {
                throw forbidden(call, pod, problem);
            }
        } else {
            throw forbidden(call, pod, "unexpected operation \"" + operation + "\", " + quoted(node) + " can only create and delete mirror pods");
        }
    }

    /** Why a node may not create this pod; null when it is a mirror pod that gives the node nothing. */
    private String mirrorProblem(String node, ObjectNode pod) {
        if (!Json.at(pod, "metadata", "annotations").has(MIRROR_POD)) {
            return "pod does not have \"" + MIRROR_POD + "\" annotation, " + quoted(node) + " can only create mirror pods";
        }
        if (!Json.text(pod, "spec", "nodeName").equals(node)) {
            return quoted(node) + " can only create pods with spec.nodeName set to itself";
        }
        JsonNode owners = Json.at(pod, "metadata", "ownerReferences");
        if (owners.size() > 1) {
            return quoted(node) + " can only create pods with a single owner reference set to itself";
        }
        JsonNode owner = owners.path(0);
        if (!Json.text(owner, "apiVersion").equals("v1") || !Json.text(owner, "kind").equals("Node") || !Json.text(owner, "name").equals(node)) {
            return quoted(node) + " can only create pods with an owner reference set to itself";
        }
        if (!owner.path("controller").asBoolean()) {
            return quoted(node) + " can only create pods with a controller owner reference set to itself";
        }
        if (owner.path("blockOwnerDeletion").asBoolean()) {
            return quoted(node) + " must not set blockOwnerDeletion on an owner reference";
        }
        ObjectNode present = store.tree("", "nodes", node);
        if (present == null) {
            throw ApiException.notFound("", "nodes", node);
        }
        if (!Json.text(owner, "uid").equals(Json.text(present, "metadata", "uid"))) {
            return "node " + node + " UID mismatch: expected " + Json.text(owner, "uid") + " got " + Json.text(present, "metadata", "uid");
        }
        PodReferences references = PodReferences.of(pod);
        boolean bundles = false;
        for (JsonNode volume : Json.at(pod, "spec", "volumes")) {
            for (JsonNode source : Json.at(volume, "projected", "sources")) {
                bundles |= source.hasNonNull("clusterTrustBundle");
            }
        }
        String named = !references.account().isEmpty() ? "a service account" : !references.secrets().isEmpty() ? "secrets"
                : !references.configMaps().isEmpty() ? "configmaps" : bundles ? "clustertrustbundles"
                : !references.claims().isEmpty() ? "persistentvolumeclaims" : null;
        return named == null ? null : quoted(node) + " can not create pods that reference " + named;
    }

    private static void status(Call call, String node, ObjectNode pod, ObjectNode old) {
        if (!Json.text(old, "spec", "nodeName").equals(node)) {
            throw forbidden(call, old, quoted(node) + " can only update pod status for pods with spec.nodeName set to itself");
        }
        if (!changedKeys(Json.at(pod, "metadata", "labels"), Json.at(old, "metadata", "labels")).isEmpty()) {
            throw forbidden(call, old, quoted(node) + " cannot update labels through pod status");
        }
        if (!without(Json.at(pod, "status", "resourceClaimStatuses")).equals(without(Json.at(old, "status", "resourceClaimStatuses")))) {
            throw forbidden(call, old, quoted(node) + " cannot update resource claim statues");
        }
    }

    /** Absent and empty are the same. */
    private static JsonNode without(JsonNode list) {
        return list.isEmpty() ? Json.array() : list;
    }

    private static void node(Call call, Operation operation, String node, ObjectNode object, ObjectNode old) {
        String name = Json.text(object, "metadata", "name");
        if (!name.equals(node)) {
            throw forbidden(call, object, quoted(node) + " is not allowed to modify node \"" + name + "\"");
        }
        if (operation == Operation.DELETE) {
            return;
        }
        JsonNode source = Json.at(object, "spec", "configSource");
        if (source.isObject() && (operation == Operation.CREATE || !source.equals(Json.at(old, "spec", "configSource")))) {
            throw forbidden(call, object, operation == Operation.CREATE ? quoted(node) + " is not allowed to create pods with a non-nil configSource"
                    : quoted(node) + " is not allowed to update configSource to a new non-nil configSource");
        }
        if (operation == Operation.UPDATE && !without(Json.at(object, "spec", "taints")).equals(without(Json.at(old, "spec", "taints")))) {
            throw forbidden(call, object, quoted(node) + " is not allowed to modify taints");
        }
        // an owner that is not there would have the Node collected, for the node to make anew without its taints
        if (operation == Operation.UPDATE && !without(Json.at(object, "metadata", "ownerReferences")).equals(without(Json.at(old, "metadata", "ownerReferences")))) {
            throw forbidden(call, object, quoted(node) + " is not allowed to modify ownerReferences");
        }
        List<String> labels = new ArrayList<>(changedKeys(Json.at(object, "metadata", "labels"), old == null ? Json.object() : Json.at(old, "metadata", "labels")));
        labels.removeIf(label -> !isForbidden(label));
        if (!labels.isEmpty()) {
            throw forbidden(call, object, operation == Operation.CREATE ? quoted(node) + " is not allowed to set the following labels: " + String.join(", ", labels)
                    : "is not allowed to modify labels: " + String.join(", ", labels));
        }
    }

    private static Set<String> changedKeys(JsonNode one, JsonNode other) {
        Set<String> changed = new TreeSet<>();
        for (JsonNode[] pair : new JsonNode[][] {{one, other}, {other, one}}) {
            pair[0].properties().forEach(label -> {
                if (!label.getValue().equals(pair[1].path(label.getKey()))) {
                    changed.add(label.getKey());
                }
            });
        }
        return changed;
    }

    private static boolean isForbidden(String label) {
        int slash = label.indexOf('/');
        String domain = slash < 0 ? "" : label.substring(0, slash);
        if (within(domain, RESTRICTED)) {
            return true;
        }
        return (within(domain, "kubernetes.io") || within(domain, "k8s.io")) && !OWN_LABELS.contains(label) && OWN_DOMAINS.stream().noneMatch(own -> within(domain, own));
    }

    private static boolean within(String domain, String parent) {
        return domain.equals(parent) || domain.endsWith("." + parent);
    }

    private static void claim(Call call, Operation operation, String node, ObjectNode claim, ObjectNode old) {
        if (operation != Operation.UPDATE || !call.info().subresource().equals("status")) {
            throw forbidden(call, claim, "may only update PVC status");
        }
        if (!comparable(claim).equals(comparable(old))) {
            throw forbidden(call, claim, quoted(node) + " is not allowed to update fields other than status.capacity and status.conditions");
        }
    }

    private static ObjectNode comparable(ObjectNode claim) {
        ObjectNode copy = claim.deepCopy();
        ((ObjectNode) copy.get("metadata")).remove(List.of("resourceVersion", "managedFields"));
        Json.ensureObject(copy, "status").remove(CLAIM_STATUS);
        return copy;
    }

    private static void lease(Call call, String node, ObjectNode lease) {
        if (!call.info().namespace().equals(LEASES)) {
            throw forbidden(call, lease, "can only access leases in the \"" + LEASES + "\" system namespace");
        }
        own(call, node, lease, "can only access node lease with the same name as the requesting node");
    }

    private static void own(Call call, String node, ObjectNode object, String why) {
        if (!Json.text(object, "metadata", "name").equals(node)) {
            throw forbidden(call, object, why);
        }
    }

    /** A token for one of the node's pods, bound to it and for whom the pod needs it: the node must not keep what outlives the pod, or speaks to others. */
    private void token(Call call, String node, JsonNode request) {
        JsonNode bound = request.path("boundObjectRef");
        if (!Json.text(bound, "apiVersion").equals("v1") || !Json.text(bound, "kind").equals("Pod") || Json.text(bound, "name").isEmpty()) {
            throw refusedToken(call, "node requested token not bound to a pod");
        }
        if (Json.text(bound, "uid").isEmpty()) {
            throw refusedToken(call, "node requested token with a pod binding without a uid");
        }
        ObjectNode pod = existing(call.info().namespace(), Json.text(bound, "name"));
        if (!Json.text(bound, "uid").equals(Json.text(pod, "metadata", "uid"))) {
            throw refusedToken(call, "the UID in the bound object reference (" + Json.text(bound, "uid")
                    + ") does not match the UID in record. The object might have been deleted and then recreated");
        }
        if (!Json.text(pod, "spec", "nodeName").equals(node)) {
            throw refusedToken(call, "node requested token bound to a pod scheduled on a different node");
        }
        String problem = audiences.problem(call, request.path("audiences"), pod);
        if (problem != null) {
            throw refusedToken(call, problem);
        }
    }

    private static ApiException refusedToken(Call call, String why) {
        return ApiException.forbidden("", "serviceaccounts", call.info().name(), why);
    }
}
