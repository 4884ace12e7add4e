package io.skerry.controllers.core;

import static io.skerry.controllers.TestCluster.eventually;
import static io.skerry.controllers.TestCluster.stays;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.controllers.TestCluster;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests for certificates that are over, on a server that signs. */
class CertificateRequestCleanerTest {
    private static final String PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests/";
    private static final String CLIENT = "kubernetes.io/kube-apiserver-client", FOREIGN = "example.com/signer";

    @TempDir Path folder;
    private TestCluster cluster;
    private volatile Duration ahead = Duration.ZERO;
    private String request;

    @BeforeEach void start() throws Exception {
        InstantSource clock = () -> Instant.now().plus(ahead);
        cluster = new TestCluster(folder, i -> List.of(new CertificateRequestCleaner(i, clock)));
        cluster.server.signCertificates(ClusterPki.ensure(folder.resolve("pki"), List.of("127.0.0.1"), Clock.systemUTC()));
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair pair = generator.generateKeyPair();
        byte[] der = new JcaPKCS10CertificationRequestBuilder(new X500Principal("CN=ann"), pair.getPublic())
            .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate())).getEncoded();
        String pem = "-----BEGIN CERTIFICATE REQUEST-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END CERTIFICATE REQUEST-----\n";
        request = Base64.getEncoder().encodeToString(pem.getBytes());
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private void ask(String name, String signer) {
        cluster.apply("{apiVersion: certificates.k8s.io/v1, kind: CertificateSigningRequest, metadata: {name: " + name + "}, spec: {signerName: " + signer
            + ", usages: [client auth], expirationSeconds: 600, request: " + request + "}}");
    }

    private boolean isThere(String name) {
        return cluster.client.certificates().v1().certificateSigningRequests().withName(name).get() != null;
    }

    private void decide(String name, String condition, String lastUpdateTime) {
        ObjectNode object = (ObjectNode) Json.parse(cluster.client.raw(PATH + name));
        ObjectNode decision = Json.ensureObject(object, "status").putArray("conditions").addObject().put("type", condition).put("status", "True").put("reason", "Test");
        if (lastUpdateTime != null) decision.put("lastUpdateTime", lastUpdateTime);
        cluster.client.raw(PATH + name + "/approval", "PUT", object.toString());
    }

    private static String ago(Duration age) {
        return Instant.now().minus(age).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    @Test void deletesWhatWasDecidedAnHourAgo() {
        for (String name : List.of("denied", "denied-now", "denied-unsaid", "signed-now", "signed")) ask(name, CLIENT);
        ask("unsigned", FOREIGN);
        ask("pending", FOREIGN);
        decide("denied-now", "Denied", ago(Duration.ofMinutes(50)));
        decide("denied-unsaid", "Denied", null);
        decide("signed-now", "Approved", ago(Duration.ofMinutes(50)));
        decide("unsigned", "Approved", ago(Duration.ofHours(2)));
        decide("denied", "Denied", ago(Duration.ofHours(2)));
        decide("signed", "Approved", ago(Duration.ofHours(2)));
        eventually(() -> assertThat(isThere("denied") || isThere("signed")).isFalse());
        for (String name : List.of("denied-now", "denied-unsaid", "signed-now", "unsigned", "pending")) {
            assertThat(isThere(name)).as(name).isTrue();
        }
        assertThat(Json.text(Json.parse(cluster.client.raw(PATH + "denied-unsaid")).path("status").path("conditions").path(0), "lastUpdateTime")).isNotEmpty();
    }

    @Test void deletesWhatNobodyDecidedInADay() {
        ask("pending", CLIENT);
        stays(() -> isThere("pending"), Duration.ofMillis(300));
        ahead = Duration.ofHours(25);
        touch("pending");
        eventually(() -> assertThat(isThere("pending")).isFalse());
    }

    @Test void deletesWhatHasACertificateThatIsOver() {
        ask("signed", CLIENT);
        decide("signed", "Approved", null);
        eventually(() -> assertThat(Json.parse(cluster.client.raw(PATH + "signed")).path("status").has("certificate")).isTrue());
        stays(() -> isThere("signed"), Duration.ofMillis(300));
        ahead = Duration.ofMinutes(15);
        touch("signed");
        eventually(() -> assertThat(isThere("signed")).isFalse());
    }

    /** Has it looked at again. */
    private void touch(String name) {
        ObjectNode object = (ObjectNode) Json.parse(cluster.client.raw(PATH + name));
        Json.ensureObject(object, "metadata", "labels").put("a", "b");
        cluster.client.raw(PATH + name, "PUT", object.toString());
    }
}
