package io.skerry.appliance.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import io.skerry.appliance.config.CommonOptions;
import io.skerry.appliance.config.ProxyEnvironment;
import io.skerry.appliance.config.TrustedAuthorities;
import io.skerry.appliance.os.OSImage;
import io.skerry.appliance.os.OsTool;
import io.skerry.appliance.os.TrialWatch;
import io.skerry.machinery.json.Json;
import java.io.Closeable;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skerry os}: the operating system of a device that runs a skerry image. */
@Command(name = "os", mixinStandardHelpOptions = true, description = "Show and update the operating system of this device, and go back.",
        subcommands = {OsCommand.Status.class, OsCommand.Update.class, OsCommand.Reboot.class, OsCommand.Rollback.class, OsCommand.History.class, OsCommand.Trial.class})
public final class OsCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name what to do, for example: skerry os status");
    }

    /** What a command writes. */
    enum Output { text, json }

    /** What they have in common. */
    abstract static class Action implements Callable<Integer> {
        @Mixin
        CommonOptions options = new CommonOptions();

        final PrintStream out = System.out;

        OsTool tool() {
            // The server's unit reads that file; nothing does so for a command.
            ProxyEnvironment.apply(System.getenv(), ProxyEnvironment.FILE);
            return OsTool.open(options.dataDir);
        }
    }

    @Command(name = "status", mixinStandardHelpOptions = true,
            description = "Show the running version, the other slot, and an update in progress. Exit code 1 when an update failed last.")
    public static final class Status extends Action {
        @Option(names = {"-o", "--output"}, paramLabel = "FORMAT", defaultValue = "text", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
        Output output;

        @Override
        public Integer call() {
            ObjectNode status = tool().status();
            Cluster.image(options).ifPresent(image -> {
                if (image.getStatus() != null) {
                    image.getStatus().path("conditions").forEach(condition -> {
                        if (Json.text(condition, "type").equals("Ready")) {
                            status.putObject("image").put("name", image.getMetadata().getName()).put("version", Json.text(image.getSpec(), "version"))
                                    .put("ready", Json.text(condition, "status")).put("message", Json.text(condition, "message"));
                        }
                    });
                }
            });
            JsonNode last = status.path("history").path(0);
            if (output == Output.json) {
                out.println(Json.string(status));
            } else {
                text(status, last);
            }
            return last.isMissingNode() || Json.text(last, "outcome").equals("Kept") ? 0 : 1;
        }

        private void text(JsonNode status, JsonNode last) {
            out.printf("running  version %s, slot %s, %s%n", Json.text(status, "version"), Json.text(status, "slot"), Json.text(status, "board"));
            JsonNode other = status.path("otherSlot");
            out.printf("other    slot %s: %s%n", Json.text(other, "slot"), other.has("version")
                    ? "version " + Json.text(other, "version") + (other.path("good").asBoolean() ? ", good" : ", not known to be good") : "not written by an update yet");
            if (status.has("update")) {
                JsonNode update = status.path("update");
                out.printf("update   to version %s: %s%n", Json.text(update, "version"), Json.text(update, "state"));
            }
            if (status.has("image")) {
                out.printf("wanted   version %s by OSImage %s: %s%n", Json.text(status.path("image"), "version"), Json.text(status.path("image"), "name"),
                        Json.text(status.path("image"), "message"));
            }
            if (!last.isMissingNode()) {
                out.println("last     " + line(last));
            }
        }
    }

    @Command(name = "history", mixinStandardHelpOptions = true, description = "Show how the last updates ended, newest first.")
    public static final class History extends Action {
        @Option(names = {"-o", "--output"}, paramLabel = "FORMAT", defaultValue = "text", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
        Output output;

        @Override
        public Integer call() {
            JsonNode history = tool().status().path("history");
            if (output == Output.json) {
                out.println(Json.string(history));
            } else {
                history.forEach(past -> out.println(line(past)));
            }
            return 0;
        }
    }

    @Command(name = "update", mixinStandardHelpOptions = true,
            description = "Install an update file into the idle slot and reboot into it; the device goes back by itself when it does not become healthy.")
    public static final class Update extends Action {
        @Parameters(paramLabel = "FILE|URL", description = "An update file (.os.tar) on this machine, or its http(s) URL.")
        String from;

        @Option(names = "--sha256", paramLabel = "HEX", description = "SHA-256 of the update file; needed for a URL.")
        String sha256;

        @Option(names = "--trust-ca-file", paramLabel = "FILE", description = "PEM certificates of authorities besides the built-in ones, for an https URL.")
        Path trustCaFile;

        @Option(names = "--no-reboot", description = "Only install; skerry os reboot does the rest.")
        boolean noReboot;

        @Override
        public Integer call() throws IOException {
            TrustedAuthorities.apply(trustCaFile, options.runDir);
            OsTool tool = tool();
            Cluster.image(options).map(image -> Json.text(image.getSpec(), "version")).ifPresent(version ->
                    out.println("The fleet repository names version " + version + " for this device: it will be brought back to that one."));
            try (Closeable _ = tool.goFirst()) {
                Optional<String> version = tool.install(from, sha256, bytes -> out.println(bytes / 1_000_000 + " MB are on the disk"));
                if (version.isEmpty()) {
                    out.println("This version runs already.");
                    return 0;
                }
                out.println("Version " + version.get() + " is installed and verified.");
                if (!noReboot) {
                    tool.reboot();
                    out.println("Rebooting into it; it is kept when it is healthy.");
                }
                return 0;
            }
        }
    }

    @Command(name = "reboot", mixinStandardHelpOptions = true, description = "Reboot into the version that is installed and waits for its reboot.")
    public static final class Reboot extends Action {
        @Override
        public Integer call() throws IOException {
            OsTool tool = tool();
            Optional<String> version = tool.installed();
            if (version.isEmpty()) {
                out.println("No version is installed that waits for a reboot.");
                return 1;
            }
            try (Closeable _ = tool.goFirst()) {
                tool.reboot();
            }
            out.println("Rebooting into version " + version.get() + "; it is kept when it is healthy.");
            return 0;
        }
    }

    @Command(name = "rollback", mixinStandardHelpOptions = true, description = "Reboot into the other slot's version, if that was good once.")
    public static final class Rollback extends Action {
        @Override
        public Integer call() throws IOException {
            OsTool tool = tool();
            try (Closeable _ = tool.goFirst()) {
                String version = tool.prepareRollback();
                tool.reboot();
                out.println("Rebooting into version " + version + "; it is kept when it is healthy.");
                return 0;
            }
        }
    }

    /** {@code skerry-os-trial.service}. */
    @Command(name = "trial", hidden = true, mixinStandardHelpOptions = true,
            description = "In a boot that is a trial, wait for the verdict, and go back when there is none in time.")
    public static final class Trial extends Action {
        @Override
        public Integer call() throws InterruptedException {
            TrialWatch.run(options.dataDir, out);
            return 0;
        }
    }

    private static String line(JsonNode past) {
        String reason = Json.text(past, "reason");
        return Json.text(past, "time") + "  " + Json.text(past, "fromVersion") + " -> " + Json.text(past, "version") + "  " + Json.text(past, "outcome")
                + (reason.isEmpty() ? "" : ": " + reason);
    }

    /** The running server, if it answers. */
    private static final class Cluster {
        /** What the cluster says this device shall run; empty when nothing does, or no server runs. */
        static Optional<OSImage> image(CommonOptions options) {
            try (KubernetesClient client = client(options)) {
                return client.resources(OSImage.class).list().getItems().stream().findFirst();
            } catch (IOException | KubernetesClientException e) {
                return Optional.empty();
            }
        }

        private static KubernetesClient client(CommonOptions options) throws IOException {
            Config config = Config.fromKubeconfig(Files.readString(options.kubeconfig()));
            config.setRequestRetryBackoffLimit(0);
            config.setConnectionTimeout(3000);
            config.setRequestTimeout(10_000);
            return new KubernetesClientBuilder().withConfig(config).withHttpClientFactory(new JdkHttpClientFactory()).build();
        }
    }
}
