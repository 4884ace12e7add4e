package io.skerry.apiserver.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.request.RequestInfo;
import io.skerry.machinery.json.Json;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuditTest {
    private static final String HEAD = "apiVersion: audit.k8s.io/v1\nkind: Policy\n";
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final User ANN = new User("ann", User.AUTHENTICATED);

    @TempDir
    Path folder;

    private AuditPolicy policy(String text) throws IOException {
        Path file = Files.writeString(folder.resolve("policy.yaml"), text);
        return AuditPolicy.read(file);
    }

    private List<JsonNode> events() throws IOException {
        return Files.readAllLines(folder.resolve("audit.log")).stream().map(line -> Json.parse(line.getBytes(StandardCharsets.UTF_8))).toList();
    }

    private static String field(JsonNode event, String... path) {
        return Json.text(event, path);
    }

    @Test
    void eachRuleTellsAsMuchAsItSays() throws Exception {
        AuditPolicy policy = policy(HEAD + """
                omitStages: [RequestReceived]
                rules:
                - {level: None, users: [quiet]}
                - {level: None, nonResourceURLs: ['/healthz*', /version]}
                - {level: Metadata, resources: [{group: '', resources: [secrets]}]}
                - {level: RequestResponse, verbs: [create], resources: [{group: '', resources: [configmaps]}], omitManagedFields: true}
                - {level: Request, resources: [{group: '', resources: ['*']}], namespaces: [default]}
                - {level: Metadata, omitStages: []}
                """);
        try (TestServer api = new TestServer(folder); AuditLog log = new AuditLog(folder.resolve("audit.log").toString(), new AuditLog.Limits(0, 0, 0), Clock.systemUTC())) {
            api.server.audit(new Auditor(policy, log));
            api.sendAs(new User("quiet", User.MASTERS), "GET", CORE + "secrets", null);
            api.send("GET", "/healthz", null);
            api.send("GET", "/version", null);
            assertThat(events()).isEmpty();
            var made = api.send("POST", CORE + "secrets", "{metadata: {name: s}, stringData: {password: hunter2}}");
            assertThat(made.headers().get("Audit-Id")).isEqualTo(field(events().getLast(), "auditID"));
            assertThat(Files.readString(folder.resolve("audit.log"))).as("metadata alone").doesNotContain("hunter2").doesNotContain("aHVudGVyMg");
            api.send("POST", CORE + "configmaps", "{metadata: {name: m}, data: {a: b}}");
            JsonNode told = events().getLast();
            assertThat(field(told, "level")).isEqualTo("RequestResponse");
            assertThat(field(told, "stage")).isEqualTo("ResponseComplete");
            assertThat(field(told, "verb")).isEqualTo("create");
            assertThat(field(told, "requestURI")).isEqualTo(CORE + "configmaps");
            assertThat(field(told, "objectRef", "resource")).isEqualTo("configmaps");
            assertThat(field(told, "requestObject", "data", "a")).isEqualTo("b");
            assertThat(field(told, "responseObject", "metadata", "uid")).isNotEmpty();
            assertThat(Json.at(told, "responseObject", "metadata", "managedFields").isMissingNode()).isTrue();
            assertThat(Json.at(told, "responseStatus", "code").asInt()).isEqualTo(201);
            assertThat(field(told, "annotations", "authorization.k8s.io/decision")).isEqualTo("allow");
            assertThat(field(told, "stageTimestamp")).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");
            DirectCall.send(api.server, TestServer.ADMIN, "POST", CORE + "configmaps", Map.of("Accept", "application/yaml", "Content-Type", "application/yaml"),
                    "metadata: {name: second}\ndata: {a: b}\n".getBytes(StandardCharsets.UTF_8));
            told = events().getLast();
            assertThat(field(told, "requestObject", "data", "a")).as("YAML is told as JSON is").isEqualTo("b");
            assertThat(field(told, "responseObject", "metadata", "uid")).isNotEmpty();
            api.sendAs(ANN, "DELETE", CORE + "configmaps/m", null);
            told = events().getLast();
            assertThat(field(told, "level")).isEqualTo("Request");
            assertThat(Json.at(told, "responseStatus", "code").asInt()).isEqualTo(403);
            assertThat(field(told, "responseStatus", "reason")).isEqualTo("Forbidden");
            assertThat(field(told, "annotations", "authorization.k8s.io/decision")).isEqualTo("forbid");
            assertThat(field(told, "user", "username")).isEqualTo("ann");
            DirectCall.send(api.server, TestServer.ADMIN, "GET", "/api/v1/nodes", Map.of("Impersonate-User", "ann"), ApiRequest.NO_BODY);
            told = events().getLast();
            assertThat(field(told, "user", "username")).isEqualTo("test-admin");
            assertThat(field(told, "impersonatedUser", "username")).isEqualTo("ann");
            api.send("GET", "/api/v1/namespaces?watch=true&timeoutSeconds=1&fieldSelector=metadata.name=default", null);
            assertThat(events().reversed().stream().limit(2).map(e -> field(e, "stage"))).containsExactly("ResponseComplete", "ResponseStarted");
            assertThat(events()).allSatisfy(e -> assertThat(field(e, "stage")).isNotEqualTo("RequestReceived"));
        }
    }

    @Test
    void whoHasNoGoodCredentialsIsToldOf() throws Exception {
        AuditPolicy policy = policy(HEAD + "rules: [{level: None, nonResourceURLs: ['/healthz']}, {level: Metadata}]\n");
        Vertx vertx = Vertx.vertx();
        try (TestServer api = new TestServer(folder); AuditLog log = new AuditLog(folder.resolve("audit.log").toString(), new AuditLog.Limits(0, 0, 0), Clock.systemUTC());
                HttpFrontend frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null),
                        client -> api.server.authenticator().authenticate(null, client.headers().apply("Authorization")), api.server, null);
                HttpClient client = HttpClient.newHttpClient()) {
            api.server.audit(new Auditor(policy, log));
            frontend.start();
            String base = "http://127.0.0.1:" + frontend.port();
            for (String[] each : new String[][] {{"GET", CORE + "secrets/s?access_token=x", "Bearer nonsense"}, {"POST", CORE + "configmaps", "Basic YTpi"},
                {"GET", "/healthz", "Bearer nonsense"}}) {
                var answer = client.send(HttpRequest.newBuilder(URI.create(base + each[1])).header("Authorization", each[2]).header("User-Agent", "probe/1")
                        .method(each[0], HttpRequest.BodyPublishers.ofString(each[0].equals("POST") ? "{}" : "")).build(), HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).isEqualTo(401);
            }
        } finally {
            vertx.close();
        }
        assertThat(events()).hasSize(2).allSatisfy(event -> {
            assertThat(field(event, "stage")).isEqualTo("ResponseStarted");
            assertThat(event.path("user")).isEqualTo(Json.object());
            assertThat(Json.at(event, "responseStatus", "code").asInt()).isEqualTo(401);
            assertThat(field(event, "userAgent")).isEqualTo("probe/1");
            assertThat(event.path("sourceIPs")).isEqualTo(Json.parse("[\"127.0.0.1\"]"));
        });
        assertThat(events()).extracting(event -> field(event, "responseStatus", "message"))
                .containsExactly("Authentication failed, attempted: bearer, access_token", "Authentication failed, attempted: basic");
        assertThat(events()).extracting(event -> field(event, "verb") + " " + field(event, "objectRef", "resource")).containsExactly("get secrets", "create configmaps");
    }

    @ParameterizedTest
    @CsvSource(delimiterString = " => ", quoteCharacter = '\u0001', textBlock = """
            rules: [{level: Much}] => policy.yaml:3: rules[0].level: must be None, Metadata, Request or RequestResponse
            rules: [] => policy.yaml:3: rules: must be a list of one rule at least
            rules: [{level: None, user: [a]}] => policy.yaml:3: rules[0].user: is no field of an audit policy
            rules: [{level: None, nonResourceURLs: [healthz]}] => policy.yaml:3: rules[0].nonResourceURLs: 'healthz' must start with / and may have a * at its end only
            rules: [{level: None, nonResourceURLs: [/a], namespaces: [b]}] => policy.yaml:3: rules[0].nonResourceURLs: cannot stand in a rule with resources or namespaces
            rules: [{level: None, resources: [{group: '', resourceNames: [a]}]}] => policy.yaml:3: rules[0].resources[0].resourceNames: needs resources beside it
            rules: [{level: None, omitStages: [Late]}] => policy.yaml:3: rules[0].omitStages: 'Late' must be RequestReceived, ResponseStarted, ResponseComplete or Panic
            rules: [{level: None => policy.yaml:
            """)
    void aBadPolicyIsNamedWithItsLine(String rules, String problem) {
        assertThatThrownBy(() -> policy(HEAD + rules + "\n")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(problem);
    }

    @Test
    void resourcesMatchAsUpstreamsDo() {
        String[][] cases = {{"*", "pods/log", "yes"}, {"pods", "pods/log", "no"}, {"pods/log", "pods/log", "yes"}, {"pods/*", "pods/log", "yes"}, {"pods/*", "pods", "yes"},
            {"*/log", "pods/log", "yes"}, {"*/log", "pods", "no"}, {"pods", "pods", "yes"}};
        for (String[] each : cases) {
            String[] wanted = each[1].split("/");
            var info = new RequestInfo(true, "get", "", "v1", "default", true, wanted[0], wanted.length > 1 ? wanted[1] : "", "p", List.of(), "/");
            boolean matched = new AuditRule.GroupResources("", List.of(each[0]), List.of()).matches(info);
            assertThat(matched).as(each[0] + " " + each[1]).isEqualTo(each[2].equals("yes"));
        }
    }

    @Test
    void filesAreTurnedAndGoByNumberAndAge() throws Exception {
        Path file = folder.resolve("log/audit.log");
        Instant now = Instant.parse("2026-01-31T00:00:00Z");
        Files.createDirectories(file.getParent());
        Files.writeString(file.resolveSibling("audit-2026-01-01T00-00-00.000.log"), "old");
        Files.writeString(file.resolveSibling("audit-of-something.log"), "not ours");
        byte[] event = ("{\"a\":\"" + "x".repeat(400_000) + "\"}").getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 4; i++) {
            // a restart in between goes on in the same file
            Clock clock = Clock.fixed(now.plus(Duration.ofSeconds(i)), ZoneOffset.UTC);
            try (AuditLog log = new AuditLog(file.toString(), new AuditLog.Limits(20, 1, 1), clock)) {
                log.write(event);
                log.write(event);
            }
        }
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files.map(f -> f.getFileName().toString()).sorted()).containsExactly("audit-2026-01-31T00-00-03.000.log", "audit-of-something.log", "audit.log");
        }
        assertThat(Files.readAllLines(file)).hasSize(2);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
    }
}
