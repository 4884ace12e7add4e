package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** An operator's ssh to a device's forwarded port, as root, with a key made for it. */
final class Ssh {
    private final Path key;
    private final int port;

    private Ssh(Path key, int port) {
        this.key = key;
        this.port = port;
    }

    /** @param folder gets the key, unless it has one */
    static Ssh withKeyIn(Path folder, int port) throws IOException, InterruptedException {
        Path key = Files.createDirectories(folder).resolve("id_ed25519");
        if (!Files.exists(key)) {
            Run.of("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator@fleet.example", "-f", key.toString()).orFail();
        }
        return new Ssh(key, port);
    }

    /** On the host's loopback. */
    int port() {
        return port;
    }

    /** For {@code ssh.keys} of skerry.yaml. */
    String publicKey() throws IOException {
        return Files.readString(key.resolveSibling("id_ed25519.pub")).strip();
    }

    /** One command, run by the device's shell; ssh's own failures are exit code 255. */
    Run run(String command) throws IOException, InterruptedException {
        return run(command, Duration.ofMinutes(3));
    }

    Run run(String command, Duration patience) throws IOException, InterruptedException {
        return Run.of(Map.of(), null, "", patience, List.of("ssh", "-i", key.toString(), "-p", String.valueOf(port), "-o", "StrictHostKeyChecking=no",
                "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-o", "ServerAliveInterval=15",
                "root@127.0.0.1", command));
    }

    /** @throws IOException with the command's own words when it failed */
    String out(String command) throws IOException, InterruptedException {
        return run(command).orFail().out();
    }
}
