package io.skerry.appliance.config;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where skerry keeps its things: the same for the server and for every command that looks at it. */
public class CommonOptions {
    public static final String DEFAULT_CONFIG = "/etc/skerry/config.yaml";

    @Option(names = {"-c", "--config"}, paramLabel = "FILE", description = "Configuration file (default: " + DEFAULT_CONFIG + ").")
    public Path config;

    @Option(names = {"-d", "--data-dir"}, paramLabel = "DIR", defaultValue = "/var/lib/skerry",
            description = "Folder that holds all state (default: ${DEFAULT-VALUE}).")
    public Path dataDir;

    @Option(names = "--run-dir", paramLabel = "DIR", defaultValue = "/run/skerry",
            description = "Folder for sockets and what a reboot may forget, best in memory (default: ${DEFAULT-VALUE}).")
    public Path runDir;

    @Option(names = "--write-kubeconfig", paramLabel = "FILE",
            description = "Where the administrator's kubeconfig is (default: kubeconfig in the data folder).")
    public Path writeKubeconfig;

    public Path kubeconfig() {
        return writeKubeconfig != null ? writeKubeconfig : dataDir.resolve("kubeconfig");
    }

    public Path serverDir() {
        return dataDir.resolve("server");
    }

    public Path agentDir() {
        return dataDir.resolve("agent");
    }

    /** The embedded datastore's file. */
    public Path datastore() {
        return serverDir().resolve("db/state.db");
    }

    public Path gitopsDir() {
        return dataDir.resolve("gitops");
    }
}
