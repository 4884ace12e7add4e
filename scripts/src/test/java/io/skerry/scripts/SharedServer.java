package io.skerry.scripts;

import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** One of several {@code skerry server} on one database: a machine of a {@link Lan}, with its own data folder and configuration file. */
final class SharedServer implements AutoCloseable {
    final String name;
    final String address;
    private final String machine;
    private final Path folder;
    private final Path config;
    private final BackgroundProcess process;

    /**
     * @param machine  on the network
     * @param number   of its address
     * @param endpoint the database
     */
    SharedServer(Lan lan, String machine, int number, Path base, String endpoint) throws IOException, InterruptedException {
        this.machine = machine;
        name = "server-" + machine;
        address = lan.join(machine, number);
        folder = Files.createDirectory(base.resolve(machine));
        process = new BackgroundProcess(name, folder.resolve("pid"), folder.resolve("log"));
        config = Files.writeString(folder.resolve("config.yaml"), """
                data-dir: %1$s/data
                run-dir: %1$s/run
                node-name: %2$s
                node-ip: %3$s
                advertise-address: %3$s
                cgroup-root: %4$s-%5$s
                datastore-endpoint: %6$s
                """.formatted(folder, name, address, Lan.NAME, machine, endpoint));
        DemoImages.write(dataDir().resolve("agent/images"));
    }

    Path dataDir() {
        return folder.resolve("data");
    }

    /** Where a server keeps what all servers of a datastore have in common. */
    Path serverDir() {
        return dataDir().resolve("server");
    }

    BackgroundProcess process() {
        return process;
    }

    private List<String> skerry(String command) {
        return inside(SkerryServer.launcher().toString(), command, "--config", config.toString());
    }

    /** A command on this machine. */
    private List<String> inside(String... command) {
        List<String> all = new ArrayList<>(Lan.on(machine));
        all.addAll(List.of(command));
        return all;
    }

    /** Runs the server to its end, as it is expected to refuse. */
    Run refusal() throws IOException, InterruptedException {
        return Run.of(Map.of(), null, "", Duration.ofMinutes(1), skerry("server"));
    }

    /** Returns when the API answers and the node is ready. */
    void start() throws IOException, InterruptedException {
        process.start(skerry("server"), Map.of());
        await().atMost(RunningStack.PATIENCE).pollInterval(Duration.ofMillis(300)).failFast(name + " ended", () -> !process.isRunning())
                .until(() -> Files.exists(kubeconfig()) && run("get", "--raw", "/readyz").out().equals("ok"));
        await().atMost(RunningStack.PATIENCE).pollInterval(Duration.ofMillis(300)).failFast(name + " ended", () -> !process.isRunning())
                .until(() -> run("get", "node", name, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}").out().equals("True"));
    }

    private Path kubeconfig() {
        return dataDir().resolve("kubeconfig");
    }

    /** kubectl as its administrator has it, on the machine itself. */
    Run run(String... args) throws IOException, InterruptedException {
        return kubectl("", args);
    }

    String out(String... args) throws IOException, InterruptedException {
        return run(args).orFail().out();
    }

    void apply(String manifest) throws IOException, InterruptedException {
        kubectl(manifest, "apply", "-f", "-").orFail();
    }

    private Run kubectl(String input, String... args) throws IOException, InterruptedException {
        List<String> command = inside(Kubectl.program());
        command.addAll(List.of(args));
        return Run.of(new Kubectl(kubeconfig()).environment(), null, input, RunningStack.PATIENCE.plusMinutes(1), command);
    }

    /** A client on this host, over the network. */
    KubernetesClient client() throws IOException {
        String local = Files.readString(kubeconfig());
        return new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(local.replace("https://127.0.0.1:", "https://" + address + ":"))).build();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        process.stop(Duration.ofSeconds(30));
        Run.of(Map.of(), null, "", Duration.ofMinutes(2), skerry("killall")).orFail();
    }
}
