package io.skerry.appliance.cli;

import io.skerry.appliance.config.CommonOptions;
import io.skerry.node.host.Host;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code skerry kubectl ...}: the machine's kubectl with this server's kubeconfig. A kubeconfig that the user names, by
 * {@code --kubeconfig} or {@code KUBECONFIG}, wins. The data folder is found as every command finds it, from
 * {@code SKERRY_DATA_DIR} or the configuration file; kubectl's own flags are not looked at. {@code KUBECTL} names another
 * kubectl than the one on the {@code PATH}.
 */
@Command(name = "kubectl", description = "Run kubectl with the right kubeconfig.")
public final class KubectlCommand implements Runnable {
    @Parameters(arity = "0..*", paramLabel = "ARGS", description = "What kubectl is given, word for word.")
    List<String> args = List.of();

    @Override
    public void run() {
        System.exit(run(args));
    }

    /** @return kubectl's exit code, or 127 when there is no kubectl */
    public static int run(List<String> args) {
        String named = System.getenv("KUBECTL");
        Path kubectl = named != null ? Path.of(named) : Host.which("kubectl").orElse(null);
        if (kubectl == null) {
            System.err.println("skerry: kubectl is not installed; install it (Debian 13: package kubernetes-client) or use any other Kubernetes client");
            return 127;
        }
        List<String> command = new ArrayList<>(args.size() + 1);
        command.add(kubectl.toString());
        command.addAll(args);
        ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
        if (System.getenv("KUBECONFIG") == null) {
            Located located = new Located();
            int exitCode = CommandLineSetup.configure(new CommandLine(located)).execute();
            if (exitCode != 0) {
                return exitCode;
            }
            builder.environment().put("KUBECONFIG", located.options.kubeconfig().toString());
        }
        try {
            return builder.start().waitFor();
        } catch (IOException e) {
            System.err.println("skerry: cannot run " + kubectl + ": " + e.getMessage());
            return 126;
        } catch (InterruptedException e) {
            return 130;
        }
    }

    /** Fills the common options from environment and configuration file alone. */
    @Command(name = "skerry")
    static final class Located implements Runnable {
        @Mixin
        CommonOptions options = new CommonOptions();

        @Override
        public void run() {}
    }
}
