package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The real kubectl, as an administrator of the demo appliance. The scripts name it in {@code KUBECTL}. */
public final class Kubectl {
    private final Path kubeconfig;

    Kubectl(Path kubeconfig) {
        this.kubeconfig = kubeconfig;
    }

    public static String program() {
        return System.getenv().getOrDefault("KUBECTL", "kubectl");
    }

    public Map<String, String> environment() {
        // A cache of its own: discovery of another cluster on the same port must not be taken for this one's.
        return Map.of("KUBECONFIG", kubeconfig.toString(), "KUBECACHEDIR", kubeconfig.resolveSibling("kubectl-cache").toString());
    }

    public Run run(String... args) throws IOException, InterruptedException {
        return runWithInput("", args);
    }

    public Run runWithInput(String input, String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program()));
        command.addAll(List.of(args));
        return Run.of(environment(), null, input, Duration.ofMinutes(2), command);
    }

    public String out(String... args) throws IOException, InterruptedException {
        return run(args).orFail().out();
    }
}
