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

    /** Those of a kube-apiserver 1.33 but for one a controller; the last one is the metrics server's, whose API is served here. */
    @Test
    void aClusterBeginsWithThem() {
        assertThat(names("clusterroles")).containsExactlyInAnyOrder("admin", "cluster-admin", "edit", "view", "system:aggregate-to-admin", "system:aggregate-to-edit",
                "system:aggregate-to-view", "system:auth-delegator", "system:basic-user", "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
                "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient", "system:certificates.k8s.io:kube-apiserver-client-approver",
                "system:certificates.k8s.io:kube-apiserver-client-kubelet-approver", "system:certificates.k8s.io:kubelet-serving-approver",
                "system:certificates.k8s.io:legacy-unknown-approver", "system:discovery", "system:heapster", "system:kube-aggregator", "system:kube-controller-manager",
                "system:kube-dns", "system:kube-scheduler", "system:kubelet-api-admin", "system:monitoring", "system:node", "system:node-bootstrapper",
                "system:node-problem-detector", "system:node-proxier", "system:persistent-volume-provisioner", "system:public-info-viewer",
                "system:service-account-issuer-discovery", "system:volume-scheduler", "system:aggregated-metrics-reader");
        assertThat(names("clusterrolebindings")).contains("cluster-admin", "system:basic-user", "system:discovery", "system:kube-controller-manager", "system:kube-dns",
                "system:kube-scheduler", "system:monitoring", "system:node", "system:node-proxier", "system:public-info-viewer", "system:service-account-issuer-discovery",
                "system:volume-scheduler");
    }

    /** As the user whom the role is bound to, or one to whom the test binds it. */
    @ParameterizedTest
    @CsvSource({
        "system:kube-scheduler, , create, '', pods/binding, true",
        "system:kube-scheduler, , update, '', persistentvolumes, true",
        "system:kube-scheduler, , delete, '', nodes, false",
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
