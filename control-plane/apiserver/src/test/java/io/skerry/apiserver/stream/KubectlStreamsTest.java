package io.skerry.apiserver.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The real kubectl's exec, attach and port-forward, over TLS, by WebSocket and by SPDY. */
@Timeout(60)
class KubectlStreamsTest {

    private OnePod pod;
    @TempDir
    Path home;

    private record Outcome(int code, String out, String err) {}

    @BeforeEach
    void serve() throws IOException {
        pod = new OnePod(home);
    }

    @AfterEach
    void stop() {
        pod.close();
    }

    private Process start(boolean spdy, String... args) throws IOException {
        List<String> command = new ArrayList<>(List.of("kubectl", "--cache-dir", home.resolve("cache").toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().putAll(Map.of("HOME", home.toString(), "KUBECONFIG", pod.kubeconfig.toString(),
                "KUBECTL_REMOTE_COMMAND_WEBSOCKETS", "" + !spdy, "KUBECTL_PORT_FORWARD_WEBSOCKETS", "" + !spdy));
        return builder.start();
    }

    private Outcome kubectl(boolean spdy, byte[] stdin, String... args) throws Exception {
        Process process = start(spdy, args);
        CompletableFuture<byte[]> err = CompletableFuture.supplyAsync(() -> all(process.getErrorStream()));
        Thread.ofVirtual().start(() -> {
            try (var in = process.getOutputStream()) {
                in.write(stdin);
            } catch (IOException e) {
                // it did not want all
            }
        });
        byte[] out = process.getInputStream().readAllBytes();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        return new Outcome(process.exitValue(), new String(out, StandardCharsets.ISO_8859_1), new String(err.get(), StandardCharsets.UTF_8));
    }

    private static byte[] all(InputStream in) {
        try {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void runsACommandAndTellsItsExitCode() throws Exception {
        for (boolean spdy : new boolean[] {false, true}) {
            assertThat(kubectl(spdy, new byte[0], "exec", "web", "--", "sh", "-c", "echo out; echo err >&2"))
                    .isEqualTo(new Outcome(0, "out\n", "err\n"));
            Outcome failed = kubectl(spdy, new byte[0], "exec", "web", "-c", "app", "--", "sh", "-c", "exit 3");
            assertThat(failed.code()).isEqualTo(3);
            assertThat(failed.err()).contains("command terminated with exit code 3");
        }
        assertThat(pod.node.seen).contains("exec app [sh, -c, exit 3]");
    }

    @Test
    void passesStdinToItsEnd() throws Exception {
        byte[] much = new byte[3_000_000];
        new Random(7).nextBytes(much);
        for (boolean spdy : new boolean[] {false, true}) {
            Outcome echoed = kubectl(spdy, much, "exec", "-i", "web", "--", "cat");
            assertThat(echoed.err()).isEmpty();
            assertThat(echoed.code()).isZero();
            assertThat(echoed.out().getBytes(StandardCharsets.ISO_8859_1)).isEqualTo(much);
            assertThat(kubectl(spdy, "hello".getBytes(), "exec", "-i", "web", "--", "wc", "-c").out().strip()).isEqualTo("5");
        }
    }

    @Test
    void attaches() throws Exception {
        for (boolean spdy : new boolean[] {false, true}) {
            assertThat(kubectl(spdy, "typed\n".getBytes(), "attach", "-i", "web").out()).isEqualTo("typed\n");
        }
    }

    @Test
    void saysWhyACommandCannotBeStarted() throws Exception {
        Outcome missing = kubectl(false, new byte[0], "exec", "web", "--", "/no/such/program");
        assertThat(missing.code()).isNotZero();
        assertThat(missing.err()).contains("OCI runtime exec failed");
        Outcome container = kubectl(false, new byte[0], "exec", "web", "-c", "nobody", "--", "true");
        assertThat(container.err()).contains("container nobody is not valid for pod web");
    }

    @Test
    void tellsTheSizeOfTheTerminal() throws Exception {
        ProcessBuilder builder = new ProcessBuilder("script", "-qec", "stty cols 97 rows 31; kubectl --cache-dir " + home.resolve("cache")
                + " exec -it web -- sh -c 'sleep 1; echo done'", "/dev/null");
        builder.environment().putAll(Map.of("HOME", home.toString(), "KUBECONFIG", pod.kubeconfig.toString()));
        Process terminal = builder.start();
        assertThat(new String(terminal.getInputStream().readAllBytes())).contains("done");
        assertThat(pod.node.seen).contains("resize 97x31");
    }

    @Test
    void endsTheCommandWhenTheClientLeaves() throws Exception {
        for (boolean spdy : new boolean[] {false, true}) {
            pod.node.seen.clear();
            Process process = start(spdy, "exec", "web", "--", "sh", "-c", "echo started; exec sleep 50");
            assertThat(new String(process.getInputStream().readNBytes(7))).isEqualTo("started");
            process.destroyForcibly().waitFor();
            assertThat(pod.node.seen.take()).startsWith("exec");
            assertThat(pod.node.seen.poll(10, TimeUnit.SECONDS)).isEqualTo("closed");
        }
    }

    @Test
    void forwardsAPort() throws Exception {
        byte[] much = new byte[2_000_000];
        new Random(9).nextBytes(much);
        try (ServerSocket echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> serveEcho(echo));
            for (boolean spdy : new boolean[] {false, true}) {
                Process process = start(spdy, "port-forward", "web", ":" + echo.getLocalPort(), "--address", "127.0.0.1");
                try {
                    String line = process.inputReader().readLine();
                    assertThat(line).startsWith("Forwarding from 127.0.0.1:");
                    int port = Integer.parseInt(line.replaceAll("^.*:([0-9]+) -> .*$", "$1"));
                    List<CompletableFuture<byte[]>> answers = new ArrayList<>();
                    for (int i = 0; i < 4; i++) {
                        answers.add(CompletableFuture.supplyAsync(() -> exchange(port, much)));
                    }
                    for (CompletableFuture<byte[]> answer : answers) {
                        assertThat(Arrays.equals(answer.get(30, TimeUnit.SECONDS), much)).as("echo, spdy " + spdy).isTrue();
                    }
                } finally {
                    process.destroyForcibly().waitFor();
                }
            }
        }
    }

    private static void serveEcho(ServerSocket server) {
        while (true) {
            try {
                Socket socket = server.accept();
                Thread.ofVirtual().start(() -> {
                    try (socket) {
                        socket.getInputStream().transferTo(socket.getOutputStream());
                    } catch (IOException e) {
                        // the other side left
                    }
                });
            } catch (IOException e) {
                return;
            }
        }
    }

    private static byte[] exchange(int port, byte[] bytes) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            Thread.ofVirtual().start(() -> {
                try {
                    socket.getOutputStream().write(bytes);
                    socket.shutdownOutput();
                } catch (IOException e) {
                    // seen by the reader
                }
            });
            return socket.getInputStream().readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void saysThatAPortIsClosed() throws Exception {
        int closed;
        try (ServerSocket once = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            closed = once.getLocalPort();
        }
        Process process = start(false, "port-forward", "web", ":" + closed, "--address", "127.0.0.1");
        try {
            int port = Integer.parseInt(process.inputReader().readLine().replaceAll("^.*:([0-9]+) -> .*$", "$1"));
            try (Socket socket = new Socket("127.0.0.1", port)) {
                assertThat(socket.getInputStream().read()).isEqualTo(-1);
            } catch (IOException e) {
                // a reset says the same
            }
            assertThat(process.errorReader().readLine()).contains("error forwarding port " + closed + " to pod web").contains("connect:");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
