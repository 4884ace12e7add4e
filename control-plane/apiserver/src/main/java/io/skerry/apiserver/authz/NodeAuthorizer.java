package io.skerry.apiserver.authz;

import io.skerry.machinery.selector.FieldSelector;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * What a node may do (k8s.io/kubernetes, plugin/pkg/auth/authorizer/node, with AuthorizeNodeWithSelectors): read what its pods name, write what is its
 * own. What a node writes is narrowed further by NodeRestriction admission, which sees the objects.
 */
final class NodeAuthorizer {
    private static final List<String> READ = List.of("get", "list", "watch");
    private static final Set<String> OWN = Set.of("get", "create", "update", "patch", "delete");
    private static final String LEASES = "kube-node-lease";

    /** Rights that do not depend on the object (bootstrappolicy's NodeRules). */
    private static final List<Rule> RULES = List.of(
            rule("authentication.k8s.io", List.of("tokenreviews"), List.of("create")),
            rule("authorization.k8s.io", List.of("subjectaccessreviews", "localsubjectaccessreviews"), List.of("create")),
            rule("", List.of("services"), READ),
            rule("", List.of("endpoints"), List.of("get")),
            rule("", List.of("events"), List.of("create", "update", "patch")),
            rule("certificates.k8s.io", List.of("certificatesigningrequests"), List.of("create", "get", "list", "watch")),
            rule("storage.k8s.io", List.of("csidrivers"), READ),
            rule("node.k8s.io", List.of("runtimeclasses"), READ),
            rule("certificates.k8s.io", List.of("clustertrustbundles"), READ));

    private final NodeGraph graph;

    NodeAuthorizer(NodeGraph graph) {
        this.graph = graph;
    }

    private static Rule rule(String group, List<String> resources, List<String> verbs) {
        return new Rule(verbs, List.of(group), resources, List.of(), List.of());
    }

    /** Why a node may not, "" for no particular reason; null when it may. */
    String refusal(String node, Attributes wanted) {
        if (!wanted.isResource()) {
            return "";
        }
        return switch (wanted.group() + "/" + wanted.resource()) {
            case "/secrets" -> read(node, wanted, () -> graph.usesSecret(node, wanted.namespace(), wanted.name()));
            case "/configmaps" -> read(node, wanted, () -> graph.usesConfigMap(node, wanted.namespace(), wanted.name()));
            case "/persistentvolumeclaims" -> wanted.subresource().equals("status") ? statusOfClaim(node, wanted)
                    : get(node, wanted, () -> graph.usesClaim(node, wanted.namespace(), wanted.name()));
            case "/persistentvolumes" -> get(node, wanted, () -> graph.usesVolume(node, wanted.name()));
            case "resource.k8s.io/resourceclaims" -> get(node, wanted, () -> graph.usesResourceClaim(node, wanted.namespace(), wanted.name()));
            case "storage.k8s.io/volumeattachments" -> get(node, wanted, () -> graph.isAttachment(node, wanted.name()));
            case "/serviceaccounts" -> token(node, wanted);
            case "coordination.k8s.io/leases" -> lease(node, wanted);
            case "storage.k8s.io/csinodes" -> csiNode(node, wanted);
            case "resource.k8s.io/resourceslices" -> slice(node, wanted);
            case "/nodes" -> node(node, wanted);
            case "/pods" -> pod(node, wanted);
            default -> RULES.stream().anyMatch(rule -> rule.allows(wanted)) ? null : "";
        };
    }

    private static String related(String node, Attributes wanted, BooleanSupplier related) {
        return wanted.name().isEmpty() ? "No Object name found" : related.getAsBoolean() ? null : "no relationship found between node '" + node + "' and this object";
    }

    private static String read(String node, Attributes wanted, BooleanSupplier related) {
        return !READ.contains(wanted.verb()) ? "can only read resources of this type"
                : !wanted.subresource().isEmpty() ? "cannot read subresource"
                : wanted.namespace().isEmpty() ? "can only read namespaced object of this type" : related(node, wanted, related);
    }

    private static String get(String node, Attributes wanted, BooleanSupplier related) {
        return !wanted.verb().equals("get") ? "can only get individual resources of this type"
                : !wanted.subresource().isEmpty() ? "cannot get subresource" : related(node, wanted, related);
    }

    private String statusOfClaim(String node, Attributes wanted) {
        return !isChange(wanted) ? "can only get/update/patch this type" : related(node, wanted, () -> graph.usesClaim(node, wanted.namespace(), wanted.name()));
    }

    private static boolean isChange(Attributes wanted) {
        return wanted.verb().equals("update") || wanted.verb().equals("patch");
    }

    private String token(String node, Attributes wanted) {
        return !wanted.verb().equals("create") || wanted.name().isEmpty() ? "can only create tokens for individual service accounts"
                : !wanted.subresource().equals("token") ? "can only create token subresource of serviceaccount"
                : related(node, wanted, () -> graph.usesAccount(node, wanted.namespace(), wanted.name()));
    }

    private static String lease(String node, Attributes wanted) {
        return !OWN.contains(wanted.verb()) ? "can only get, create, update, patch, or delete a node lease"
                : !wanted.namespace().equals(LEASES) ? "can only access leases in the \"" + LEASES + "\" system namespace"
                : !wanted.verb().equals("create") && !wanted.name().equals(node) ? "can only access node lease with the same name as the requesting node" : null;
    }

    private static String csiNode(String node, Attributes wanted) {
        return !OWN.contains(wanted.verb()) ? "can only get, create, update, patch, or delete a CSINode"
                : !wanted.subresource().isEmpty() ? "cannot authorize CSINode subresources"
                : !wanted.verb().equals("create") && !wanted.name().equals(node) ? "can only access CSINode with the same name as the requesting node" : null;
    }

    /** Only one's own, by selector: nothing here makes slices of devices known by name. */
    private static String slice(String node, Attributes wanted) {
        return !wanted.subresource().isEmpty() ? "cannot authorize ResourceSlice subresources"
                : wanted.verb().equals("create") || selects(wanted, "spec.nodeName", node) || selects(wanted, "nodeName", node) ? null
                : "can only list/watch/deletecollection resourceslices with nodeName field selector";
    }

    private static String node(String node, Attributes wanted) {
        boolean change = isChange(wanted);
        return switch (wanted.subresource()) {
            case "" -> change || wanted.verb().equals("create") ? null
                    : !READ.contains(wanted.verb()) ? ""
                    : wanted.name().equals(node) ? null
                    : wanted.name().isEmpty() ? "node '" + node + "' cannot read all nodes, only its own Node object"
                    : "node '" + node + "' cannot read '" + wanted.name() + "', only its own Node object";
            case "status" -> change ? null : "";
            default -> "";
        };
    }

    private String pod(String node, Attributes wanted) {
        return switch (wanted.subresource()) {
            case "" -> switch (wanted.verb()) {
                case "get" -> related(node, wanted, () -> graph.runs(node, wanted.namespace(), wanted.name()));
                case "list", "watch" -> selects(wanted, "spec.nodeName", node) ? null
                        : wanted.name().isEmpty() ? "can only list/watch pods with spec.nodeName field selector"
                        : related(node, wanted, () -> graph.runs(node, wanted.namespace(), wanted.name()));
                case "create", "delete" -> null;
                default -> "";
            };
            case "status" -> isChange(wanted) ? null : "";
            case "eviction" -> wanted.verb().equals("create") ? null : "";
            default -> "";
        };
    }

    private static boolean selects(Attributes wanted, String field, String value) {
        try {
            return FieldSelector.parse(wanted.fieldSelector()).requirements().stream()
                    .anyMatch(r -> r.field().equals(field) && !r.negated() && r.value().equals(value));
        } catch (IllegalArgumentException e) {
            // the verb tells about it, to those who may ask
            return false;
        }
    }
}
