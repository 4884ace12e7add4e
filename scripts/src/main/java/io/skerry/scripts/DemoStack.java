package io.skerry.scripts;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/** One appliance and its surroundings: broker, Git server with the demo fleet, container images, {@code skerry server}. */
public final class DemoStack {
    final Layout layout;
    final Broker broker;
    final GitServer git;
    final FleetRepository fleet;
    final SkerryServer skerry;
    public final Kubectl kubectl;

    DemoStack(Layout layout, List<String> serverFlags) {
        this(layout, new SkerryServer(layout, serverFlags));
    }

    DemoStack(Layout layout, SkerryServer skerry) {
        this.layout = layout;
        this.broker = new Broker(layout);
        this.git = new GitServer(layout);
        this.fleet = new FleetRepository(layout);
        this.skerry = skerry;
        this.kubectl = new Kubectl(layout.kubeconfig());
    }

    /** The administrator's. */
    public Path kubeconfig() {
        return layout.kubeconfig();
    }

    static Path demoFleet() {
        return Layout.checkout().resolve("fleet-configs/demo");
    }

    void startSurroundings() throws IOException, InterruptedException {
        broker.start();
        fleet.create();
        git.start();
        fleet.seed(demoFleet());
        DemoImages.write(layout.dataDir().resolve("agent/images"));
    }

    /** Waits until the device says that it is in step with the newest commit. @return what it says */
    JsonNode awaitSynced(Duration patience) throws Exception {
        String commit = fleet.head();
        try (StatusTopic status = new StatusTopic(layout)) {
            return status.await(patience, skerry.process(), message -> message.path("state").asText().equals("Synced")
                    && message.path("commitApplied").asText().equals(commit));
        }
    }

    /** The containerd that the server supervises. */
    ProcessHandle containerd() {
        return engine("/containerd").findFirst().orElseThrow(() -> new IllegalStateException("no containerd of this appliance runs"));
    }

    /** containerd's shims: one a pod. */
    List<ProcessHandle> shims() {
        return engine("/containerd-shim-runc-v2").toList();
    }

    private Stream<ProcessHandle> engine(String program) {
        return ProcessHandle.allProcesses().filter(process -> process.info().command().orElse("").endsWith(program)
                && process.info().commandLine().orElse("").contains(layout.base() + "/"));
    }

    /** Ends everything; the folder stays. */
    void down() throws IOException, InterruptedException {
        skerry.killAll();
        git.stop();
        broker.stop();
    }
}
