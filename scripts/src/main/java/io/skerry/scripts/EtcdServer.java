package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A real etcd with its own defaults, of which durability is the one that counts: every write is synced. */
final class EtcdServer implements AutoCloseable {
    private final BackgroundProcess process;
    private final Path folder;
    private final int port;
    private final int peerPort;

    EtcdServer(Path folder) throws IOException {
        this.folder = folder;
        this.port = Ports.free();
        this.peerPort = Ports.free();
        this.process = new BackgroundProcess("etcd", folder.resolve("pid"), folder.resolve("log"));
    }

    void start() throws IOException, InterruptedException {
        String clients = "http://127.0.0.1:" + port;
        String peers = "http://127.0.0.1:" + peerPort;
        process.start(List.of("etcd", "--name", "bench", "--data-dir", folder.resolve("data").toString(), "--listen-client-urls", clients, "--advertise-client-urls", clients,
                "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers, "--initial-cluster", "bench=" + peers), Map.of());
        Ports.awaitOpen(port, process);
    }

    int port() {
        return port;
    }

    long pid() throws IOException {
        return process.handle().orElseThrow().pid();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.stop(Duration.ofSeconds(20));
    }
}
