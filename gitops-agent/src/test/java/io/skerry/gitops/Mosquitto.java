package io.skerry.gitops;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** A real mosquitto on a loopback port that stays the same over restarts. */
public final class Mosquitto implements AutoCloseable {

    private final Path folder;
    private final int port;
    private final List<String> extra;
    private Process process;

    /**
     * @param extra more lines of its configuration; when they hold a listener, it is the only one
     */
    public Mosquitto(Path folder, String... extra) throws Exception {
        this.folder = folder;
        this.extra = List.of(extra);
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        start();
    }

    public int port() {
        return port;
    }

    public String url() {
        return "tcp://127.0.0.1:" + port;
    }

    public void start() throws Exception {
        Path config = folder.resolve("mosquitto.conf");
        // Debian's would give up root for a user who can't read the test's folder.
        StringBuilder text = new StringBuilder("user root\nlistener " + port + " 127.0.0.1\n");
        if (extra.isEmpty()) text.append("allow_anonymous true\n");
        extra.forEach(line -> text.append(line).append('\n'));
        Files.writeString(config, text);
        try {
            process = new ProcessBuilder("mosquitto", "-c", config.toString()).redirectErrorStream(true).redirectOutput(folder.resolve("mosquitto.log").toFile()).start();
        } catch (IOException e) {
            throw new IOException("mosquitto is needed for this test: apt-get install mosquitto mosquitto-clients", e);
        }
        for (int i = 0; i < 100; i++) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                return;
            } catch (IOException e) {
                if (!process.isAlive()) throw new IOException("mosquitto ended: " + Files.readString(folder.resolve("mosquitto.log")));
                Thread.sleep(50);
            }
        }
        throw new IOException("mosquitto does not listen");
    }

    public void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(5, TimeUnit.SECONDS)) process.destroyForcibly().waitFor();
    }

    /** Messages that arrive from now on (retained ones first), each line "topic payload". */
    public Subscription subscribe(String topic) throws Exception {
        return new Subscription(topic, "-v");
    }

    /** Each message as it is published, even those while the client was away, but none for being retained. */
    public Subscription subscribeToNew(String topic) throws Exception {
        return new Subscription(topic, "-v", "-R");
    }

    @Override
    public void close() throws InterruptedException {
        stop();
    }

    /** The real mosquitto_sub. It connects again by itself after the broker was away. */
    public final class Subscription implements AutoCloseable {

        private final Process client;
        private final List<String> lines = new CopyOnWriteArrayList<>();

        Subscription(String topic, String... options) throws IOException {
            List<String> command = new ArrayList<>(List.of("mosquitto_sub", "-h", "127.0.0.1", "-p", Integer.toString(port), "-q", "1", "-c", "-i", "test-" + System.nanoTime(), "-t", topic));
            command.addAll(List.of(options));
            client = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            Thread.startVirtualThread(() -> {
                try (BufferedReader reader = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8))) {
                    for (String line = reader.readLine(); line != null; line = reader.readLine()) lines.add(line);
                } catch (IOException e) {
                    // It was ended.
                }
            });
        }

        public List<String> lines() {
            return lines;
        }

        @Override
        public void close() {
            client.destroy();
        }
    }
}
