package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Roles of Kubernetes' own components (bootstrappolicy's cluster roles of 1.33). Here they are all one process, but what comes from elsewhere is bound
 * to them: a second scheduler to system:kube-scheduler and system:volume-scheduler, a provisioner, a node problem detector, approvers of certificates.
 */
final class ComponentRoles {
    private static final List<String> READ = List.of("get", "list", "watch");
    private static final List<String> READ_UPDATE = List.of("get", "list", "patch", "update", "watch");
    private static final List<String> CREATE = List.of("create");
    private static final String APPS = "apps";
    private static final String STORAGE = "storage.k8s.io";
    private static final String CERTIFICATES = "certificates.k8s.io";
    private static final String MANAGER = "kube-controller-manager";
    private static final String SCHEDULER = "kube-scheduler";

    private ComponentRoles() {
    }

    /** ClusterRoles, then ClusterRoleBindings. */
    static List<ObjectNode> all() {
        List<ObjectNode> all = new ArrayList<>(List.of(heapster(), node(), problemDetector(), aggregator(), manager(), scheduler(), volumeScheduler(), provisioner()));
        all.add(Roles.rule(Roles.role("system:kube-dns"), "", List.of("endpoints", "services"), List.of("list", "watch")));
        for (String signer : List.of("legacy-unknown", "kubelet-serving", "kube-apiserver-client", "kube-apiserver-client-kubelet")) {
            all.add(named(Roles.rule(Roles.role("system:certificates.k8s.io:" + signer + "-approver"), CERTIFICATES, List.of("signers"), List.of("approve")),
                    "kubernetes.io/" + signer));
        }
        all.add(Roles.userBinding("system:" + MANAGER, "system:" + MANAGER));
        all.add(Roles.userBinding("system:" + SCHEDULER, "system:" + SCHEDULER));
        all.add(Roles.userBinding("system:volume-scheduler", "system:" + SCHEDULER));
        all.add(Roles.binding("system:node")); // of nobody: nodes are authorized one by one
        ObjectNode dns = Roles.binding("system:kube-dns");
        ((ArrayNode) dns.get("subjects")).addObject().put("kind", "ServiceAccount").put("name", "kube-dns").put("namespace", "kube-system");
        all.add(dns);
        return all;
    }

    /** Of the rule that was added last. */
    private static ObjectNode named(ObjectNode role, String name) {
        ArrayNode rules = (ArrayNode) role.get("rules");
        ((ObjectNode) rules.get(rules.size() - 1)).putArray("resourceNames").add(name);
        return role;
    }

    private static void events(ObjectNode role) {
        Roles.rule(role, "", List.of("events"), List.of("create", "patch", "update"));
        ArrayNode rules = (ArrayNode) role.get("rules");
        ((ArrayNode) rules.get(rules.size() - 1).get("apiGroups")).add("events.k8s.io");
    }

    private static void reviews(ObjectNode role) {
        Roles.rule(role, "authentication.k8s.io", List.of("tokenreviews"), CREATE);
        Roles.rule(role, "authorization.k8s.io", List.of("subjectaccessreviews"), CREATE);
    }

    private static void lock(ObjectNode role, String name) {
        Roles.rule(role, "coordination.k8s.io", List.of("leases"), CREATE);
        named(Roles.rule(role, "coordination.k8s.io", List.of("leases"), List.of("get", "update")), name);
    }

    private static ObjectNode heapster() {
        ObjectNode role = Roles.rule(Roles.role("system:heapster"), "", List.of("events", "namespaces", "nodes", "pods"), READ);
        return Roles.rule(role, "extensions", List.of("deployments"), READ);
    }

    private static ObjectNode node() {
        ObjectNode role = Roles.rule(Roles.role("system:node"), "authentication.k8s.io", List.of("tokenreviews"), CREATE);
        Roles.rule(role, "authorization.k8s.io", List.of("localsubjectaccessreviews", "subjectaccessreviews"), CREATE);
        Roles.rule(role, "", List.of("services"), READ);
        Roles.rule(role, "", List.of("nodes"), List.of("create", "get", "list", "watch"));
        Roles.rule(role, "", List.of("nodes/status"), List.of("patch", "update"));
        Roles.rule(role, "", List.of("nodes"), List.of("patch", "update"));
        Roles.rule(role, "", List.of("events"), List.of("create", "patch", "update"));
        Roles.rule(role, "", List.of("pods"), READ);
        Roles.rule(role, "", List.of("pods"), List.of("create", "delete"));
        Roles.rule(role, "", List.of("pods/status"), List.of("patch", "update"));
        Roles.rule(role, "", List.of("pods/eviction"), CREATE);
        Roles.rule(role, "", List.of("configmaps", "secrets"), READ);
        Roles.rule(role, "", List.of("persistentvolumeclaims", "persistentvolumes"), List.of("get"));
        Roles.rule(role, "", List.of("endpoints"), List.of("get"));
        Roles.rule(role, CERTIFICATES, List.of("certificatesigningrequests"), List.of("create", "get", "list", "watch"));
        Roles.rule(role, "coordination.k8s.io", List.of("leases"), List.of("create", "delete", "get", "patch", "update"));
        Roles.rule(role, STORAGE, List.of("volumeattachments"), List.of("get"));
        Roles.rule(role, "", List.of("serviceaccounts/token"), CREATE);
        Roles.rule(role, "", List.of("persistentvolumeclaims/status"), List.of("get", "patch", "update"));
        Roles.rule(role, STORAGE, List.of("csidrivers"), READ);
        Roles.rule(role, STORAGE, List.of("csinodes"), List.of("create", "delete", "get", "patch", "update"));
        return Roles.rule(role, "node.k8s.io", List.of("runtimeclasses"), READ);
    }

    private static ObjectNode problemDetector() {
        ObjectNode role = Roles.rule(Roles.role("system:node-problem-detector"), "", List.of("nodes"), List.of("get"));
        Roles.rule(role, "", List.of("nodes/status"), List.of("patch"));
        events(role);
        return role;
    }

    private static ObjectNode aggregator() {
        return Roles.rule(Roles.role("system:kube-aggregator"), "", List.of("endpoints", "services"), READ);
    }

    private static ObjectNode manager() {
        ObjectNode role = Roles.role("system:" + MANAGER);
        events(role);
        lock(role, MANAGER);
        Roles.rule(role, "", List.of("secrets", "serviceaccounts"), CREATE);
        Roles.rule(role, "", List.of("secrets"), List.of("delete"));
        Roles.rule(role, "", List.of("configmaps", "namespaces", "secrets", "serviceaccounts"), List.of("get"));
        Roles.rule(role, "", List.of("secrets", "serviceaccounts"), List.of("update"));
        reviews(role);
        Roles.rule(role, "*", List.of("*"), List.of("list", "watch"));
        return Roles.rule(role, "", List.of("serviceaccounts/token"), CREATE);
    }

    private static ObjectNode scheduler() {
        ObjectNode role = Roles.role("system:" + SCHEDULER);
        events(role);
        lock(role, SCHEDULER);
        Roles.rule(role, "", List.of("nodes"), READ);
        Roles.rule(role, "", List.of("pods"), List.of("delete", "get", "list", "watch"));
        Roles.rule(role, "", List.of("bindings", "pods/binding"), CREATE);
        Roles.rule(role, "", List.of("pods/status"), List.of("patch", "update"));
        Roles.rule(role, "", List.of("replicationcontrollers", "services"), READ);
        Roles.rule(role, APPS, List.of("replicasets"), READ);
        Roles.rule(role, "extensions", List.of("replicasets"), READ);
        Roles.rule(role, APPS, List.of("statefulsets"), READ);
        Roles.rule(role, "policy", List.of("poddisruptionbudgets"), READ);
        Roles.rule(role, "", List.of("persistentvolumeclaims", "persistentvolumes"), READ);
        reviews(role);
        Roles.rule(role, STORAGE, List.of("csinodes"), READ);
        Roles.rule(role, "", List.of("namespaces"), READ);
        Roles.rule(role, STORAGE, List.of("csidrivers"), READ);
        return Roles.rule(role, STORAGE, List.of("csistoragecapacities"), READ);
    }

    private static ObjectNode volumeScheduler() {
        ObjectNode role = Roles.rule(Roles.role("system:volume-scheduler"), "", List.of("persistentvolumes"), READ_UPDATE);
        Roles.rule(role, STORAGE, List.of("storageclasses"), READ);
        return Roles.rule(role, "", List.of("persistentvolumeclaims"), READ_UPDATE);
    }

    private static ObjectNode provisioner() {
        ObjectNode role = Roles.rule(Roles.role("system:persistent-volume-provisioner"), "", List.of("persistentvolumes"), List.of("create", "delete", "get", "list", "watch"));
        Roles.rule(role, "", List.of("persistentvolumeclaims"), List.of("get", "list", "update", "watch"));
        Roles.rule(role, STORAGE, List.of("storageclasses"), READ);
        Roles.rule(role, "", List.of("events"), List.of("watch"));
        events(role);
        return role;
    }
}
