package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The fleet repository behind TLS with a certificate of a company's own authority. */
@Tag("once")
@ExtendWith(RunningStack.class)
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class TrustedAuthorityIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String PASSWORD = "changeit";

    @TempDir
    Path folder;

    @Test
    void theAuthorityThatIsNamedIsBelieved(DemoStack stack) throws Exception {
        stack.awaitSynced(PATIENCE);
        Path authority = certificate();
        try (SSLServerSocket tls = listen(); StatusTopic status = new StatusTopic(stack.layout)) {
            Thread.startVirtualThread(() -> serve(tls, stack.layout.gitPort()));
            String url = "https://127.0.0.1:" + tls.getLocalPort() + "/fleet.git";
            try {
                SkerryServer stranger = startAgain(stack, url, List.of());
                JsonNode refused = status.await(PATIENCE, stranger.process(), message -> message.toString().contains("unable to find valid certification path"));
                assertThat(refused.toString()).contains(url);
                stranger.stop();
                Files.writeString(stack.fleet.file("README.md"), "Pushed while nobody believed the server.\n");
                String commit = stack.fleet.push("A commit that only TLS brings");
                SkerryServer trusting = startAgain(stack, url, List.of("--trust-ca-file", authority.toString()));
                status.await(PATIENCE, trusting.process(), message -> message.path("state").asText().equals("Synced") && message.path("commitApplied").asText().equals(commit));
            } finally {
                stack.skerry.stop();
                stack.skerry.start();
            }
        }
        stack.awaitSynced(PATIENCE);
    }

    private static SkerryServer startAgain(DemoStack stack, String fleet, List<String> flags) throws Exception {
        stack.skerry.stop();
        SkerryServer server = SkerryServer.ofFleet(stack.layout, fleet, Stream.concat(RunningStack.FLAGS.stream(), flags.stream()).toList());
        server.start();
        return server;
    }

    /** @return the authority's; the server's own is in server.p12 */
    private Path certificate() throws Exception {
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=company", "-days", "2");
        openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server", "-addext",
                "subjectAltName=IP:127.0.0.1");
        openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", "server.pem", "-days", "2", "-copy_extensions", "copy");
        openssl("pkcs12", "-export", "-in", "server.pem", "-inkey", "server.key", "-out", "server.p12", "-passout", "pass:" + PASSWORD);
        return folder.resolve("ca.pem");
    }

    private void openssl(String... arguments) throws Exception {
        Run.of(Stream.concat(Stream.of("env", "-C", folder.toString(), "openssl"), Stream.of(arguments)).toArray(String[]::new)).orFail();
    }

    private SSLServerSocket listen() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(folder.resolve("server.p12"))) {
            store.load(in, PASSWORD.toCharArray());
        }
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(store, PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        return (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0, 16, InetAddress.getLoopbackAddress());
    }

    /** Passes what is decrypted on to the Git server, until it is closed. */
    private static void serve(SSLServerSocket tls, int port) {
        while (true) {
            try {
                Socket client = tls.accept();
                Socket git = new Socket(InetAddress.getLoopbackAddress(), port);
                Thread.startVirtualThread(() -> pass(client, git));
                Thread.startVirtualThread(() -> pass(git, client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void pass(Socket from, Socket to) {
        try (from; to) {
            OutputStream out = to.getOutputStream();
            from.getInputStream().transferTo(out);
        } catch (IOException e) {
            // One of them has closed, or does not believe the other.
        }
    }
}
