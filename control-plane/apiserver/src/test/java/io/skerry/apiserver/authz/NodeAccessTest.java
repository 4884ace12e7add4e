package io.skerry.apiserver.authz;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node's credential opens: the node authorizer and NodeRestriction, with two nodes that must not see each other's things. */
class NodeAccessTest {
    private static final User N1 = new User("system:node:n1", "system:nodes", User.AUTHENTICATED);
    private static final User N2 = new User("system:node:n2", "system:nodes", User.AUTHENTICATED);
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String LEASES = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";

    @TempDir
    Path folder;
    TestServer api;

    @BeforeEach
    void start() {
        api = new TestServer(folder);
        make("/api/v1/nodes", "{metadata: {name: n1}}");
        make("/api/v1/nodes", "{metadata: {name: n2}}");
        make(CORE + "serviceaccounts", "{metadata: {name: app}}");
        make(CORE + "serviceaccounts", "{metadata: {name: other}}");
        make("/api/v1/persistentvolumes", """
                {metadata: {name: v}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], claimRef: {namespace: default, name: c},
                  csi: {driver: d, volumeHandle: h, nodePublishSecretRef: {namespace: kube-system, name: of-volume},
                  controllerPublishSecretRef: {namespace: kube-system, name: of-controller}}}}""");
        make(CORE + "pods", """
                {metadata: {name: p}, spec: {nodeName: n1, serviceAccountName: app, imagePullSecrets: [{name: pull}],
                  initContainers: [{name: i, image: x, envFrom: [{configMapRef: {name: from-init}}]}],
                  containers: [{name: c, image: x, env: [{name: A, valueFrom: {secretKeyRef: {name: from-env, key: k}}}]}],
                  volumes: [{name: s, secret: {secretName: from-volume}}, {name: m, configMap: {name: mounted}},
                    {name: pr, projected: {sources: [{secret: {name: projected}}]}}, {name: d, persistentVolumeClaim: {claimName: c}},
                    {name: e, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}]}}""");
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private void make(String path, String yaml) {
        var answer = api.send("POST", path, yaml);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private String message(User user, String method, String path, String yaml) {
        return Json.text(api.sendAs(user, method, path, yaml).body(), "message");
    }

    @Test
    void aNodeReadsWhatItsPodsName() {
        List<String> named = List.of(CORE + "secrets/pull", CORE + "secrets/from-env", CORE + "secrets/from-volume", CORE + "secrets/projected",
                CORE + "configmaps/from-init", CORE + "configmaps/mounted", CORE + "persistentvolumeclaims/c", CORE + "persistentvolumeclaims/p-e",
                "/api/v1/namespaces/kube-system/secrets/of-volume");
        for (String path : named) {
            assertThat(api.sendAs(N1, "GET", path, null).code()).as(path + ": allowed, but not there").isEqualTo(404);
            assertThat(api.sendAs(N2, "GET", path, null).code()).as(path).isEqualTo(403);
        }
        assertThat(api.sendAs(N1, "GET", "/api/v1/persistentvolumes/v", null).code()).isEqualTo(200);
        assertThat(api.sendAs(N1, "GET", CORE + "secrets?fieldSelector=metadata.name=pull", null).code()).isEqualTo(200);
        assertThat(api.sendAs(N1, "GET", CORE + "pods/p", null).code()).isEqualTo(200);
        assertThat(api.sendAs(N1, "GET", "/api/v1/pods?fieldSelector=spec.nodeName=n1", null).code()).isEqualTo(200);
        assertThat(api.sendAs(N1, "GET", "/api/v1/nodes/n1", null).code()).isEqualTo(200);
        assertThat(api.sendAs(N1, "GET", "/api/v1/nodes?fieldSelector=metadata.name=n1", null).code()).isEqualTo(200);
        assertThat(api.sendAs(N1, "GET", "/api/v1/services", null).code()).isEqualTo(200);
        assertThat(api.sendAs(N1, "GET", "/apis/node.k8s.io/v1/runtimeclasses", null).code()).isEqualTo(200);
    }

    @Test
    void aNodeReadsNothingElse() {
        for (String path : List.of("/api/v1/pods", "/api/v1/pods?fieldSelector=spec.nodeName!=n2", "/api/v1/pods?fieldSelector=spec.nodeName=n2", "/api/v1/nodes",
                "/api/v1/nodes/n2", CORE + "secrets", "/api/v1/secrets", CORE + "secrets/other", CORE + "configmaps", "/api/v1/persistentvolumes",
                "/api/v1/namespaces", CORE + "serviceaccounts/app", CORE + "endpoints", "/apis/apps/v1/deployments", LEASES, LEASES + "/n2",
                "/api/v1/namespaces/kube-system/secrets/of-controller", CORE + "pods/p/log")) {
            assertThat(api.sendAs(N1, "GET", path, null).code()).as(path).isEqualTo(403);
        }
        assertThat(message(N2, "GET", CORE + "secrets/pull", null)).isEqualTo("secrets \"pull\" is forbidden: User \"system:node:n2\" cannot get resource"
                + " \"secrets\" in API group \"\" in the namespace \"default\": no relationship found between node 'n2' and this object");
        assertThat(message(N1, "GET", "/api/v1/nodes/n2", null)).endsWith("node 'n1' cannot read 'n2', only its own Node object");
        assertThat(message(N1, "GET", "/api/v1/pods", null)).endsWith("can only list/watch pods with spec.nodeName field selector");
        api.send("DELETE", CORE + "pods/p?gracePeriodSeconds=0", null);
        assertThat(api.sendAs(N1, "GET", CORE + "secrets/pull", null).code()).as("the pod is gone, and the right with it").isEqualTo(403);
        User noNode = new User("system:node:n1", User.AUTHENTICATED);
        assertThat(api.sendAs(noNode, "GET", "/api/v1/nodes/n1", null).code()).as("a name without the group").isEqualTo(403);
    }

    @Test
    void aNodeWritesItself() {
        assertThat(api.sendAs(N1, "POST", LEASES, "{metadata: {name: n1}, spec: {holderIdentity: n1}}").code()).isEqualTo(201);
        assertThat(message(N1, "POST", LEASES, "{metadata: {name: n2}}")).endsWith("can only access node lease with the same name as the requesting node");
        assertThat(api.sendAs(N1, "POST", "/apis/storage.k8s.io/v1/csinodes", "{metadata: {name: n1}, spec: {drivers: []}}").code()).isEqualTo(201);
        assertThat(api.sendAs(N1, "POST", "/apis/storage.k8s.io/v1/csinodes", "{metadata: {name: n2}, spec: {drivers: []}}").code()).isEqualTo(403);
        assertThat(merge(N1, "/api/v1/nodes/n1", "{\"metadata\":{\"labels\":{\"kubernetes.io/arch\":\"arm64\",\"mine\":\"x\"}}}").code()).isEqualTo(200);
        assertThat(merge(N1, "/api/v1/nodes/n1/status", "{\"status\":{\"phase\":\"Running\"}}").code()).isEqualTo(200);
        Map<String, String> refused = Map.of(
                "{\"metadata\":{\"labels\":{\"node-restriction.kubernetes.io/zone\":\"a\"}}}", "is not allowed to modify labels: node-restriction.kubernetes.io/zone",
                "{\"metadata\":{\"labels\":{\"node-role.kubernetes.io/control-plane\":\"\"}}}", "is not allowed to modify labels: node-role.kubernetes.io/control-plane",
                "{\"spec\":{\"taints\":[{\"key\":\"a\",\"effect\":\"NoSchedule\"}]}}", "node \"n1\" is not allowed to modify taints");
        refused.forEach((patch, why) -> assertThat(Json.text(merge(N1, "/api/v1/nodes/n1", patch).body(), "message")).isEqualTo("nodes \"n1\" is forbidden: " + why));
        assertThat(Json.text(merge(N1, "/api/v1/nodes/n2", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}").body(), "message"))
                .isEqualTo("nodes \"n2\" is forbidden: node \"n1\" is not allowed to modify node \"n2\"");
        assertThat(message(N1, "POST", "/api/v1/nodes", "{metadata: {name: n3}}")).endsWith("node \"n1\" is not allowed to modify node \"n3\"");
        assertThat(api.sendAs(N1, "DELETE", "/api/v1/nodes/n1", null).code()).isEqualTo(403);
        api.send("DELETE", "/api/v1/nodes/n1", null);
        assertThat(message(N1, "POST", "/api/v1/nodes", "{metadata: {name: n1, labels: {kubernetes.io/os: linux, example.kubernetes.io/x: zone}}}"))
                .endsWith("node \"n1\" is not allowed to set the following labels: example.kubernetes.io/x");
    }

    @Test
    void aNodeTellsOfItsPodsAlone() {
        String status = "{\"status\":{\"phase\":\"Running\"}}";
        assertThat(Json.text(merge(N2, CORE + "pods/p/status", status).body(), "message"))
                .endsWith("node \"n2\" can only update pod status for pods with spec.nodeName set to itself");
        assertThat(merge(N1, CORE + "pods/p/status", status).code()).isEqualTo(200);
        assertThat(Json.text(merge(N1, CORE + "pods/p/status", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}").body(), "message"))
                .endsWith("node \"n1\" cannot update labels through pod status");
        assertThat(merge(N1, CORE + "pods/p", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}").code()).isEqualTo(403);
        String eviction = "{apiVersion: policy/v1, kind: Eviction, metadata: {name: p}, deleteOptions: {gracePeriodSeconds: 0}}";
        assertThat(message(N2, "POST", CORE + "pods/p/eviction", eviction)).endsWith("node n2 can only evict pods with spec.nodeName set to itself");
        assertThat(message(N2, "DELETE", CORE + "pods/p", null)).endsWith("node \"n2\" can only delete pods with spec.nodeName set to itself");
        assertThat(api.sendAs(N1, "POST", CORE + "pods/p/binding", "{metadata: {name: p}, target: {kind: Node, name: n1}}").code()).isEqualTo(403);
        assertThat(api.sendAs(N1, "POST", CORE + "pods/p/eviction", eviction).code()).isEqualTo(201);
        assertThat(api.send("GET", CORE + "pods/p", null).code()).isEqualTo(404);
    }

    @Test
    void aNodeMakesMirrorPodsOnly() {
        String uid = Json.text(api.send("GET", "/api/v1/nodes/n1", null).body(), "metadata", "uid");
        String mirror = "{metadata: {name: static, annotations: {kubernetes.io/config.mirror: x}, ownerReferences: [{apiVersion: v1, kind: Node, name: n1, uid: " + uid
                + ", controller: true}]}, spec: {nodeName: n1, %scontainers: [{name: c, image: x}]}}";
        assertThat(message(N1, "POST", CORE + "pods", "{metadata: {name: x}, spec: {nodeName: n1, containers: [{name: c, image: x}]}}"))
                .endsWith("pod does not have \"kubernetes.io/config.mirror\" annotation, node \"n1\" can only create mirror pods");
        assertThat(message(N1, "POST", CORE + "pods", mirror.formatted("volumes: [{name: s, secret: {secretName: pulled}}], ")))
                .endsWith("node \"n1\" can not create pods that reference secrets");
        assertThat(message(N1, "POST", CORE + "pods", mirror.formatted("serviceAccountName: other, "))).endsWith("node \"n1\" can not create pods that reference a service account");
        assertThat(message(N1, "POST", CORE + "pods", mirror.formatted("").replace("nodeName: n1", "nodeName: n2"))).endsWith("can only create pods with spec.nodeName set to itself");
        assertThat(message(N1, "POST", CORE + "pods", mirror.formatted("").replace(uid, "no-such-uid"))).endsWith("UID mismatch: expected no-such-uid got " + uid);
        var made = api.sendAs(N1, "POST", CORE + "pods", mirror.formatted(""));
        assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
        assertThat(api.sendAs(N1, "DELETE", CORE + "pods/static?gracePeriodSeconds=0", null).code()).isEqualTo(200);
    }

    @Test
    void aNodeGetsTokensForItsPodsAlone() {
        String uid = Json.text(api.send("GET", CORE + "pods/p", null).body(), "metadata", "uid");
        String bound = "{spec: {boundObjectRef: {apiVersion: v1, kind: Pod, name: p, uid: " + uid + "}}}";
        assertThat(api.sendAs(N1, "POST", CORE + "serviceaccounts/app/token", bound).code()).isEqualTo(201);
        assertThat(api.sendAs(N2, "POST", CORE + "serviceaccounts/app/token", bound).code()).isEqualTo(403);
        assertThat(message(N1, "POST", CORE + "serviceaccounts/other/token", bound)).endsWith("no relationship found between node 'n1' and this object");
        assertThat(message(N1, "POST", CORE + "serviceaccounts/app/token", "{spec: {}}")).endsWith("node requested token not bound to a pod");
        assertThat(message(N1, "POST", CORE + "serviceaccounts/app/token", bound.replace(", uid: " + uid, ""))).endsWith("a pod binding without a uid");
        make(CORE + "pods", "{metadata: {name: q}, spec: {nodeName: n2, serviceAccountName: app, containers: [{name: c, image: x}]}}");
        String elsewhere = bound.replace("name: p", "name: q").replace(uid, Json.text(api.send("GET", CORE + "pods/q", null).body(), "metadata", "uid"));
        assertThat(message(N1, "POST", CORE + "serviceaccounts/app/token", elsewhere)).endsWith("node requested token bound to a pod scheduled on a different node");
    }

    @Test
    void aNodeGetsTokensForAudiencesThatItsPodsNameAlone() {
        make("/apis/storage.k8s.io/v1/csidrivers", "{metadata: {name: d}, spec: {tokenRequests: [{audience: of-disk}]}}");
        make("/apis/storage.k8s.io/v1/csidrivers", "{metadata: {name: inline}, spec: {volumeLifecycleModes: [Ephemeral], tokenRequests: [{audience: of-inline}]}}");
        make(CORE + "persistentvolumeclaims", "{metadata: {name: c}, spec: {volumeName: v, storageClassName: '', accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}");
        make(CORE + "pods", """
                {metadata: {name: t}, spec: {nodeName: n1, serviceAccountName: app, automountServiceAccountToken: false, containers: [{name: c, image: x}],
                  volumes: [{name: v, projected: {sources: [{serviceAccountToken: {audience: vault, path: t}}]}}, {name: i, csi: {driver: inline}},
                    {name: d, persistentVolumeClaim: {claimName: c}}]}}""");
        for (String audience : List.of("vault", "of-inline", "of-disk")) {
            assertThat(token("t", "[" + audience + "]").code()).as(audience).isEqualTo(201);
        }
        assertThat(token("p", "[]").code()).as("its volume of the service account").isEqualTo(201);
        assertThat(Json.text(token("t", "[]").body(), "message")).as("no volume asks for the API server's").isEqualTo("serviceaccounts \"app\" is forbidden: audience \"\" not"
                + " found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience");
        assertThat(Json.text(token("p", "[vault]").body(), "message")).as("another pod's").contains("audience \"vault\" not found in pod spec volume");
        assertThat(Json.text(token("t", "[vault, of-disk]").body(), "message")).endsWith("node may only request 0 or 1 audiences");
        assertThat(token("t", "[registry]").code()).isEqualTo(403);
        String rbac = "/apis/rbac.authorization.k8s.io/v1/";
        make(rbac + "clusterroles", "{metadata: {name: r}, rules: [{apiGroups: [''], resources: [registry], resourceNames: [app], verbs: [request-serviceaccounts-token-audience]}]}");
        make(rbac + "clusterrolebindings", "{metadata: {name: r}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r},"
                + " subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'system:nodes'}]}");
        assertThat(token("t", "[registry]").code()).as("a role lets it").isEqualTo(201);
        assertThat(token("t", "[elsewhere]").code()).isEqualTo(403);
    }

    private DirectCall.Answer token(String pod, String audiences) {
        String uid = Json.text(api.send("GET", CORE + "pods/" + pod, null).body(), "metadata", "uid");
        return api.sendAs(N1, "POST", CORE + "serviceaccounts/app/token", "{spec: {audiences: " + audiences + ", boundObjectRef: {apiVersion: v1, kind: Pod, name: " + pod + ", uid: " + uid + "}}}");
    }

    private DirectCall.Answer merge(User user, String path, String patch) {
        return DirectCall.send(api.server, user, "PATCH", path, Map.of("Content-Type", "application/merge-patch+json"), patch.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void extraIsImpersonatedByThoseWhoMay() {
        Map<String, String> headers = Map.of("Impersonate-User", "ann", "Impersonate-Extra-Example.com%2Fteam", "blue", "Content-Type", "application/json");
        byte[] review = "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}".getBytes(StandardCharsets.UTF_8);
        String path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        var answer = DirectCall.send(api.server, TestServer.ADMIN, "POST", path, headers, review);
        assertThat(Json.at(answer.body(), "status", "userInfo", "extra", "example.com/team").toString()).isEqualTo("[\"blue\"]");
        String rbac = "/apis/rbac.authorization.k8s.io/v1/";
        make(rbac + "clusterroles", "{metadata: {name: i}, rules: [{apiGroups: [''], resources: [users], verbs: [impersonate]}]}");
        make(rbac + "clusterrolebindings", "{metadata: {name: i}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: i},"
                + " subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: bob}]}");
        User bob = new User("bob", User.AUTHENTICATED);
        assertThat(Json.text(DirectCall.send(api.server, bob, "POST", path, headers, review).body(), "message"))
                .contains("cannot impersonate resource \"userextras/example.com/team\" in API group \"authentication.k8s.io\"");
        make(rbac + "clusterroles", "{metadata: {name: e}, rules: [{apiGroups: [authentication.k8s.io], resources: [userextras/example.com/team], resourceNames: [blue], verbs: [impersonate]}]}");
        make(rbac + "clusterrolebindings", "{metadata: {name: e}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: e},"
                + " subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: bob}]}");
        assertThat(DirectCall.send(api.server, bob, "POST", path, headers, review).code()).isEqualTo(201);
        assertThat(DirectCall.send(api.server, bob, "GET", "/api", Map.of("Impersonate-Extra-a", "b"), ApiRequest.NO_BODY).code()).isEqualTo(400);
    }
}
