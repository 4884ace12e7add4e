package io.skerry.scripts;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the demo appliance lives: the same flags for up, down and bench. */
final class LayoutOptions {
    @Option(names = "--data-dir", paramLabel = "DIR", description = "Folder that holds everything (default: .skerry in the checkout).")
    Path dataDir;

    @Option(names = "--api-port", paramLabel = "PORT", defaultValue = "6443", description = "Port of the API server (default: ${DEFAULT-VALUE}).")
    int apiPort;

    @Option(names = "--git-port", paramLabel = "PORT", defaultValue = "3000", description = "Port of the Git server (default: ${DEFAULT-VALUE}).")
    int gitPort;

    @Option(names = "--mqtt-port", paramLabel = "PORT", defaultValue = "1883", description = "Port of the MQTT broker (default: ${DEFAULT-VALUE}).")
    int mqttPort;

    Layout layout() {
        Path base = dataDir != null ? dataDir : Layout.checkout().resolve(".skerry");
        return new Layout(base.toAbsolutePath().normalize(), apiPort, gitPort, mqttPort);
    }

    /** The flag that another script needs to find the same folder. */
    String flags() {
        return dataDir == null ? "" : " --data-dir " + dataDir;
    }
}
