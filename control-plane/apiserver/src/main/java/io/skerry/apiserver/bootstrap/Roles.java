package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * The roles every cluster starts with (Kubernetes' "default roles and role bindings"). admin, edit and view are made of labelled parts, so
 * that a custom resource's author can add to them: the aggregation controller keeps their rules.
 */
final class Roles {
    private static final String GROUP = "rbac.authorization.k8s.io";
    private static final String BOOTSTRAP_LABEL = "kubernetes.io/bootstrapping";
    private static final String AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-";

    private static final List<String> READ = List.of("get", "list", "watch");
    private static final List<String> WRITE = List.of("create", "delete", "deletecollection", "patch", "update");
    private static final List<String> ALL = List.of("*");

    private static final List<String> CORE_VIEWED = List.of("bindings", "configmaps", "endpoints", "events", "limitranges", "namespaces", "namespaces/status",
            "persistentvolumeclaims", "persistentvolumeclaims/status", "pods", "pods/log", "pods/status", "replicationcontrollers",
            "replicationcontrollers/scale", "replicationcontrollers/status", "resourcequotas", "resourcequotas/status", "serviceaccounts", "services",
            "services/status");
    private static final List<String> CORE_EDITED = List.of("configmaps", "events", "persistentvolumeclaims", "pods", "pods/attach",
            "pods/exec", "pods/portforward", "pods/proxy", "replicationcontrollers", "replicationcontrollers/scale", "secrets", "serviceaccounts", "services",
            "services/proxy");
    private static final List<String> APPS = List.of("controllerrevisions", "daemonsets", "daemonsets/status", "deployments", "deployments/scale",
            "deployments/status", "replicasets", "replicasets/scale", "replicasets/status", "statefulsets", "statefulsets/scale", "statefulsets/status");
    private static final List<String> APPS_EDITED = List.of("daemonsets", "deployments", "deployments/rollback", "deployments/scale", "replicasets",
            "replicasets/scale", "statefulsets", "statefulsets/scale");

    private Roles() {
    }

    /** ClusterRoles, then ClusterRoleBindings. */
    static List<ObjectNode> all() {
        List<ObjectNode> all = new ArrayList<>();
        all.add(clusterAdmin());
        all.add(aggregated("admin", "admin"));
        all.add(aggregated("edit", "edit"));
        all.add(aggregated("view", "view"));
        all.add(viewPart());
        all.add(editPart());
        all.add(adminPart());
        all.add(discovery());
        all.add(basicUser());
        all.add(publicInfo());
        all.addAll(SystemRoles.all());
        all.addAll(ComponentRoles.all());
        all.add(binding("cluster-admin", "system:masters"));
        all.add(binding("system:discovery", "system:authenticated"));
        all.add(binding("system:basic-user", "system:authenticated"));
        all.add(binding("system:public-info-viewer", "system:authenticated", "system:unauthenticated"));
        return all;
    }

    static ObjectNode role(String name) {
        ObjectNode role = Bootstrap.object(GROUP + "/v1", "ClusterRole", name);
        Json.ensureObject(role, "metadata", "labels").put(BOOTSTRAP_LABEL, "rbac-defaults");
        Json.ensureObject(role, "metadata", "annotations").put("rbac.authorization.kubernetes.io/autoupdate", "true");
        role.putArray("rules");
        return role;
    }

    static ObjectNode rule(ObjectNode role, String group, List<String> resources, List<String> verbs) {
        ObjectNode rule = ((ArrayNode) role.get("rules")).addObject();
        rule.putArray("apiGroups").add(group);
        strings(rule.putArray("resources"), resources);
        strings(rule.putArray("verbs"), verbs);
        return role;
    }

    static void paths(ObjectNode role, List<String> paths, List<String> verbs) {
        ObjectNode rule = ((ArrayNode) role.get("rules")).addObject();
        strings(rule.putArray("nonResourceURLs"), paths);
        strings(rule.putArray("verbs"), verbs);
    }

    private static void strings(ArrayNode into, List<String> values) {
        values.forEach(into::add);
    }

    private static ObjectNode clusterAdmin() {
        ObjectNode role = rule(role("cluster-admin"), "*", ALL, ALL);
        paths(role, ALL, ALL);
        return role;
    }

    /** A role whose rules are the sum of the labelled parts. They are filled in here too, for the time before the controller runs. */
    private static ObjectNode aggregated(String name, String label) {
        ObjectNode role = role(name);
        ArrayNode selectors = role.putObject("aggregationRule").putArray("clusterRoleSelectors");
        selectors.addObject().putObject("matchLabels").put(AGGREGATE + label, "true");
        ArrayNode rules = (ArrayNode) role.get("rules");
        if (name.equals("admin")) {
            rules.addAll((ArrayNode) adminPart().get("rules"));
        }
        if (!name.equals("view")) {
            rules.addAll((ArrayNode) editPart().get("rules"));
        }
        rules.addAll((ArrayNode) viewPart().get("rules"));
        // each role is labelled to be a part of the next wider one
        if (name.equals("edit")) {
            Json.ensureObject(role, "metadata", "labels").put(AGGREGATE + "admin", "true");
        } else if (name.equals("view")) {
            Json.ensureObject(role, "metadata", "labels").put(AGGREGATE + "edit", "true");
        }
        return role;
    }

    private static ObjectNode part(String name, String label) {
        ObjectNode role = role(name);
        Json.ensureObject(role, "metadata", "labels").put(AGGREGATE + label, "true");
        return role;
    }

    private static ObjectNode viewPart() {
        ObjectNode role = part("system:aggregate-to-view", "view");
        rule(role, "", CORE_VIEWED, READ);
        rule(role, "discovery.k8s.io", List.of("endpointslices"), READ);
        rule(role, "apps", APPS, READ);
        rule(role, "autoscaling", List.of("horizontalpodautoscalers", "horizontalpodautoscalers/status"), READ);
        rule(role, "batch", List.of("cronjobs", "cronjobs/status", "jobs", "jobs/status"), READ);
        rule(role, "policy", List.of("poddisruptionbudgets", "poddisruptionbudgets/status"), READ);
        rule(role, "networking.k8s.io", List.of("ingresses", "ingresses/status", "networkpolicies"), READ);
        return role;
    }

    private static ObjectNode editPart() {
        ObjectNode role = part("system:aggregate-to-edit", "edit");
        rule(role, "", List.of("pods/attach", "pods/exec", "pods/portforward", "pods/proxy", "secrets", "services/proxy"), READ);
        rule(role, "", List.of("serviceaccounts"), List.of("impersonate"));
        rule(role, "", CORE_EDITED, WRITE);
        rule(role, "", List.of("pods/eviction"), List.of("create"));
        rule(role, "", List.of("serviceaccounts/token"), List.of("create"));
        rule(role, "apps", APPS_EDITED, WRITE);
        rule(role, "autoscaling", List.of("horizontalpodautoscalers"), WRITE);
        rule(role, "batch", List.of("cronjobs", "jobs"), WRITE);
        rule(role, "policy", List.of("poddisruptionbudgets"), WRITE);
        rule(role, "networking.k8s.io", List.of("ingresses", "networkpolicies"), WRITE);
        rule(role, "coordination.k8s.io", List.of("leases"), List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"));
        return role;
    }

    private static ObjectNode adminPart() {
        ObjectNode role = part("system:aggregate-to-admin", "admin");
        rule(role, "authorization.k8s.io", List.of("localsubjectaccessreviews"), List.of("create"));
        rule(role, GROUP, List.of("rolebindings", "roles"), List.of("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"));
        return role;
    }

    private static ObjectNode discovery() {
        ObjectNode role = role("system:discovery");
        paths(role, List.of("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*", "/readyz", "/version", "/version/"), List.of("get"));
        return role;
    }

    private static ObjectNode basicUser() {
        ObjectNode role = rule(role("system:basic-user"), "authorization.k8s.io", List.of("selfsubjectaccessreviews", "selfsubjectrulesreviews"), List.of("create"));
        return rule(role, "authentication.k8s.io", List.of("selfsubjectreviews"), List.of("create"));
    }

    private static ObjectNode publicInfo() {
        ObjectNode role = role("system:public-info-viewer");
        paths(role, List.of("/healthz", "/livez", "/readyz", "/version", "/version/"), List.of("get"));
        return role;
    }

    static ObjectNode userBinding(String role, String user) {
        ObjectNode binding = binding(role);
        ((ArrayNode) binding.get("subjects")).addObject().put("apiGroup", GROUP).put("kind", "User").put("name", user);
        return binding;
    }

    static ObjectNode binding(String role, String... groups) {
        ObjectNode binding = Bootstrap.object(GROUP + "/v1", "ClusterRoleBinding", role);
        Json.ensureObject(binding, "metadata", "labels").put(BOOTSTRAP_LABEL, "rbac-defaults");
        Json.ensureObject(binding, "metadata", "annotations").put("rbac.authorization.kubernetes.io/autoupdate", "true");
        binding.putObject("roleRef").put("apiGroup", GROUP).put("kind", "ClusterRole").put("name", role);
        ArrayNode subjects = binding.putArray("subjects");
        for (String group : groups) {
            subjects.addObject().put("apiGroup", GROUP).put("kind", "Group").put("name", group);
        }
        return binding;
    }
}
