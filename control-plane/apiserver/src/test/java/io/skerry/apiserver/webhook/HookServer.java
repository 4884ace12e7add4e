package io.skerry.apiserver.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.skerry.apiserver.pki.ClusterPki;
import io.skerry.apiserver.pki.Pem;
import io.skerry.machinery.json.Json;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.function.Function;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A real webhook on loopback: an HTTPS server with a certificate for 127.0.0.1 and hook.default.svc. */
public final class HookServer implements AutoCloseable {
    private final HttpsServer server;
    private final String caBundle;
    /** Every review that came. */
    public final List<ObjectNode> reviews = new CopyOnWriteArrayList<>();

    /** @param answer makes the whole answer from the review; null is answered with 500 */
    public HookServer(Path folder, Function<ObjectNode, ObjectNode> answer) throws Exception {
        ClusterPki pki = ClusterPki.ensure(folder.resolve("hook-pki"), List.of("127.0.0.1", "hook.default.svc"), Clock.systemUTC());
        KeyStore keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry("hook", Pem.ecKey(pki.servingKey()), new char[0], new Certificate[] {Pem.certificate(pki.servingCertificate())});
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(keys, new char[0]);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        caBundle = Base64.getEncoder().encodeToString(Files.readAllBytes(pki.serverCaCertificate()));
        server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(context));
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            ObjectNode review = (ObjectNode) Json.parse(exchange.getRequestBody().readAllBytes());
            reviews.add(review);
            ObjectNode made = answer.apply(review);
            byte[] body = made == null ? new byte[] {'x'} : Json.bytes(made);
            exchange.sendResponseHeaders(made == null ? 500 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    public String caBundle() {
        return caBundle;
    }

    /** A clientConfig with this server's URL. */
    public String byUrl() {
        return "{url: 'https://127.0.0.1:" + port() + "/hook', caBundle: " + caBundle + "}";
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
