package io.skerry.scripts;

import java.nio.file.Path;

/** The one folder that a demo appliance and its surroundings live in, and the ports they use on loopback. */
record Layout(Path base, int apiPort, int gitPort, int mqttPort) {
    /** The checkout that the scripts belong to; the scripts pass it on. */
    static Path checkout() {
        String root = System.getProperty("skerry.root");
        if (root == null) {
            throw new IllegalStateException("start this through the scripts: they set -Dskerry.root");
        }
        return Path.of(root);
    }

    Path dataDir() {
        return base.resolve("data");
    }

    Path runDir() {
        return base.resolve("run");
    }

    Path kubeconfig() {
        return dataDir().resolve("kubeconfig");
    }

    Path gitRoot() {
        return base.resolve("git");
    }

    /** The bare fleet repository that the Git server serves. */
    Path fleetRepository() {
        return gitRoot().resolve("fleet.git");
    }

    /** A clone of the fleet repository, to make changes in. */
    Path fleetClone() {
        return base.resolve("fleet");
    }

    Path brokerDir() {
        return base.resolve("mosquitto");
    }

    String fleetUrl() {
        return "http://127.0.0.1:" + gitPort + "/fleet.git";
    }

    String mqttUrl() {
        return "tcp://127.0.0.1:" + mqttPort;
    }

    String apiUrl() {
        return "https://127.0.0.1:" + apiPort;
    }

    BackgroundProcess process(String name) {
        return new BackgroundProcess(name, base.resolve("pids").resolve(name), base.resolve("logs").resolve(name + ".log"));
    }
}
