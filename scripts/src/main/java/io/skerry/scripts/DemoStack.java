package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** One appliance and its surroundings: broker, Git server with the demo fleet, container images, {@code skerry server}. */
public final class DemoStack {
    final Layout layout;
    final Broker broker;
    final GitServer git;
    final FleetRepository fleet;
    final SkerryServer skerry;
    public final Kubectl kubectl;

    DemoStack(Layout layout, List<String> serverFlags) {
        this.layout = layout;
        this.broker = new Broker(layout);
        this.git = new GitServer(layout);
        this.fleet = new FleetRepository(layout);
        this.skerry = new SkerryServer(layout, serverFlags);
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

    /** Ends everything; the folder stays. */
    void down() throws IOException, InterruptedException {
        skerry.killAll();
        git.stop();
        broker.stop();
    }
}
