package io.skerry.scripts;

import io.skerry.gitops.GitHttpServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A Git server over HTTP on loopback, without authentication, in a process of its own: git's {@code git http-backend}. */
public final class GitServer {
    private final Layout layout;
    private final BackgroundProcess process;

    GitServer(Layout layout) {
        this.layout = layout;
        this.process = layout.process("git-server");
    }

    void start() throws IOException, InterruptedException {
        if (process.isRunning()) {
            return;
        }
        process.start(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp", System.getProperty("java.class.path"),
                GitServer.class.getName(), layout.gitRoot().toString(), String.valueOf(layout.gitPort())), Map.of());
        Ports.awaitOpen(layout.gitPort(), process);
    }

    void stop() throws IOException, InterruptedException {
        process.stop(Duration.ofSeconds(5));
    }

    /** The server's own process: folder of repositories, port. */
    public static void main(String[] args) throws IOException {
        Path root = Path.of(args[0]).toAbsolutePath();
        new GitHttpServer(root, Integer.parseInt(args[1]));
    }
}
