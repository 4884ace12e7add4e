package io.skerry.apiserver.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The roles of every cluster, and what they let their holders do. */
class RolesTest {
    private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1/";

    @AutoClose
    final TestServer api = new TestServer();

    private List<String> names(String plural) {
        List<String> names = new ArrayList<>();
        api.send("GET", RBAC + plural, null).body().path("items").forEach(item -> names.add(Json.text(item, "metadata", "name")));
        return names;
    }

    private static final List<String> CONTROLLERS = List.of("attachdetach-controller", "certificate-controller", "clusterrole-aggregation-controller",
            "cronjob-controller", "daemon-set-controller", "deployment-controller", "disruption-controller", "endpoint-controller", "endpointslice-controller",
            "endpointslicemirroring-controller", "ephemeral-volume-controller", "expand-controller", "generic-garbage-collector", "horizontal-pod-autoscaler",
            "job-controller", "legacy-service-account-token-cleaner", "namespace-controller", "node-controller", "persistent-volume-binder", "pod-garbage-collector",
            "pv-protection-controller", "pvc-protection-controller", "replicaset-controller", "replication-controller", "resourcequota-controller",
            "root-ca-cert-publisher", "route-controller", "selinux-warning-controller", "service-account-controller", "service-cidrs-controller", "service-controller",
            "statefulset-controller", "ttl-after-finished-controller", "ttl-controller", "validatingadmissionpolicy-status-controller");

    /** Those of a kube-apiserver 1.33; the last one is the metrics server's, whose API is served here. */
    @Test
    void aClusterBeginsWithThem() {
        List<String> controllers = CONTROLLERS.stream().map("system:controller:"::concat).toList();
        assertThat(names("clusterroles")).containsAll(controllers).filteredOn(name -> !controllers.contains(name)).containsExactlyInAnyOrder("admin", "cluster-admin", "edit", "view", "system:aggregate-to-admin", "system:aggregate-to-edit",
                "system:aggregate-to-view", "system:auth-delegator", "system:basic-user", "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
                "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "system:certificates.k8s.io:kube-apiserver-client-approver",
                "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver", "system:certificates.k8s.io:kubelet-serving-approver",
                "system:certificates.k8s.io:legacy-unknown-approver", "system:discovery", "system:heapster", "system:kube-aggregator", "system:kube-controller-manager",
                "system:kube-dns", "system:kube-scheduler", "system:kubelet-api-admin", "system:monitoring", "system:node", "system:node-bootstrapper",
                "system:node-problem-detector", "system:node-proxier", "system:persistent-volume-provisioner", "system:public-info-viewer",
                "system:service-account-issuer-discovery", "system:volume-scheduler", "system:aggregated-metrics-reader");
        assertThat(names("clusterrolebindings")).containsAll(controllers).contains("cluster-admin", "system:basic-user", "system:discovery", "system:kube-controller-manager", "system:kube-dns",
                "system:kube-scheduler", "system:monitoring", "system:node", "system:node-proxier", "system:public-info-viewer", "system:service-account-issuer-discovery",
                "system:volume-scheduler");
        assertThat(names("namespaces/kube-system/roles")).containsExactlyInAnyOrder("extension-apiserver-authentication-reader",
                "system::leader-locking-kube-controller-manager", "system::leader-locking-kube-scheduler", "system:controller:bootstrap-signer",
                "system:controller:cloud-provider", "system:controller:token-cleaner");
        assertThat(names("namespaces/kube-system/rolebindings")).containsExactlyInAnyOrder("system::extension-apiserver-authentication-reader",
                "system::leader-locking-kube-controller-manager", "system::leader-locking-kube-scheduler", "system:controller:bootstrap-signer",
                "system:controller:cloud-provider", "system:controller:token-cleaner");
        assertThat(names("namespaces/kube-public/roles")).containsExactly("system:controller:bootstrap-signer");
        assertThat(names("namespaces/kube-public/rolebindings")).containsExactly("system:controller:bootstrap-signer");
    }

    @Test
    void aControllersRoleIsBoundToItsAccount() {
        for (String controller : CONTROLLERS) {
            JsonNode binding = api.send("GET", RBAC + "clusterrolebindings/system:controller:" + controller, null).body();
            assertThat(binding.path("roleRef")).isEqualTo(Json.parse("{\"apiGroup\":\"rbac.authorization.k8s.io\",\"kind\":\"ClusterRole\",\"name\":\"system:controller:"
                    + controller + "\"}"));
            assertThat(binding.path("subjects")).isEqualTo(Json.parse("[{\"kind\":\"ServiceAccount\",\"name\":\"" + controller + "\",\"namespace\":\"kube-system\"}]"));
            assertThat(Json.text(binding, "metadata", "labels", "kubernetes.io/bootstrapping")).isEqualTo("rbac-defaults");
        }
    }

    @Test
    void rulesAreAsUpstreamWritesThem() {
        assertThat(api.send("GET", RBAC + "clusterroles/system:controller:certificate-controller", null).body().path("rules").get(3)).isEqualTo(Json.parse(
                "{\"apiGroups\":[\"certificates.k8s.io\"],\"resources\":[\"signers\"],\"verbs\":[\"sign\"],\"resourceNames\":[\"kubernetes.io/kube-apiserver-client\","
                + "\"kubernetes.io/kube-apiserver-client-kubelet\",\"kubernetes.io/kubelet-serving\",\"kubernetes.io/legacy-unknown\"]}"));
        assertThat(api.send("GET", RBAC + "clusterroles/system:controller:ttl-controller", null).body().path("rules")).isEqualTo(Json.parse(
                "[{\"apiGroups\":[\"\"],\"resources\":[\"nodes\"],\"verbs\":[\"list\",\"patch\",\"update\",\"watch\"]},"
                + "{\"apiGroups\":[\"\",\"events.k8s.io\"],\"resources\":[\"events\"],\"verbs\":[\"create\",\"patch\",\"update\"]}]"));
        assertThat(api.send("GET", RBAC + "clusterroles/system:aggregate-to-view", null).body().path("rules").get(0).path("resources")).isEqualTo(Json.parse(
                "[\"configmaps\",\"endpoints\",\"persistentvolumeclaims\",\"persistentvolumeclaims/status\",\"pods\",\"replicationcontrollers\","
                + "\"replicationcontrollers/scale\",\"serviceaccounts\",\"services\",\"services/status\"]"));
        assertThat(api.send("GET", RBAC + "clusterroles/cluster-admin", null).body().path("rules")).isEqualTo(Json.parse(
                "[{\"apiGroups\":[\"*\"],\"resources\":[\"*\"],\"verbs\":[\"*\"]},{\"nonResourceURLs\":[\"*\"],\"verbs\":[\"*\"]}]"));
    }

    /** As the user whom the role is bound to, or one to whom the test binds it. */
    @ParameterizedTest
    @CsvSource({
        "system:kube-scheduler, , create, '', pods/binding, true",
        "system:kube-scheduler, , update, '', persistentvolumes, true",
        "system:kube-scheduler, , delete, '', nodes, false",
        "system:kube-scheduler, , watch, storage.k8s.io, volumeattachments, true",
        "system:kube-scheduler, , create, coordination.k8s.io, leasecandidates, true",
        "system:serviceaccount:kube-system:deployment-controller, , create, apps, replicasets, true",
        "system:serviceaccount:kube-system:deployment-controller, , delete, apps, deployments, false",
        "system:serviceaccount:default:deployment-controller, , create, apps, replicasets, false",
        "system:serviceaccount:kube-system:horizontal-pod-autoscaler, , update, apps, deployments/scale, true",
        "system:serviceaccount:kube-system:horizontal-pod-autoscaler, , update, apps, deployments, false",
        "system:serviceaccount:kube-system:generic-garbage-collector, , delete, example.com, things, true",
        "system:serviceaccount:kube-system:token-cleaner, , delete, '', secrets, false",
        "system:kube-controller-manager, , list, apps, deployments, true",
        "system:kube-controller-manager, , delete, apps, deployments, false",
        "system:serviceaccount:kube-system:kube-dns, , watch, '', endpoints, true",
        "ann, system:persistent-volume-provisioner, create, '', persistentvolumes, true",
        "ann, system:persistent-volume-provisioner, create, events.k8s.io, events, true",
        "ann, system:node-problem-detector, patch, '', nodes/status, true",
        "ann, edit, create, '', pods/eviction, true",
        "ann, edit, delete, '', pods/eviction, false",
        "ann, edit, create, '', endpoints, false",
        "ann, view, get, '', secrets, false",
        "ann, view, list, extensions, ingresses, true",
        "ann, system:kubelet-api-admin, get, '', nodes/pods, true"})
    void mayAndMayNot(String user, String role, String verb, String group, String resource, boolean may) {
        if (role != null) {
            assertThat(api.send("POST", RBAC + "clusterrolebindings", "{metadata: {name: test}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: '" + role
                    + "'}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: " + user + "}]}").code()).isEqualTo(201);
        }
        String[] parts = resource.split("/");
        JsonNode review = api.send("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", "{spec: {user: '" + user + "', resourceAttributes: {namespace: default, verb: " + verb
                + ", group: '" + group + "', resource: " + parts[0] + ", subresource: '" + (parts.length > 1 ? parts[1] : "") + "', name: x}}}").body();
        assertThat(Json.at(review, "status", "allowed").asBoolean()).as(review.toString()).isEqualTo(may);
    }

    @Test
    void approversApproveForOneSigner() {
        JsonNode role = api.send("GET", RBAC + "clusterroles/system:certificates.k8s.io:kubelet-serving-approver", null).body();
        assertThat(role.path("rules")).isEqualTo(Json.parse("[{\"apiGroups\":[\"certificates.k8s.io\"],\"resources\":[\"signers\"],\"verbs\":[\"approve\"],"
                + "\"resourceNames\":[\"kubernetes.io/kubelet-serving\"]}]"));
    }
}
