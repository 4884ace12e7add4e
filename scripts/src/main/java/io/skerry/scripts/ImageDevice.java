package io.skerry.scripts;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.scripts.qemu.Board;
import io.skerry.scripts.qemu.Console;
import io.skerry.scripts.qemu.Guest;
import io.skerry.scripts.qemu.Qemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A device as its owner has it: an image flashed with settings, powered on in QEMU, reached by ssh and kubectl through forwarded ports. Its
 * fleet repository and its broker are on the host.
 */
final class ImageDevice implements StatusTopic.Sender, AutoCloseable {
    static final int API_PORT = 6443;
    static final int SSH_PORT = 22;
    private static final Duration MOMENT = Duration.ofSeconds(1);

    final Layout layout;
    final Guest guest;
    final Ssh ssh;
    private final Path folder;

    /**
     * @param layout where the surroundings are; its API port is forwarded to the device's
     * @param folder gets the device's own files
     * @param card the flashed image, raw; it is not written to
     * @param ssh to a port that is free
     */
    ImageDevice(Layout layout, Qemu qemu, Board board, Path folder, Path card, Ssh ssh) throws IOException, InterruptedException {
        this(layout, folder, ssh, Guest.on(qemu, board).folder(folder.resolve("guest")).image(card).forward(layout.apiPort(), API_PORT).forward(ssh.port(), SSH_PORT).build());
    }

    ImageDevice(Layout layout, Path folder, Ssh ssh, Guest guest) {
        this.layout = layout;
        this.folder = folder;
        this.ssh = ssh;
        this.guest = guest;
    }

    /** Settings by which a device keeps to the demo fleet on the host. */
    static String settings(Layout layout, Ssh ssh) throws IOException {
        return """
                hostname: %s
                labels:
                  site: demo
                fleet:
                  url: http://%s:%d/fleet.git
                  interval: 3s
                mqtt:
                  url: tcp://%s:%d
                ssh:
                  keys: ['%s']
                """.formatted(SkerryServer.DEVICE, Guest.HOST, layout.gitPort(), Guest.HOST, layout.mqttPort(), ssh.publicKey());
    }

    Console console() {
        return guest.console();
    }

    /** Waits until the API server says that it is ready, by the device's own words to whoever may ask. */
    void awaitReadyz(Duration patience) throws IOException, InterruptedException {
        await("/readyz", patience, () -> Run.of("curl", "--silent", "--insecure", "--max-time", "10", "https://127.0.0.1:" + layout.apiPort() + "/readyz").out().equals("ok"));
    }

    void awaitSsh(Duration patience) throws IOException, InterruptedException {
        await("ssh", patience, () -> ssh.run("true").exitCode() == 0);
    }

    /**
     * The administrator's kubeconfig, fetched as a user gets it: over ssh, with the server's address replaced by that through which the device
     * is reached.
     */
    Kubectl kubectl() throws IOException, InterruptedException {
        Path kubeconfig = folder.resolve("kubeconfig");
        Files.writeString(kubeconfig, ssh.out("cat /var/lib/skerry/kubeconfig").replaceAll("server: https://\\S+", "server: " + layout.apiUrl()));
        return new Kubectl(kubeconfig);
    }

    void awaitNodeReady(Kubectl kubectl, Duration patience) throws IOException, InterruptedException {
        await("a Ready node", patience, () -> kubectl.run("get", "nodes", "-o", "jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}").out().equals("True"));
    }

    /** Waits until the device has told the broker that it is in step with {@code commit}. */
    JsonNode awaitSynced(StatusTopic status, String commit, Duration patience) throws IOException, InterruptedException {
        return status.await(patience, this, message -> message.path("state").asText().equals("Synced") && message.path("commitApplied").asText().equals(commit));
    }

    /** What systemd and the journal say, for a message about a failure. */
    String diagnosis() {
        try {
            return ssh.run("systemctl --failed --no-legend --plain; journalctl -b -p warning --no-pager | tail -n 60; skerry status").out();
        } catch (IOException e) {
            return "no ssh: " + e.getMessage();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }

    @Override
    public String name() {
        return "the device";
    }

    @Override
    public boolean isRunning() {
        return guest.isRunning();
    }

    @Override
    public String lastWords() {
        return console().tail(80);
    }

    @Override
    public void close() throws IOException, InterruptedException {
        guest.close();
    }

    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /** Nothing on this side of the network tells when: it is asked for once a second. */
    void await(String what, Duration patience, Condition condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!condition.holds()) {
            if (!guest.isRunning() || System.nanoTime() > deadline) {
                throw new IOException("the device did not come to " + what + (guest.isRunning() ? " within " + patience.toSeconds() + " s" : " before it ended")
                        + "; it says:\n" + diagnosis() + "\nits console ends:\n" + lastWords());
            }
            Thread.sleep(MOMENT);
        }
    }
}
