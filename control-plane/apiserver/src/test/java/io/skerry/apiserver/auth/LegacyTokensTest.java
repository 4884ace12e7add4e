package io.skerry.apiserver.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.audit.AuditLog;
import io.skerry.apiserver.audit.AuditPolicy;
import io.skerry.apiserver.audit.Auditor;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens that are kept in Secrets: whom they prove, how long, and what is told of their use. */
class LegacyTokensTest {
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String SECRET = CORE + "secrets/key";
    private static final String MERGE = "application/merge-patch+json";
    @TempDir
    Path folder;
    private TestServer api;
    private String token;

    @BeforeEach
    void start() {
        api = new TestServer(folder);
        String uid = Json.text(api.make(CORE + "serviceaccounts", "{metadata: {name: robot}}"), "metadata", "uid");
        token = api.server.tokens().issueForSecret("default", "robot", uid, "key");
        make(token);
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private void make(String content) {
        api.make(CORE + "secrets", "{metadata: {name: key, annotations: {kubernetes.io/service-account.name: robot}}, type: kubernetes.io/service-account-token,"
                + " stringData: {token: '" + content + "'}}");
    }

    private User user() {
        return api.server.authenticator().authenticate(null, "Bearer " + token);
    }

    private JsonNode review(String spec) {
        return api.send("POST", "/apis/authentication.k8s.io/v1/tokenreviews", "{spec: {token: " + token + spec + "}}").body().path("status");
    }

    private String label(String name) {
        return Json.text(api.send("GET", SECRET, null).body(), "metadata", "labels", name);
    }

    @Test
    void claimsAreUpstreamsAndHaveNoEnd() {
        JsonNode claims = Json.parse(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
        assertThat(Json.text(claims, "iss")).isEqualTo("kubernetes/serviceaccount");
        assertThat(Json.text(claims, "sub")).isEqualTo("system:serviceaccount:default:robot");
        assertThat(Json.text(claims, "kubernetes.io/serviceaccount/secret.name")).isEqualTo("key");
        assertThat(claims.has("exp") || claims.has("aud")).isFalse();
    }

    @Test
    void isGoodWhileSecretAndAccountAreThere() {
        User user = user();
        assertThat(user.name()).isEqualTo("system:serviceaccount:default:robot");
        assertThat(user.groups()).containsExactly("system:serviceaccounts", "system:serviceaccounts:default", User.AUTHENTICATED);
        assertThat(user.extra()).isEmpty();
        assertThat(Json.text(review(""), "user", "username")).isEqualTo("system:serviceaccount:default:robot");
        assertThat(review("").path("audiences")).isEqualTo(Json.parse("[\"https://kubernetes.default.svc.cluster.local\"]"));
        assertThat(Json.text(review(", audiences: [vault]"), "error")).isEqualTo("[invalid bearer token, token audiences [https://kubernetes.default.svc.cluster.local] is"
                + " invalid for the target audiences [vault]]");
        api.send("DELETE", SECRET, null);
        assertThatThrownBy(this::user).hasMessage("Unauthorized");
        assertThat(Json.text(review(""), "error")).isEqualTo("[invalid bearer token, Token has been invalidated]");
        make("another");
        assertThat(Json.text(review(""), "error")).isEqualTo("[invalid bearer token, Token does not match server's copy]");
        api.send("DELETE", SECRET, null);
        make(token);
        assertThat(user().name()).endsWith(":robot");
        api.send("DELETE", CORE + "serviceaccounts/robot", null);
        assertThat(Json.text(review(""), "error")).isEqualTo("[invalid bearer token, ServiceAccount default/robot has been deleted]");
        api.make(CORE + "serviceaccounts", "{metadata: {name: robot}}");
        assertThat(Json.text(review(""), "error")).contains("does not match claim (");
        assertThatThrownBy(this::user).hasMessage("Unauthorized");
    }

    @Test
    void theDayOfItsUseIsWrittenOnTheSecretOnce() {
        LocalDate day = LocalDate.now(ZoneOffset.UTC);
        user();
        Awaitility.await().until(() -> !label("kubernetes.io/legacy-token-last-used").isEmpty());
        assertThat(label("kubernetes.io/legacy-token-last-used")).isIn(day.toString(), day.plusDays(1).toString());
        String tomorrow = LocalDate.now(ZoneOffset.UTC).plusDays(1).toString();
        for (String noted : List.of(LocalDate.now(ZoneOffset.UTC).toString(), tomorrow)) {
            api.patch(SECRET, MERGE, "{\"metadata\":{\"labels\":{\"kubernetes.io/legacy-token-last-used\":\"" + noted + "\"}}}");
            String revision = Json.text(api.send("GET", SECRET, null).body(), "metadata", "resourceVersion");
            for (int i = 0; i < 20; i++) {
                user();
            }
            Awaitility.await().pollDelay(java.time.Duration.ofMillis(200)).until(() -> true);
            assertThat(Json.text(api.send("GET", SECRET, null).body(), "metadata", "resourceVersion")).as("written once a day").isEqualTo(revision);
        }
        api.patch(SECRET, MERGE, "{\"metadata\":{\"labels\":{\"kubernetes.io/legacy-token-last-used\":\"2025-01-01\"}}}");
        user();
        Awaitility.await().until(() -> !label("kubernetes.io/legacy-token-last-used").equals("2025-01-01"));
    }

    @Test
    void oneThatIsMarkedInvalidIsRefused() {
        api.patch(SECRET, MERGE, "{\"metadata\":{\"labels\":{\"kubernetes.io/legacy-token-invalid-since\":\"2026-01-01\"}}}");
        assertThatThrownBy(this::user).hasMessage("Unauthorized");
        assertThat(Json.text(review(""), "error")).contains("the token in secret default/key for service account default/robot has been marked invalid. Use tokens from the TokenRequest API")
                .contains("remove the 'kubernetes.io/legacy-token-invalid-since' label");
        // whoever marked it is to see that it was needed
        Awaitility.await().until(() -> !label("kubernetes.io/legacy-token-last-used").isEmpty());
        api.patch(SECRET, MERGE, "{\"metadata\":{\"labels\":{\"kubernetes.io/legacy-token-invalid-since\":null}}}");
        assertThat(user().name()).endsWith(":robot");
    }

    @Test
    void itsUseIsToldOf() throws Exception {
        Path file = folder.resolve("audit.log");
        Path policy = Files.writeString(folder.resolve("policy.yaml"), "apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n");
        try (AuditLog log = new AuditLog(file.toString(), new AuditLog.Limits(0, 0, 0), Clock.systemUTC())) {
            api.server.audit(new Auditor(AuditPolicy.read(policy), log));
            var quiet = api.sendAs(user(), "GET", "/api", null);
            assertThat(quiet.headers()).as("one that somebody made knowingly").doesNotContainKey("Warning");
            api.patch(CORE + "serviceaccounts/robot", MERGE, "{\"secrets\":[{\"name\":\"key\"}]}");
            User listed = user();
            for (String path : List.of("/api", CORE + "secrets", "/nowhere")) {
                assertThat(api.sendAs(listed, "GET", path, null).headers().get("Warning")).as(path).isEqualTo("299 - \"Use tokens from the TokenRequest API or manually created"
                        + " secret-based tokens instead of auto-generated secret-based tokens.\"");
            }
            api.server.audit(null);
        }
        List<String> told = Files.readAllLines(file, StandardCharsets.UTF_8).stream().filter(line -> line.contains("system:serviceaccount:default:robot")).toList();
        assertThat(told).hasSize(4);
        assertThat(told.getFirst()).contains("\"authentication.k8s.io/legacy-token-manual-secret\":\"key\"");
        assertThat(told.subList(1, 4)).allMatch(line -> line.contains("\"authentication.k8s.io/legacy-token-autogenerated-secret\":\"key\""));
    }
}
