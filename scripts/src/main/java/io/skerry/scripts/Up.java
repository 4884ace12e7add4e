package io.skerry.scripts;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code scripts/up}: from a built checkout to a converged demo appliance, and what to try next. */
@Command(name = "scripts/up", mixinStandardHelpOptions = true,
        description = "Starts one appliance with the demo fleet and waits until it has converged.")
final class Up implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(4);

    @Mixin
    LayoutOptions options;

    public static void main(String[] args) {
        System.exit(Report.execute(new Up(), args));
    }

    @Override
    public Integer call() throws Exception {
        Layout layout = options.layout();
        DemoStack stack = new DemoStack(layout, List.of());
        say("Starting the MQTT broker and the Git server, pushing the demo fleet, making its container images");
        requireFree(layout.mqttPort(), "--mqtt-port", layout.process("mosquitto"));
        requireFree(layout.gitPort(), "--git-port", layout.process("git-server"));
        requireFree(layout.apiPort(), "--api-port", layout.process("skerry"));
        boolean ranBefore = stack.skerry.process().isRunning();
        try {
            stack.startSurroundings();
            converge(stack);
        } catch (Exception e) {
            if (!ranBefore) {
                say("That failed; stopping what was started");
                stack.down();
            }
            throw e;
        }
        return 0;
    }

    private void converge(DemoStack stack) throws Exception {
        Layout layout = stack.layout;
        try (StatusTopic status = new StatusTopic(layout)) {
            say("Starting skerry server (log: " + stack.skerry.process().log() + ")");
            stack.skerry.start();
            awaitReady(stack);
            say("The API server is ready; waiting until the device has converged on the fleet's newest commit");
            String commit = stack.fleet.head();
            JsonNode outcome = status.await(PATIENCE, stack.skerry.process(), message -> message.path("commitWanted").asText().equals(commit)
                    && List.of("Synced", "Failed", "RolledBack").contains(message.path("state").asText()));
            if (!outcome.path("state").asText().equals("Synced")) {
                throw new Report.Failure("the fleet's newest commit could not be applied: " + outcome.path("errors").toPrettyString());
            }
            show(stack, outcome);
        }
    }

    private static void awaitReady(DemoStack stack) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        while (!Files.exists(stack.layout.kubeconfig()) || !stack.kubectl.run("get", "--raw", "/readyz").out().equals("ok")) {
            if (!stack.skerry.process().isRunning() || System.nanoTime() > deadline) {
                throw new IOException("skerry did not become ready; its log ends:\n" + tail(stack.skerry.process().log()));
            }
            Thread.sleep(100);
        }
    }

    private void show(DemoStack stack, JsonNode status) throws IOException, InterruptedException {
        Layout layout = stack.layout;
        String address = stack.kubectl.out("get", "service", "web", "--namespace", "demo", "-o", "jsonpath={.spec.clusterIP}");
        print("Nodes", stack.kubectl.out("get", "nodes", "-o", "wide"));
        print("Pods", stack.kubectl.out("get", "pods", "--all-namespaces"));
        print("The demo service's answer, http://" + address + "/", fetch("http://" + address + "/"));
        print("The device's status as it arrived over MQTT", status.toPrettyString());
        String flags = options.flags();
        System.out.println("""

                It runs. Try next:

                  export SKERRY_DATA_DIR=%1$s
                  scripts/skerry status
                  scripts/skerry kubectl get pods -A
                  export KUBECONFIG=%2$s     # for any other Kubernetes client

                Push a change and watch it land:

                  sed -i 's/count: 2/count: 3/' %3$s/apps/web/overlays/demo/kustomization.yaml
                  git -C %3$s commit -am 'One more' && git -C %3$s push
                  scripts/skerry kubectl get pods -n demo -w

                scripts/down%4$s stops all of it.
                """.formatted(layout.dataDir(), layout.kubeconfig(), layout.fleetClone(), flags));
    }

    private static String fetch(String url) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create(url)).timeout(Duration.ofSeconds(10)).build(),
                    HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IOException(url + " answered " + answer.statusCode());
            }
            return answer.body();
        }
    }

    private static void requireFree(int port, String flag, BackgroundProcess owner) throws IOException {
        if (!owner.isRunning() && Ports.isOpen(port)) {
            throw new Report.Failure("port " + port + " is in use by another program; stop it, or choose another port with " + flag);
        }
    }

    static String tail(Path log) throws IOException {
        List<String> lines = Files.readAllLines(log);
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    }

    private static void print(String title, String text) {
        System.out.println("\n--- " + title + "\n" + text.strip());
    }

    private static void say(String text) {
        System.out.println("==> " + text);
    }
}
