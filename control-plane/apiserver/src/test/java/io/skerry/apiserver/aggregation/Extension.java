package io.skerry.apiserver.aggregation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.pki.Pem;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import org.awaitility.Awaitility;

/** An API server with an APIService for one that listens on loopback, and what that one needs for TLS. */
final class Extension implements AutoCloseable {
    static final String SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
    static final String NAME = "v1beta1.metrics.example.com";

    final TestServer api;
    final ClusterPki pki;
    private final Path folder;
    private final ClusterPki own;

    Extension(Path folder) throws IOException {
        this.folder = folder;
        api = new TestServer(folder);
        pki = ClusterPki.ensure(folder.resolve("pki"), List.of("127.0.0.1"), Clock.systemUTC());
        api.server.aggregate(pki);
        own = ClusterPki.ensure(folder.resolve("extension"), List.of("metrics.kube-system.svc"), Clock.systemUTC());
    }

    /** Shows its own certificate, and trusts the front proxy's authority as it is told in the ConfigMap. */
    SSLContext tls() throws Exception {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("x", Pem.ecKey(own.servingKey()), new char[0], new Certificate[] {Pem.certificate(own.servingCertificate())});
        KeyManagerFactory managers = KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, new char[0]);
        JsonNode config = api.send("GET", "/api/v1/namespaces/kube-system/configmaps/extension-apiserver-authentication", null).body();
        Path authority = Files.writeString(folder.resolve("told.crt"), Json.text(config, "data", "requestheader-client-ca-file"));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), trusting(authority), null);
        return context;
    }

    /** For clients of the API server. */
    SSLContext clientTls() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trusting(pki.serverCaCertificate()), null);
        return context;
    }

    private static TrustManager[] trusting(Path authority) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("authority", Pem.certificate(authority));
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        return trust.getTrustManagers();
    }

    /** An HTTPS server that lets in only who shows a certificate of the front proxy's authority; to be stopped by the caller. */
    HttpsServer https(HttpHandler handler) throws Exception {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls()) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
                ssl.setNeedClientAuth(true);
                parameters.setSSLParameters(ssl);
            }
        });
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", handler);
        server.start();
        return server;
    }

    /** The part of an APIService's spec with which the other server is trusted. */
    String trusted() throws IOException {
        return "caBundle: " + Base64.getEncoder().encodeToString(Files.readAllBytes(own.serverCaCertificate()));
    }

    void register(int port, String trust) {
        assertThat(api.send("POST", "/api/v1/namespaces/kube-system/services", "{metadata: {name: metrics}, spec: {type: ExternalName, externalName: localhost}}").code()).isIn(201, 409);
        var made = api.send("POST", SERVICES, "{metadata: {name: " + NAME + "}, spec: {group: metrics.example.com, version: v1beta1, groupPriorityMinimum: 100, versionPriority: 100,"
                + " service: {namespace: kube-system, name: metrics, port: " + port + "}, " + trust + "}}");
        assertThat(made.code()).as(made.body().toString()).isEqualTo(201);
    }

    /** Waits for the condition. */
    JsonNode available(String status) {
        Awaitility.await().atMost(Duration.ofSeconds(60)).until(() -> Json.text(condition(), "status").equals(status));
        return condition();
    }

    private JsonNode condition() {
        return Json.at(api.send("GET", SERVICES + "/" + NAME, null).body(), "status", "conditions").path(0);
    }

    @Override
    public void close() {
        api.close();
    }
}
