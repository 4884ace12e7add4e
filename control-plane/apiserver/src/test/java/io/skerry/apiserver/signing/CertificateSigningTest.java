package io.skerry.apiserver.signing;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.pki.Pem;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.awaitility.Awaitility;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CertificateSigningTest {
    private static final String PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
    private static final String APPROVED = "{\"status\":{\"conditions\":[{\"type\":\"Approved\",\"status\":\"True\",\"reason\":\"Test\",\"message\":\"yes\"}]}}";

    @TempDir
    Path folder;
    TestServer api;
    ClusterPki pki;
    KeyPair pair;

    @BeforeEach
    void start() throws Exception {
        api = new TestServer(folder);
        pki = ClusterPki.ensure(folder.resolve("pki"), List.of("127.0.0.1"), Clock.systemUTC());
        api.server.signCertificates(pki);
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        pair = generator.generateKeyPair();
    }

    @AfterEach
    void stop() {
        api.close();
    }

    private String csr(String subject) throws Exception {
        return csr(subject, null);
    }

    /** @param alternativeNames the value of the extension, in DER; null for none */
    private String csr(String subject, byte[] alternativeNames) throws Exception {
        var builder = new JcaPKCS10CertificationRequestBuilder(new X500Principal(subject), pair.getPublic());
        if (alternativeNames != null) {
            builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, new Extensions(new Extension(Extension.subjectAlternativeName, false, alternativeNames)));
        }
        byte[] der = builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())).getEncoded();
        String pem = "-----BEGIN CERTIFICATE REQUEST-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END CERTIFICATE REQUEST-----\n";
        return Base64.getEncoder().encodeToString(pem.getBytes());
    }

    private DirectCall.Answer ask(String name, String signer, String subject, String more) throws Exception {
        return askAs(TestServer.ADMIN, name, signer, subject, more);
    }

    private DirectCall.Answer askAs(User user, String name, String signer, String subject, String more) throws Exception {
        return api.sendAs(user, "POST", PATH, "{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: " + name + "}, spec: {signerName: " + signer
                + ", request: " + csr(subject) + ", " + more + "}}");
    }

    private JsonNode settled(String name, String field) {
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !Json.at(get(name), "status", field).isMissingNode());
        return get(name);
    }

    private JsonNode get(String name) {
        return api.send("GET", PATH + "/" + name, null).body();
    }

    @Test
    void approvedRequestsAreSigned() throws Exception {
        assertThat(ask("ann", "kubernetes.io/kube-apiserver-client", "O=sailors,CN=ann", "usages: [client auth], username: someone-else, expirationSeconds: 3600").code()).isEqualTo(201);
        assertThat(Json.text(get("ann"), "spec", "username")).isEqualTo("test-admin");
        var approved = api.patch(PATH + "/ann/approval", "application/merge-patch+json", APPROVED);
        assertThat(approved.code()).as(approved.body().toString()).isEqualTo(200);
        byte[] pem = Base64.getDecoder().decode(Json.text(settled("ann", "certificate"), "status", "certificate"));
        X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(pem));
        certificate.verify(Pem.certificate(pki.clientCaCertificate()).getPublicKey());
        assertThat(certificate.getSubjectX500Principal().getName()).contains("CN=ann").contains("O=sailors");
        assertThat(certificate.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.2");
        assertThat(certificate.getPublicKey()).isEqualTo(pair.getPublic());
        assertThat(certificate.getNotAfter().toInstant()).isBetween(Instant.now().plusSeconds(3500), Instant.now().plusSeconds(3600));
        assertThat(api.server.authenticator().authenticate(certificate, null)).extracting(User::name).isEqualTo("ann");
    }

    @Test
    void whatASignerDoesNotTakeFails() throws Exception {
        ask("server", "kubernetes.io/kube-apiserver-client", "CN=x", "usages: [server auth]");
        api.patch(PATH + "/server/approval", "application/merge-patch+json", APPROVED);
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> Json.at(get("server"), "status", "conditions").size() == 2);
        assertThat(Json.at(get("server"), "status", "conditions").get(1).path("reason").asText()).isEqualTo("SignerValidationFailure");
        var masters = ask("root", "kubernetes.io/kube-apiserver-client", "O=system:masters,CN=root", "usages: [client auth]");
        assertThat(masters.code()).isEqualTo(403);
        assertThat(Json.text(masters.body(), "message")).contains("use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed");
        assertThat(ask("hidden", "kubernetes.io/kube-apiserver-client", "O=sailors+O=system:masters,CN=root", "usages: [client auth]").code()).isEqualTo(403);
        var broken = api.send("POST", PATH, "{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: b}, spec: {signerName: example.com/x, request: aGk=, usages: [client auth]}}");
        assertThat(Json.text(broken.body(), "message")).contains("PEM block type must be CERTIFICATE REQUEST");
    }

    @Test
    void nodesThatJoinOrRenewAreApproved() throws Exception {
        String kubelet = "kubernetes.io/kube-apiserver-client-kubelet";
        String usages = "usages: [digital signature, client auth]";
        User joining = new User("system:bootstrap:abcdef", "system:bootstrappers", User.AUTHENTICATED);
        User node = new User("system:node:n1", "system:nodes", User.AUTHENTICATED);
        assertThat(askAs(joining, "join", kubelet, "O=system:nodes,CN=system:node:n1", usages).code()).isEqualTo(201);
        settled("join", "certificate");
        assertThat(Json.at(get("join"), "status", "conditions").get(0).path("reason").asText()).isEqualTo("AutoApproved");
        askAs(node, "renew", kubelet, "O=system:nodes,CN=system:node:n1", usages);
        settled("renew", "certificate");
        // none of these is a node asking for itself, or a newcomer asking for a node
        askAs(node, "other", kubelet, "O=system:nodes,CN=system:node:n2", usages);
        askAs(joining, "more", kubelet, "O=system:nodes+O=system:masters,CN=system:node:n1", usages);
        askAs(joining, "two", kubelet, "O=system:nodes,CN=system:node:n1,CN=ann", usages);
        askAs(joining, "user", kubelet, "O=system:nodes,CN=ann", usages);
        askAs(joining, "serving", kubelet, "O=system:nodes,CN=system:node:n1", "usages: [digital signature, server auth]");
        askAs(joining, "client", "kubernetes.io/kube-apiserver-client", "CN=ann", "usages: [client auth]");
        // requests are considered one after the other: when this one is through, those before were
        askAs(joining, "last", kubelet, "O=system:nodes,CN=system:node:n3", usages);
        settled("last", "certificate");
        for (String name : List.of("other", "more", "two", "user", "serving", "client")) {
            assertThat(Json.at(get(name), "status", "conditions").size()).as(name).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0500", "30020500", "3007870501020304ff", "ff"})
    void whatHasBrokenNamesIsRefused(String alternativeNames) throws Exception {
        String request = csr("O=system:nodes,CN=system:node:evil", HexFormat.of().parseHex(alternativeNames));
        var answer = api.send("POST", PATH, "{metadata: {name: evil}, spec: {signerName: kubernetes.io/kube-apiserver-client-kubelet, request: " + request
                + ", usages: [digital signature, client auth]}}");
        assertThat(answer.code()).as(answer.body().toString()).isEqualTo(422);
        assertThat(Json.at(answer.body(), "details", "causes").get(0).path("field").asText()).isEqualTo("spec.request");
    }

    @Test
    void aBrokenRequestDoesNotStandInTheWayOfOthers() throws Exception {
        String broken = csr("O=system:nodes,CN=system:node:evil", new byte[] {5, 0});
        String stored = """
                {apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: %1$s, uid: %1$s, creationTimestamp: '2024-01-01T00:00:00Z'},
                 spec: {signerName: kubernetes.io/kube-apiserver-client-kubelet, request: %2$s, usages: [digital signature, client auth]}, status: %3$s}""";
        String key = "/registry/certificates.k8s.io/certificatesigningrequests/";
        // as one that an earlier version let pass
        api.store(key + "evil", stored.formatted("evil", broken, "{}"));
        api.store(key + "approved", stored.formatted("approved", broken, "{conditions: [{type: Approved, status: 'True', reason: Test, message: 'yes'}]}"));
        ask("ann", "kubernetes.io/kube-apiserver-client", "CN=ann", "usages: [client auth]");
        api.patch(PATH + "/ann/approval", "application/merge-patch+json", APPROVED);
        settled("ann", "certificate");
        assertThat(Json.at(get("evil"), "status", "conditions").isEmpty()).as("nobody's decision").isTrue();
        assertThat(Json.at(get("approved"), "status", "conditions").get(1).path("reason").asText()).isEqualTo("SignerValidationFailure");
    }

    @Test
    void approvalNeedsARightOnTheSigner() throws Exception {
        ask("ann", "kubernetes.io/kube-apiserver-client", "CN=ann", "usages: [client auth]");
        api.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", """
                {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: approver}, rules: [
                  {apiGroups: [certificates.k8s.io], resources: [certificatesigningrequests, certificatesigningrequests/approval, certificatesigningrequests/status], verbs: [get, update, patch]}]}""");
        api.send("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", """
                {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: approver}, roleRef: {kind: ClusterRole, name: approver}, subjects: [{kind: User, name: bob}]}""");
        User bob = new User("bob", User.AUTHENTICATED);
        JsonNode present = get("ann");
        ((ObjectNode) present).setAll((ObjectNode) Json.parse(APPROVED));
        var refused = DirectCall.send(api.server, bob, "PUT", PATH + "/ann/approval", present);
        assertThat(refused.code()).isEqualTo(403);
        assertThat(Json.text(refused.body(), "message")).contains("user not permitted to approve requests with signerName \"kubernetes.io/kube-apiserver-client\"");
        assertThat(DirectCall.send(api.server, bob, "PUT", PATH + "/ann/status", present).code()).as("no approval through the status").isEqualTo(422);
        var failed = DirectCall.send(api.server, bob, "PATCH", PATH + "/ann/status", Map.of("Content-Type", "application/merge-patch+json"),
                APPROVED.replace("Approved", "Failed").getBytes(StandardCharsets.UTF_8));
        assertThat(failed.code()).as("a failure is the signer's to say").isEqualTo(403);
        assertThat(Json.text(failed.body(), "message")).contains("user not permitted to sign requests with signerName \"kubernetes.io/kube-apiserver-client\"");
        assertThat(DirectCall.send(api.server, bob, "PATCH", PATH + "/ann/status", Map.of("Content-Type", "application/merge-patch+json"),
                "{\"metadata\":{\"labels\":{\"a\":\"b\"}},\"status\":{\"conditions\":[]}}".getBytes(StandardCharsets.UTF_8)).code()).as("no outcome").isEqualTo(200);
        assertThat(Json.at(get("ann"), "status", "conditions").size()).isZero();
        api.patch("/apis/rbac.authorization.k8s.io/v1/clusterroles/approver", "application/json-patch+json",
                "[{\"op\":\"add\",\"path\":\"/rules/-\",\"value\":{\"apiGroups\":[\"certificates.k8s.io\"],\"resources\":[\"signers\"],\"resourceNames\":[\"kubernetes.io/*\"],\"verbs\":[\"approve\"]}}]");
        ((ObjectNode) present.get("metadata")).remove("resourceVersion");
        assertThat(DirectCall.send(api.server, bob, "PUT", PATH + "/ann/approval", present).code()).isEqualTo(200);
        settled("ann", "certificate");
    }
}
