package io.skerry.appliance.config;

import io.skerry.appliance.UserError;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.Datastores;
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

    @Option(names = "--datastore-endpoint", paramLabel = "URL",
            description = "Where the cluster's state is: sqlite://FILE, or postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=..., which several servers"
                    + " may share (default: SQLite in the data folder).")
    public String datastoreEndpoint;

    public Path kubeconfig() {
        return writeKubeconfig != null ? writeKubeconfig : dataDir.resolve("kubeconfig");
    }

    public Path serverDir() {
        return dataDir.resolve("server");
    }

    /** The keys that encrypt Secrets at rest; where k3s has them. */
    public Path encryptionKeys() {
        return serverDir().resolve("cred/encryption-config.json");
    }

    public Path agentDir() {
        return dataDir.resolve("agent");
    }

    /**
     * The embedded datastore's file, or null when the datastore is a database server.
     *
     * @throws UserError when the endpoint is of no known kind
     */
    public Path datastore() {
        try {
            return Datastores.file(datastoreEndpoint, serverDir().resolve("db/state.db"));
        } catch (DatastoreException e) {
            throw new UserError("--datastore-endpoint: " + e.getMessage(), e);
        }
    }

    public Path gitopsDir() {
        return dataDir.resolve("gitops");
    }
}
