package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.User;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Set;

/**
 * The PriorityLevelConfigurations and FlowSchemas every cluster has (k8s.io/apiserver, pkg/apis/flowcontrol/bootstrap of 1.33; KEP-1040), with every
 * default filled in.
 */
final class FlowControlObjects {
    static final String GROUP = "flowcontrol.apiserver.k8s.io";
    static final String LEVELS = "prioritylevelconfigurations";
    static final String SCHEMAS = "flowschemas";
    /** Whether a newer version may change the spec: "true" until a user says "false". */
    static final String AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";
    static final String EXEMPT = "exempt";
    private static final String CATCH_ALL = "catch-all";
    /** Objects of both kinds that no user may change; the others are suggestions. */
    static final Set<String> MANDATORY = Set.of(EXEMPT, CATCH_ALL);

    private static final String BY_USER = "ByUser";
    private static final String BY_NAMESPACE = "ByNamespace";
    private static final String ANY = "*";
    private static final int QUEUE_LENGTH = 50;
    private static final ObjectNode CONTROLLER_MANAGER = subject("User", "system:kube-controller-manager");
    private static final ObjectNode SCHEDULER = subject("User", "system:kube-scheduler");
    private static final ObjectNode NODES = subject("Group", "system:nodes");
    private static final List<ObjectNode> EVERYBODY = List.of(subject("Group", User.UNAUTHENTICATED), subject("Group", User.AUTHENTICATED));

    private FlowControlObjects() {
    }

    static List<ObjectNode> levels() {
        ObjectNode exempt = object("PriorityLevelConfiguration", EXEMPT);
        exempt.putObject("spec").put("type", "Exempt").putObject("exempt").put("nominalConcurrencyShares", 0).put("lendablePercent", 0);
        ObjectNode catchAll = object("PriorityLevelConfiguration", CATCH_ALL);
        limited(catchAll, 5, 0).put("type", "Reject");
        return List.of(exempt, catchAll, queued("system", 30, 33, 64, 6), queued("node-high", 40, 25, 64, 6), queued("leader-election", 10, 0, 16, 4),
                queued("workload-high", 40, 50, 128, 6), queued("workload-low", 100, 90, 128, 6), queued("global-default", 20, 50, 128, 6));
    }

    static List<ObjectNode> schemas() {
        ObjectNode probes = schema("probes", EXEMPT, 2, "", EVERYBODY);
        paths(probes, "get", "/healthz", "/readyz", "/livez");
        ObjectNode systemElection = schema("system-leader-election", "leader-election", 100, BY_USER, List.of(CONTROLLER_MANAGER, SCHEDULER, account(ANY)));
        resources(systemElection, List.of("get", "create", "update"), "coordination.k8s.io", false, "leases");
        ObjectNode nodeHigh = schema("system-node-high", "node-high", 400, BY_USER, List.of(NODES));
        resources(nodeHigh, List.of(ANY), "", true, "nodes", "nodes/status");
        resources(nodeHigh, List.of(ANY), "coordination.k8s.io", false, "leases");
        return List.of(everything(schema(EXEMPT, EXEMPT, 1, "", List.of(subject("Group", User.MASTERS)))), probes, systemElection, nodeHigh,
                everything(schema("system-nodes", "system", 500, BY_USER, List.of(NODES))),
                everything(schema("kube-controller-manager", "workload-high", 800, BY_NAMESPACE, List.of(CONTROLLER_MANAGER))),
                everything(schema("kube-scheduler", "workload-high", 800, BY_NAMESPACE, List.of(SCHEDULER))),
                everything(schema("kube-system-service-accounts", "workload-high", 900, BY_NAMESPACE, List.of(account(ANY)))),
                everything(schema("service-accounts", "workload-low", 9000, BY_USER, List.of(subject("Group", "system:serviceaccounts")))),
                everything(schema("global-default", "global-default", 9900, BY_USER, EVERYBODY)),
                everything(schema(CATCH_ALL, CATCH_ALL, 10_000, BY_USER, EVERYBODY)));
    }

    private static ObjectNode object(String kind, String name) {
        ObjectNode object = Bootstrap.object(GROUP + "/v1", kind, name);
        Json.ensureObject(object, "metadata", "annotations").put(AUTO_UPDATE, "true");
        return object;
    }

    /** @return its limitResponse, to be filled in */
    private static ObjectNode limited(ObjectNode level, int shares, int lendablePercent) {
        ObjectNode limited = level.putObject("spec").put("type", "Limited").putObject("limited");
        return limited.put("nominalConcurrencyShares", shares).put("lendablePercent", lendablePercent).putObject("limitResponse");
    }

    private static ObjectNode queued(String name, int shares, int lendablePercent, int queues, int handSize) {
        ObjectNode level = object("PriorityLevelConfiguration", name);
        limited(level, shares, lendablePercent).put("type", "Queue").putObject("queuing").put("queues", queues).put("handSize", handSize)
                .put("queueLengthLimit", QUEUE_LENGTH);
        return level;
    }

    private static ObjectNode schema(String name, String level, int precedence, String distinguisher, List<ObjectNode> subjects) {
        ObjectNode schema = object("FlowSchema", name);
        ObjectNode spec = schema.putObject("spec");
        spec.putObject("priorityLevelConfiguration").put("name", level);
        spec.put("matchingPrecedence", precedence);
        if (!distinguisher.isEmpty()) {
            spec.putObject("distinguisherMethod").put("type", distinguisher);
        }
        subjects.forEach(spec.putArray("rules").addObject().putArray("subjects")::add);
        return schema;
    }

    private static ObjectNode everything(ObjectNode schema) {
        resources(schema, List.of(ANY), ANY, true, ANY);
        paths(schema, ANY, ANY);
        return schema;
    }

    private static void resources(ObjectNode schema, List<String> verbs, String group, boolean clusterScope, String... resources) {
        ObjectNode rule = rule(schema).withArray("resourceRules").addObject();
        strings(rule.putArray("verbs"), verbs);
        rule.putArray("apiGroups").add(group);
        strings(rule.putArray("resources"), List.of(resources));
        if (clusterScope) {
            rule.put("clusterScope", true);
        }
        rule.putArray("namespaces").add(ANY);
    }

    private static void paths(ObjectNode schema, String verb, String... paths) {
        ObjectNode rule = rule(schema).withArray("nonResourceRules").addObject();
        rule.putArray("verbs").add(verb);
        strings(rule.putArray("nonResourceURLs"), List.of(paths));
    }

    private static ObjectNode rule(ObjectNode schema) {
        return (ObjectNode) Json.at(schema, "spec", "rules").get(0);
    }

    private static void strings(ArrayNode into, List<String> values) {
        values.forEach(into::add);
    }

    private static ObjectNode subject(String kind, String name) {
        ObjectNode subject = Json.object().put("kind", kind);
        subject.putObject(kind.equals("User") ? "user" : "group").put("name", name);
        return subject;
    }

    /** A ServiceAccount of kube-system. */
    private static ObjectNode account(String name) {
        ObjectNode subject = Json.object().put("kind", "ServiceAccount");
        subject.putObject("serviceAccount").put("namespace", "kube-system").put("name", name);
        return subject;
    }
}
