package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * The roles every cluster starts with (Kubernetes' "default roles and role bindings", bootstrappolicy of 1.33). admin, edit and view are made of labelled
 * parts, so that a custom resource's author can add to them: the aggregation controller keeps their rules.
 */
final class Roles {
    static final String GROUP = "rbac.authorization.k8s.io";
    private static final String AGGREGATE = "rbac.authorization.k8s.io/aggregate-to-";
    private static final List<String> WIDER = List.of("view", "edit", "admin");

    /** Of view, edit and admin, in this order. */
    private static final String PARTS = """
            system:aggregate-to-view
              core configmaps,endpoints,persistentvolumeclaims,persistentvolumeclaims/status,pods,\
            replicationcontrollers,replicationcontrollers/scale,serviceaccounts,services,services/status read
              core bindings,events,limitranges,namespaces/status,pods/log,pods/status,replicationcontrollers/status,resourcequotas,resourcequotas/status read
              core namespaces read
              discovery.k8s.io endpointslices read
              apps controllerrevisions,daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,\
            replicasets,replicasets/scale,replicasets/status,statefulsets,statefulsets/scale,statefulsets/status read
              autoscaling horizontalpodautoscalers,horizontalpodautoscalers/status read
              batch cronjobs,cronjobs/status,jobs,jobs/status read
              extensions daemonsets,daemonsets/status,deployments,deployments/scale,deployments/status,ingresses,ingresses/status,networkpolicies,\
            replicasets,replicasets/scale,replicasets/status,replicationcontrollers/scale read
              policy poddisruptionbudgets,poddisruptionbudgets/status read
              networking.k8s.io ingresses,ingresses/status,networkpolicies read
            system:aggregate-to-edit
              core pods/attach,pods/exec,pods/portforward,pods/proxy,secrets,services/proxy read
              core serviceaccounts impersonate
              core pods,pods/attach,pods/exec,pods/portforward,pods/proxy write
              core pods/eviction create
              core configmaps,events,persistentvolumeclaims,replicationcontrollers,replicationcontrollers/scale,secrets,serviceaccounts,services,services/proxy write
              core serviceaccounts/token create
              apps daemonsets,deployments,deployments/rollback,deployments/scale,replicasets,replicasets/scale,statefulsets,statefulsets/scale write
              autoscaling horizontalpodautoscalers write
              batch cronjobs,jobs write
              extensions daemonsets,deployments,deployments/rollback,deployments/scale,ingresses,networkpolicies,\
            replicasets,replicasets/scale,replicationcontrollers/scale write
              policy poddisruptionbudgets write
              networking.k8s.io ingresses,networkpolicies write
              coordination.k8s.io leases read,write
            system:aggregate-to-admin
              authorization.k8s.io localsubjectaccessreviews create
              rbac.authorization.k8s.io rolebindings,roles read,write
            """;

    private Roles() {
    }

    /** Roles before the bindings that name them. */
    static List<ObjectNode> all() {
        List<ObjectNode> all = new ArrayList<>();
        List<ObjectNode> parts = RoleTable.roles(PARTS);
        for (int i = 0; i < parts.size(); i++) {
            Json.ensureObject(parts.get(i), "metadata", "labels").put(AGGREGATE + WIDER.get(i), "true");
            all.add(parts.get(i));
            all.add(aggregated(i, parts));
        }
        all.addAll(ComponentRoles.all());
        all.addAll(ControllerRoles.all());
        all.addAll(NamespaceRoles.all());
        return all;
    }

    /** A role whose rules are the sum of the labelled parts. They are filled in here too, for the time before the controller runs. */
    private static ObjectNode aggregated(int width, List<ObjectNode> parts) {
        ObjectNode role = role(WIDER.get(width));
        role.putObject("aggregationRule").putArray("clusterRoleSelectors").addObject().putObject("matchLabels").put(AGGREGATE + WIDER.get(width), "true");
        for (int i = width; i >= 0; i--) {
            ((ArrayNode) role.get("rules")).addAll((ArrayNode) parts.get(i).get("rules"));
        }
        if (width + 1 < WIDER.size()) {
            Json.ensureObject(role, "metadata", "labels").put(AGGREGATE + WIDER.get(width + 1), "true");
        }
        return role;
    }

    /** The label that makes a role a part of view, edit and admin. */
    static ObjectNode forAllUsers(ObjectNode role) {
        WIDER.forEach(wider -> Json.ensureObject(role, "metadata", "labels").put(AGGREGATE + wider, "true"));
        return role;
    }

    /** Without rules yet. @param name {@code NAMESPACE/NAME} for a Role, else a ClusterRole's */
    static ObjectNode role(String name) {
        ObjectNode role = named(name, "Role");
        role.putArray("rules");
        return role;
    }

    /** Of a role, by the role's name in its namespace, if it has one. */
    static ObjectNode binding(String role, ObjectNode... subjects) {
        ObjectNode binding = named(role, "RoleBinding");
        binding.putObject("roleRef").put("apiGroup", GROUP).put("kind", role.contains("/") ? "Role" : "ClusterRole").put("name", Json.text(binding, "metadata", "name"));
        ArrayNode all = binding.putArray("subjects");
        for (ObjectNode subject : subjects) {
            all.add(subject);
        }
        return binding;
    }

    static ObjectNode group(String name) {
        return Json.object().put("apiGroup", GROUP).put("kind", "Group").put("name", name);
    }

    static ObjectNode user(String name) {
        return Json.object().put("apiGroup", GROUP).put("kind", "User").put("name", name);
    }

    /** A service account of kube-system. */
    static ObjectNode account(String name) {
        return Json.object().put("kind", "ServiceAccount").put("name", name).put("namespace", "kube-system");
    }

    private static ObjectNode named(String name, String kind) {
        int slash = name.indexOf('/');
        ObjectNode object = Bootstrap.object(GROUP + "/v1", slash < 0 ? "Cluster" + kind : kind, name.substring(slash + 1));
        ObjectNode metadata = (ObjectNode) object.get("metadata");
        if (slash >= 0) {
            metadata.put("namespace", name.substring(0, slash));
        }
        metadata.putObject("labels").put("kubernetes.io/bootstrapping", "rbac-defaults");
        metadata.putObject("annotations").put(RoleReconciler.AUTO_UPDATE, "true");
        return object;
    }
}
