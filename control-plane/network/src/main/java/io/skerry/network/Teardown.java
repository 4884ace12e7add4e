package io.skerry.network;

import io.skerry.network.cni.CniSetup;
import io.skerry.network.proxy.ServiceProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Takes away what this module leaves on a host: rules, bridge, CNI configuration, run-time state, sysctls. */
public final class Teardown {

    private final NetworkConfig config;

    public Teardown(NetworkConfig config) {
        this.config = config;
    }

    /** For a stopped node whose pods are gone. May be run again, and after a half-done start. */
    public void run() {
        var commands = new Commands(config.commandPrefix());
        ServiceProxy.removeRules(config, commands);
        commands.attempt("", "ip", "route", "delete", config.serviceCidr().toString(), "dev", "lo"); // fails when it is gone
        if (commands.attempt("", "ip", "link", "show", "dev", config.bridge()).exit() == 0) {
            commands.run("ip", "link", "delete", "dev", config.bridge()); // its addresses and routes go with it
        }
        new Sysctls(commands, config.stateDir().resolve("sysctl")).restore();
        try {
            Files.deleteIfExists(config.cniConfDir().resolve(CniSetup.FILE));
            deleteTree(config.stateDir());
        } catch (IOException | UncheckedIOException e) {
            throw new NetworkException("cannot delete the network's state: " + e.getMessage(), e);
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
