package io.skerry.apiserver.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootstrapTokensTest {
    @TempDir
    Path folder;

    private static void token(TestServer api, String id, String more) {
        var answer = api.send("POST", "/api/v1/namespaces/kube-system/secrets", "{apiVersion: v1, kind: Secret, metadata: {name: bootstrap-token-" + id
                + "}, type: bootstrap.kubernetes.io/token, stringData: {token-id: " + id + ", token-secret: 0123456789abcdef, usage-bootstrap-authentication: 'true'" + more + "}}");
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    @Test
    void tokensAuthenticateUntilTheyExpire() {
        try (TestServer api = new TestServer(folder)) {
            Authenticator authenticator = api.server.authenticator();
            token(api, "abcdef", ", auth-extra-groups: 'system:bootstrappers:edge'");
            token(api, "expire", ", expiration: '" + Instant.now().minusSeconds(1) + "'");
            token(api, "wrongx", ", auth-extra-groups: 'system:masters'");
            token(api, "gapped", ", auth-extra-groups: 'system:bootstrappers:edge,'");
            User user = authenticator.authenticate(null, "Bearer abcdef.0123456789abcdef");
            assertThat(user.name()).isEqualTo("system:bootstrap:abcdef");
            assertThat(user.groups()).containsExactly("system:bootstrappers", "system:bootstrappers:edge", User.AUTHENTICATED);
            for (String bad : new String[] {"abcdef.0123456789abcdee", "expire.0123456789abcdef", "wrongx.0123456789abcdef", "gapped.0123456789abcdef", "nobody.0123456789abcdef"}) {
                assertThatThrownBy(() -> authenticator.authenticate(null, "Bearer " + bad)).as(bad).isInstanceOf(ApiException.class).hasMessage("Unauthorized");
            }
        }
    }

    @Test
    void aTokenReviewKnowsThem() {
        try (TestServer api = new TestServer(folder)) {
            token(api, "abcdef", "");
            token(api, "expire", ", expiration: '" + Instant.now().minusSeconds(1) + "'");
            String path = "/apis/authentication.k8s.io/v1/tokenreviews";
            var status = api.send("POST", path, "{spec: {token: abcdef.0123456789abcdef}}").body().path("status");
            assertThat(status.path("authenticated").asBoolean()).isTrue();
            assertThat(Json.text(status, "user", "username")).isEqualTo("system:bootstrap:abcdef");
            assertThat(status.path("user").path("groups")).isEqualTo(Json.parse("[\"system:bootstrappers\",\"system:authenticated\"]"));
            assertThat(status.path("audiences")).isEqualTo(Json.parse("[\"" + api.server.tokens().defaultAudience() + "\"]"));
            for (String bad : new String[] {"{token: expire.0123456789abcdef}", "{token: abcdef.0123456789abcdee}", "{token: abcdef.0123456789abcdef, audiences: [vault]}"}) {
                status = api.send("POST", path, "{spec: " + bad + "}").body().path("status");
                assertThat(status.path("authenticated").asBoolean()).as(bad).isFalse();
                assertThat(status.path("user").size()).as(bad).isZero();
                assertThat(Json.text(status, "error")).as(bad).startsWith("[invalid bearer token, ").contains(bad.contains("vault") ? "target audiences [vault]" : "no such bootstrap token");
            }
        }
    }

    @Test
    void uidsAreImpersonatedByThoseWhoMay() {
        try (TestServer api = new TestServer(folder)) {
            Map<String, String> headers = Map.of("Impersonate-User", "ann", "Impersonate-Uid", "4711", "Content-Type", "application/json");
            byte[] review = Json.bytes(Json.parse("{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"SelfSubjectReview\"}"));
            var answer = DirectCall.send(api.server, TestServer.ADMIN, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", headers, review);
            assertThat(Json.text(answer.body(), "status", "userInfo", "uid")).isEqualTo("4711");
            api.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", """
                    {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: imp}, rules: [{apiGroups: [''], resources: [users], verbs: [impersonate]}]}""");
            api.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", """
                    {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: imp}, roleRef: {kind: ClusterRole, name: imp}, subjects: [{kind: User, name: bob}]}""");
            User bob = new User("bob", User.AUTHENTICATED);
            var refused = DirectCall.send(api.server, bob, "GET", "/version", headers, ApiRequest.NO_BODY);
            assertThat(refused.code()).isEqualTo(403);
            assertThat(Json.text(refused.body(), "message")).contains("cannot impersonate resource \"uids\" in API group \"authentication.k8s.io\"");
            assertThat(DirectCall.send(api.server, bob, "GET", "/version", Map.of("Impersonate-Uid", "4711"), ApiRequest.NO_BODY).code()).isEqualTo(400);
        }
    }
}
