package io.skerry.appliance.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.skerry.appliance.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real server with a certificate of a private authority; in processes of their own, as it counts for a whole one. */
class TrustedAuthoritiesTest {
    @TempDir
    Path folder;

    @Test
    void aServerOfAPrivateAuthorityIsBelievedByAllThatFetch() throws Exception {
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=company", "-days", "2");
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server", "-addext",
                "subjectAltName=IP:127.0.0.1");
        run("openssl", "x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem", "-days", "2", "-copy_extensions", "copy");
        run("openssl", "pkcs12", "-export", "-in", "server.pem", "-inkey", "server.key", "-out", "server.p12", "-passout", "pass:changeit");
        HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(serverContext()));
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.sendResponseHeaders(200, 5);
                exchange.getResponseBody().write("hello".getBytes(StandardCharsets.US_ASCII));
            }
        });
        server.start();
        try {
            String url = "https://127.0.0.1:" + server.getAddress().getPort() + "/";
            assertThat(child(url)).allMatch(line -> line.contains("PKIX"), "not believed").hasSize(3);
            assertThat(child(url, folder.resolve("ca.pem").toString(), folder.resolve("run").toString())).containsExactly("hello", "hello", "shaken hands", "built in as well");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whatIsWrongIsOneLine() throws Exception {
        Path file = folder.resolve("ca.pem");
        assertThatThrownBy(() -> TrustedAuthorities.apply(file, folder)).isInstanceOf(UserError.class).hasMessageContaining("--trust-ca-file: " + file + " cannot be read");
        for (String content : List.of("", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")) {
            Files.writeString(file, content);
            assertThatThrownBy(() -> TrustedAuthorities.apply(file, folder)).as(content).isInstanceOf(UserError.class)
                    .hasMessageContaining("--trust-ca-file: " + file + " holds no certificates in PEM");
        }
        assertThat(System.getProperty("javax.net.ssl.trustStore")).isNull();
        TrustedAuthorities.apply(null, folder);
        assertThat(folder.resolve("trust.jks")).doesNotExist();
    }

    private SSLContext serverContext() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(folder.resolve("server.p12"))) {
            store.load(in, "changeit".toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, "changeit".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return context;
    }

    private List<String> child(String... arguments) throws IOException, InterruptedException {
        List<String> command = new java.util.ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), Child.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectError(folder.resolve("child.log").toFile()).start();
        List<String> lines = process.inputReader().lines().toList();
        process.waitFor();
        return lines;
    }

    private void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", String.join(" ", command), output).isZero();
    }

    /** Fetches as JGit does, as OkHttp does, and as the status reporter does. */
    static final class Child {
        private interface Way {
            String go() throws Exception;
        }

        public static void main(String[] args) {
            if (args.length > 1) {
                TrustedAuthorities.apply(Path.of(args[1]), Path.of(args[2]));
            }
            URI url = URI.create(args[0]);
            say(() -> {
                try (InputStream in = url.toURL().openStream()) {
                    return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
                }
            });
            say(() -> {
                try (Response response = new OkHttpClient().newCall(new Request.Builder().url(url.toString()).build()).execute()) {
                    return response.body().string();
                }
            });
            say(() -> {
                SSLContext context = SSLContext.getInstance("TLS");
                context.init(null, null, null);
                try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(url.getHost(), url.getPort())) {
                    socket.startHandshake();
                    return "shaken hands";
                }
            });
            if (args.length > 1) {
                say(() -> {
                    KeyStore store = KeyStore.getInstance(Path.of(System.getProperty("javax.net.ssl.trustStore")).toFile(), "changeit".toCharArray());
                    return store.size() > 50 ? "built in as well" : "only " + store.size();
                });
            }
            System.exit(0);
        }

        private static void say(Way way) {
            try {
                System.out.println(way.go());
            } catch (Exception e) {
                System.out.println(e);
            }
        }
    }
}
