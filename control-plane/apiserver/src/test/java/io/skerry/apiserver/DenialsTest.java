package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.http.AcceptTransport;
import io.skerry.apiserver.http.Blocking;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.http.HttpLimits;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.pki.Pem;
import io.skerry.apiserver.proxy.BridgeAddress;
import io.skerry.machinery.json.Json;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What docs/security.md says is refused, tried: one case for each line of its table, and no line without one. */
class DenialsTest {
    private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1";
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String PLAIN_POD = "{metadata: {name: mine}, spec: {containers: [{name: c, image: x}]}}";
    private static final User ANN = new User("ann", User.AUTHENTICATED);
    private static final User NODE = new User("system:node:n1", "system:nodes", User.AUTHENTICATED);
    private static final User JOINING = new User("system:bootstrap:abcdef", "system:bootstrappers", User.AUTHENTICATED);
    private static final User ACCOUNT = new User("system:serviceaccount:default:default", "system:serviceaccounts", "system:serviceaccounts:default", User.AUTHENTICATED);

    @TempDir
    static Path folder;
    static TestServer api;
    static ClusterPki pki;
    static Vertx vertx;
    static HttpFrontend frontend;

    /** @param code of the answer; 0: the connection is refused */
    private record Answer(int code, String message) {
    }

    private interface Attempt {
        Answer make() throws Exception;
    }

    @BeforeAll
    static void start() throws Exception {
        api = new TestServer(folder);
        pki = ClusterPki.ensure(folder.resolve("pki"), List.of("127.0.0.1"), Clock.systemUTC());
        api.server.signCertificates(pki);
        vertx = AcceptTransport.vertx(new VertxOptions());
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, pki.servingCertificate(), pki.servingKey(), pki.clientCaCertificate()),
                info -> api.server.authenticator().authenticate(info.peerCertificates().isEmpty() ? null : info.peerCertificates().getFirst(),
                        info.headers().apply("Authorization")), api.server, null);
        frontend.start();
        for (String node : List.of("n1", "n2")) {
            make("/api/v1/nodes", "{metadata: {name: " + node + "}}");
        }
        make(CORE + "serviceaccounts", "{metadata: {name: other}}");
        make(CORE + "serviceaccounts", "{metadata: {name: mine}}");
        make(CORE + "pods", "{metadata: {name: own}, spec: {nodeName: n1, serviceAccountName: mine, containers: [{name: c, image: x}]}}");
        make(CORE + "secrets", "{metadata: {name: elsewhere}, stringData: {a: b}}");
        make(CORE + "pods", "{metadata: {name: elsewhere}, spec: {nodeName: n2, serviceAccountName: other, containers: [{name: c, image: x}]}}");
        make("/api/v1/namespaces", "{metadata: {name: strict, labels: {pod-security.kubernetes.io/enforce: restricted}}}");
        make("/api/v1/namespaces/strict/serviceaccounts", "{metadata: {name: default}}");
        make("/api/v1/namespaces", "{metadata: {name: full}}");
        make(CORE + "pods", "{metadata: {name: inward}, spec: {containers: [{name: c, image: x}]}}");
        assertThat(patch(TestServer.ADMIN, CORE + "pods/inward/status", "{\"status\":{\"podIP\":\"127.0.0.1\",\"podIPs\":[{\"ip\":\"127.0.0.1\"}]}}").code()).isEqualTo(200);
        make("/api/v1/namespaces/full/resourcequotas", "{metadata: {name: q}, spec: {hard: {configmaps: 0}}}");
        grant("writer", "[{apiGroups: [rbac.authorization.k8s.io], resources: ['*'], verbs: [create, patch]}, {apiGroups: [''], resources: [limitranges], verbs: [update]},"
                + " {apiGroups: [''], resources: [configmaps], verbs: [patch]}, {apiGroups: [''], resources: [pods/proxy], verbs: [get]},"
                + " {apiGroups: [''], resources: [secrets], resourceNames: [mine], verbs: [create]}, {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests, certificatesigningrequests/approval], verbs: ['*']}]");
    }

    @AfterAll
    static void stop() {
        frontend.close();
        Blocking.await(vertx.close());
        api.close();
    }

    private static void make(String path, String yaml) {
        var answer = api.send("POST", path, yaml);
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
    }

    private static void grant(String name, String rules) {
        make(RBAC + "/clusterroles", "{metadata: {name: " + name + "}, rules: " + rules + "}");
        make(RBAC + "/clusterrolebindings", "{metadata: {name: " + name + "}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: " + name
                + "}, subjects: [{kind: User, name: bob, apiGroup: rbac.authorization.k8s.io}]}");
    }

    private static Answer as(User user, String method, String path, String yaml) {
        return of(api.sendAs(user, method, path, yaml));
    }

    private static Answer of(DirectCall.Answer answer) {
        return new Answer(answer.code(), Json.text(answer.body(), "message"));
    }

    private static Answer patch(User user, String path, String patch) {
        return of(DirectCall.send(api.server, user, "PATCH", path, Map.of("Content-Type", "application/merge-patch+json"), patch.getBytes(StandardCharsets.UTF_8)));
    }

    /** Shows its certificate whatever authorities the server names: Java's own would keep back one that cannot please. */
    private static final class Shown extends X509ExtendedKeyManager {
        private final X509Certificate certificate;
        private final PrivateKey key;

        Shown(X509Certificate certificate, PrivateKey key) {
            this.certificate = certificate;
            this.key = key;
        }

        @Override
        public String[] getClientAliases(String type, Principal[] issuers) {
            return new String[] {"own"};
        }

        @Override
        public String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
            return "own";
        }

        @Override
        public String chooseEngineClientAlias(String[] types, Principal[] issuers, SSLEngine engine) {
            return "own";
        }

        @Override
        public String[] getServerAliases(String type, Principal[] issuers) {
            return new String[0];
        }

        @Override
        public String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
            return null;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return new X509Certificate[] {certificate};
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return key;
        }
    }

    /** A request over the socket, with a client certificate and its key in files, or with a bearer token, or neither. */
    private static Answer overTls(Path certificate, Path key, String token, String method, String path) throws Exception {
        return overTls("127.0.0.1", certificate, key, token, method, path);
    }

    /** @param from address of this machine to call from */
    private static Answer overTls(String from, Path certificate, Path key, String token, String method, String path) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null);
        trusted.setCertificateEntry("ca", Pem.certificate(pki.serverCaCertificate()));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        KeyManager[] keys = certificate == null ? null : new KeyManager[] {new Shown(Pem.certificate(certificate), Pem.ecKey(key))};
        context.init(keys, trust.getTrustManagers(), null);
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + frontend.port() + path)).timeout(Duration.ofSeconds(20))
                .method(method, method.equals("POST") ? HttpRequest.BodyPublishers.ofString("{}") : HttpRequest.BodyPublishers.noBody());
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        try (HttpClient client = HttpClient.newBuilder().sslContext(context).localAddress(InetAddress.ofLiteral(from)).build()) {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(answer.statusCode(), answer.body());
        } catch (IOException e) {
            return new Answer(0, String.valueOf(e.getMessage()));
        }
    }

    /** One more connection from an address from where as many are open as may be without credentials. */
    private static Answer fromOneThatFloods() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try (BridgeAddress elsewhere = new BridgeAddress()) {
            for (int i = 0; i < HttpLimits.DEFAULT.strangersOfOneAddress(); i++) {
                Socket socket = new Socket();
                silent.add(socket);
                socket.bind(new InetSocketAddress(elsewhere.address, 0));
                socket.connect(new InetSocketAddress("127.0.0.1", frontend.port()));
            }
            assertThat(overTls(null, null, null, "GET", "/livez").code()).as("from this machine, as its watchdog").isEqualTo(200);
            return overTls(elsewhere.address, null, null, null, "GET", "/livez");
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
    }

    private static String token(String account, String spec) {
        JsonNode granted = api.send("POST", CORE + "serviceaccounts/" + account + "/token", "{spec: " + spec + "}").body();
        return Json.text(granted, "status", "token");
    }

    private static Answer tokenOfDeletedPod() throws Exception {
        make(CORE + "pods", "{metadata: {name: gone}, spec: {serviceAccountName: other, containers: [{name: c, image: x}]}}");
        String token = token("other", "{boundObjectRef: {apiVersion: v1, kind: Pod, name: gone}}");
        assertThat(overTls(null, null, token, "GET", "/api").code()).as("good while the pod is").isEqualTo(200);
        api.send("DELETE", CORE + "pods/gone?gracePeriodSeconds=0", null);
        return overTls(null, null, token, "GET", "/api");
    }

    /** Of a Secret, which either goes or is marked. */
    private static Answer tokenOfSecret(String name, String method, String patch) throws Exception {
        String account = Json.text(api.send("GET", CORE + "serviceaccounts/other", null).body(), "metadata", "uid");
        String token = api.server.tokens().issueForSecret("default", "other", account, name);
        make(CORE + "secrets", "{metadata: {name: " + name + ", annotations: {kubernetes.io/service-account.name: other}}, type: kubernetes.io/service-account-token,"
                + " stringData: {token: '" + token + "'}}");
        assertThat(overTls(null, null, token, "GET", "/api").code()).as("good while the secret is").isEqualTo(200);
        assertThat(DirectCall.send(api.server, TestServer.ADMIN, method, CORE + "secrets/" + name, Map.of("Content-Type", "application/merge-patch+json"),
                patch.getBytes(StandardCharsets.UTF_8)).code()).isEqualTo(200);
        return overTls(null, null, token, "GET", "/api");
    }

    private static Map<String, Attempt> attempts() {
        User bob = new User("bob", User.AUTHENTICATED);
        String csr = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
        Map<String, Attempt> all = new LinkedHashMap<>();
        all.put("foreign-certificate", () -> {
            ClusterPki.ensure(folder.resolve("foreign"), List.of("127.0.0.1"), Clock.systemUTC());
            return overTls(folder.resolve("foreign/client-admin.crt"), folder.resolve("foreign/client-admin.key"), null, "GET", "/api");
        });
        all.put("serving-certificate", () -> overTls(pki.servingCertificate(), pki.servingKey(), null, "GET", "/api"));
        all.put("connection-flood", DenialsTest::fromOneThatFloods);
        all.put("unknown-token", () -> overTls(null, null, "no.such.token", "GET", "/api"));
        all.put("unknown-bootstrap-token", () -> overTls(null, null, "abcdef.0123456789abcdef", "GET", "/api"));
        all.put("token-for-others", () -> overTls(null, null, token("other", "{audiences: [vault]}"), "GET", "/api"));
        all.put("token-of-deleted-pod", DenialsTest::tokenOfDeletedPod);
        all.put("token-of-deleted-secret", () -> tokenOfSecret("gone", "DELETE", ""));
        all.put("token-marked-invalid", () -> tokenOfSecret("marked", "PATCH", "{\"metadata\":{\"labels\":{\"kubernetes.io/legacy-token-invalid-since\":\"2026-01-01\"}}}"));
        all.put("anonymous-api", () -> overTls(null, null, null, "GET", "/api"));
        all.put("anonymous-metrics", () -> overTls(null, null, null, "GET", "/metrics"));
        all.put("anonymous-body", () -> overTls(null, null, null, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"));
        all.put("user-without-role", () -> as(ANN, "GET", CORE + "secrets", null));
        all.put("pod-reads-secrets", () -> as(ACCOUNT, "GET", CORE + "secrets/elsewhere", null));
        all.put("pod-makes-pods", () -> as(ACCOUNT, "POST", CORE + "pods", PLAIN_POD));
        all.put("create-by-update", () -> as(bob, "PUT", CORE + "limitranges/new", "{metadata: {name: new}, spec: {limits: []}}"));
        all.put("create-by-apply", () -> of(DirectCall.send(api.server, bob, "PATCH", CORE + "configmaps/new?fieldManager=bob", Map.of("Content-Type", "application/apply-patch+yaml"),
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: new}}".getBytes(StandardCharsets.UTF_8))));
        all.put("create-under-another-name", () -> as(bob, "POST", CORE + "secrets/mine", "{metadata: {name: other}}"));
        all.put("impersonate", () -> of(DirectCall.send(api.server, ANN, "GET", "/api", Map.of("Impersonate-User", "admin", "Impersonate-Group", "system:masters"), ApiRequest.NO_BODY)));
        all.put("escalate-by-role", () -> as(bob, "POST", RBAC + "/clusterroles", "{metadata: {name: x}, rules: [{apiGroups: [''], resources: [secrets], verbs: [get]}]}"));
        all.put("escalate-by-label", () -> patch(bob, RBAC + "/clusterroles/cluster-admin", "{\"metadata\":{\"labels\":{\"rbac.authorization.k8s.io/aggregate-to-view\":\"true\"}}}"));
        all.put("escalate-by-binding", () -> as(bob, "POST", RBAC + "/clusterrolebindings", "{metadata: {name: x}, roleRef: {apiGroup: rbac.authorization.k8s.io,"
                + " kind: ClusterRole, name: cluster-admin}, subjects: [{kind: User, name: bob, apiGroup: rbac.authorization.k8s.io}]}"));
        all.put("bind-unknown-role", () -> as(bob, "POST", CORE.replace("/api/v1", RBAC) + "rolebindings", "{metadata: {name: x}, roleRef: {apiGroup: rbac.authorization.k8s.io,"
                + " kind: Role, name: later}, subjects: [{kind: User, name: bob, apiGroup: rbac.authorization.k8s.io}]}"));
        all.put("approve-certificate", () -> {
            make(csr, "{metadata: {name: c}, spec: {signerName: kubernetes.io/kube-apiserver-client, usages: [client auth], request: " + request() + "}}");
            return patch(bob, csr + "/c/approval", "{\"status\":{\"conditions\":[{\"type\":\"Approved\",\"status\":\"True\",\"reason\":\"Test\"}]}}");
        });
        all.put("bootstrap-reads", () -> as(JOINING, "GET", "/api/v1/nodes", null));
        all.put("node-reads-secret", () -> as(NODE, "GET", CORE + "secrets/elsewhere", null));
        all.put("node-lists-pods", () -> as(NODE, "GET", "/api/v1/pods", null));
        all.put("node-writes-node", () -> patch(NODE, "/api/v1/nodes/n2", "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"));
        all.put("node-labels-itself", () -> patch(NODE, "/api/v1/nodes/n1", "{\"metadata\":{\"labels\":{\"node-restriction.kubernetes.io/a\":\"b\"}}}"));
        all.put("node-untaints-itself", () -> patch(NODE, "/api/v1/nodes/n1", "{\"spec\":{\"taints\":[{\"key\":\"a\",\"effect\":\"NoSchedule\"}]}}"));
        all.put("node-names-owner", () -> patch(NODE, "/api/v1/nodes/n1",
                "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"none\",\"uid\":\"0\"}]}}"));
        all.put("node-makes-pods", () -> as(NODE, "POST", CORE + "pods", PLAIN_POD.replace("{containers", "{nodeName: n1, containers")));
        all.put("node-takes-token", () -> as(NODE, "POST", CORE + "serviceaccounts/other/token", "{spec: {boundObjectRef: {apiVersion: v1, kind: Pod, name: elsewhere}}}"));
        all.put("node-takes-audience", () -> as(NODE, "POST", CORE + "serviceaccounts/mine/token", "{spec: {audiences: [vault], boundObjectRef: {apiVersion: v1, kind: Pod,"
                + " name: own, uid: " + Json.text(api.send("GET", CORE + "pods/own", null).body(), "metadata", "uid") + "}}}"));
        all.put("node-evicts", () -> as(NODE, "POST", CORE + "pods/elsewhere/eviction", "{apiVersion: policy/v1, kind: Eviction, metadata: {name: elsewhere}}"));
        all.put("node-proxies", () -> as(NODE, "GET", "/api/v1/nodes/n1/proxy/pods", null));
        all.put("proxy-to-node", () -> as(ANN, "GET", "/api/v1/nodes/n1/proxy/metrics", null));
        all.put("proxy-to-pod", () -> as(ANN, "GET", CORE + "pods/elsewhere:80/proxy/", null));
        all.put("proxy-to-service", () -> as(ANN, "GET", CORE + "services/https:elsewhere:443/proxy/", null));
        all.put("proxy-post", () -> as(bob, "POST", CORE + "pods/elsewhere:80/proxy/", null));
        all.put("proxy-from-namespace", () -> as(TestServer.ADMIN, "GET", CORE + "nodes/n1/proxy/metrics", null));
        all.put("proxy-to-loopback", () -> as(TestServer.ADMIN, "GET", CORE + "pods/inward:80/proxy/", null));
        all.put("privileged-pod", () -> as(TestServer.ADMIN, "POST", "/api/v1/namespaces/strict/pods",
                PLAIN_POD.replace("image: x", "image: x, securityContext: {privileged: true}")));
        all.put("over-quota", () -> as(TestServer.ADMIN, "POST", "/api/v1/namespaces/full/configmaps", "{metadata: {name: one}}"));
        all.put("system-namespace", () -> as(TestServer.ADMIN, "DELETE", "/api/v1/namespaces/kube-system", null));
        return all;
    }

    private static String request() throws Exception {
        var generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        var pair = generator.generateKeyPair();
        byte[] der = new JcaPKCS10CertificationRequestBuilder(new X500Principal("CN=ann"), pair.getPublic())
                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())).getEncoded();
        var base64 = Base64.getMimeEncoder(64, new byte[] {'\n'});
        return Base64.getEncoder().encodeToString(("-----BEGIN CERTIFICATE REQUEST-----\n" + base64.encodeToString(der)
                + "\n-----END CERTIFICATE REQUEST-----\n").getBytes(StandardCharsets.US_ASCII));
    }

    /** The table's lines: name, and the code of the answer (0 for "refused in TLS"). */
    private static Map<String, Integer> documented() throws Exception {
        Path doc = Path.of("../../docs/security.md");
        Matcher line = Pattern.compile("(?m)^\\| `([a-z-]+)` \\|.*\\| ([0-9]{3}|no connection) \\|$").matcher(Files.readString(doc));
        Map<String, Integer> found = new LinkedHashMap<>();
        while (line.find()) {
            found.put(line.group(1), line.group(2).equals("no connection") ? 0 : Integer.parseInt(line.group(2)));
        }
        return found;
    }

    @Test
    void everyLineIsTried() throws Exception {
        assertThat(documented().keySet()).containsExactlyElementsOf(attempts().keySet());
    }

    @TestFactory
    Stream<DynamicTest> denied() throws Exception {
        Map<String, Integer> documented = documented();
        return attempts().entrySet().stream().map(each -> DynamicTest.dynamicTest(each.getKey(), () -> {
            Answer answer = each.getValue().make();
            assertThat(answer.code()).as(answer.message()).isEqualTo(documented.get(each.getKey()));
        }));
    }

    @Test
    void theAdministratorIsLetIn() throws Exception {
        Path tls = folder.resolve("pki");
        assertThat(overTls(tls.resolve("client-admin.crt"), tls.resolve("client-admin.key"), null, "GET", CORE + "secrets").code()).isEqualTo(200);
        assertThat(overTls(null, null, null, "GET", "/readyz").code()).isEqualTo(200);
    }
}
