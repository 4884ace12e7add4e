package io.skerry.apiserver.authz;

import java.util.Map;
import java.util.Set;

/**
 * What a node's credential (CN system:node:NAME, O system:nodes) may do. Simpler than upstream's node authorizer: a node reads the objects that
 * any pod may need, and writes only itself, its lease and the pods' status.
 */
final class NodeRule {
    private static final String PREFIX = "system:node:";
    private static final Set<String> READ = Set.of("get", "list", "watch");
    private static final Map<String, Set<String>> READABLE = Map.of(
            "", Set.of("nodes", "pods", "services", "endpoints", "configmaps", "secrets", "persistentvolumeclaims", "persistentvolumes", "serviceaccounts", "namespaces"),
            "discovery.k8s.io", Set.of("endpointslices"),
            "networking.k8s.io", Set.of("networkpolicies", "ingresses", "ingressclasses"),
            "node.k8s.io", Set.of("runtimeclasses"),
            "storage.k8s.io", Set.of("csidrivers", "csinodes", "volumeattachments", "storageclasses"));

    private NodeRule() {
    }

    static boolean allows(Attributes wanted) {
        if (!wanted.isResource() || !wanted.user().in("system:nodes") || !wanted.user().name().startsWith(PREFIX)) {
            return false;
        }
        String node = wanted.user().name().substring(PREFIX.length());
        if (READ.contains(wanted.verb()) && wanted.subresource().isEmpty() && READABLE.getOrDefault(wanted.group(), Set.of()).contains(wanted.resource())) {
            return true;
        }
        boolean change = wanted.verb().equals("update") || wanted.verb().equals("patch");
        return switch (wanted.group() + "/" + wanted.qualifiedResource()) {
            case "/nodes" -> wanted.verb().equals("create") || change && wanted.name().equals(node);
            case "/nodes/status" -> change && wanted.name().equals(node);
            case "/pods" -> wanted.verb().equals("create") || wanted.verb().equals("delete");
            case "/pods/status" -> change;
            case "/pods/eviction", "/serviceaccounts/token", "authentication.k8s.io/tokenreviews", "authorization.k8s.io/subjectaccessreviews",
                    "authorization.k8s.io/localsubjectaccessreviews" -> wanted.verb().equals("create");
            case "/events", "events.k8s.io/events" -> wanted.verb().equals("create") || change;
            case "coordination.k8s.io/leases" -> wanted.namespace().equals("kube-node-lease")
                    && (wanted.verb().equals("create") || wanted.name().equals(node) && (change || wanted.verb().equals("get") || wanted.verb().equals("delete")));
            case "storage.k8s.io/csinodes" -> wanted.verb().equals("create") || wanted.name().equals(node);
            case "certificates.k8s.io/certificatesigningrequests" -> wanted.verb().equals("create") || READ.contains(wanted.verb());
            default -> false;
        };
    }
}
