package io.skerry.apiserver.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** fabric8's client speaks the older {@code v4.channel.k8s.io}, also for port-forward. */
@Timeout(60)
class Fabric8StreamsTest {

    private OnePod pod;
    private KubernetesClient client;
    @TempDir
    Path home;

    @BeforeEach
    void serve() throws IOException {
        pod = new OnePod(home);
        Config config = Config.fromKubeconfig(Files.readString(pod.kubeconfig));
        config.setClientKeyAlgo("EC");
        client = new KubernetesClientBuilder().withConfig(config).build();
    }

    @AfterEach
    void stop() {
        client.close();
        pod.close();
    }

    @Test
    void runsACommand() throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ExecWatch exec = client.pods().inNamespace("default").withName("web").redirectingInput().writingOutput(out).exec("sh", "-c", "read x; echo got $x; exit 4")) {
            exec.getInput().write("this\n".getBytes());
            exec.getInput().flush();
            assertThat(exec.exitCode().get(20, TimeUnit.SECONDS)).isEqualTo(4);
            assertThat(out).hasToString("got this\n");
        }
    }

    /** It closes the WebSocket right behind the last byte, as this protocol has no other end of stdin, and counts what has arrived once that is answered. */
    @Test
    void takesAllThatWasSentBeforeTheClientLeft() throws Exception {
        byte[] sent = new byte[400_000];
        new Random(1).nextBytes(sent);
        Path got = home.resolve("got"), done = home.resolve("done");
        CompletableFuture<Integer> left;
        try (ExecWatch exec = client.pods().inNamespace("default").withName("web").redirectingInput().exec("sh", "-c", "sleep 1; cat > " + got + "; touch " + done)) {
            for (int at = 0; at < sent.length; at += 40_000) {
                exec.getInput().write(sent, at, 40_000);
                exec.getInput().flush();
            }
            left = exec.exitCode();
        }
        left.get(20, TimeUnit.SECONDS);
        assertThat(done).exists();
        assertThat(got).hasBinaryContent(sent);
    }

    @Test
    void uploadsAFile() throws Exception {
        byte[] sent = new byte[3 << 20];
        new Random(2).nextBytes(sent);
        Path from = Files.write(home.resolve("from"), sent), to = home.resolve("folder/to");
        assertThat(client.pods().inNamespace("default").withName("web").file(to.toString()).upload(from)).isTrue();
        assertThat(to).hasBinaryContent(sent);
    }

    @Test
    void forwardsAPort() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
                LocalPortForward forward = client.pods().inNamespace("default").withName("web").portForward(server.getLocalPort());
                Socket here = new Socket(InetAddress.getLoopbackAddress(), forward.getLocalPort());
                Socket there = server.accept()) {
            here.getOutputStream().write("ping".getBytes());
            assertThat(new String(there.getInputStream().readNBytes(4))).isEqualTo("ping");
            there.getOutputStream().write("pong".getBytes());
            assertThat(new String(here.getInputStream().readNBytes(4))).isEqualTo("pong");
            there.close();
            assertThat(here.getInputStream().read()).isEqualTo(-1);
        }
    }
}
