package io.skerry.gitops;

import io.skerry.gitops.git.GitRemote;
import io.skerry.gitops.mqtt.MqttConfig;
import io.skerry.machinery.validation.Names;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What the agent has to know.
 *
 * @param dataDir        the agent's own folder, {@code <data-dir>/gitops}; made when missing. Holds the clone and the journal
 * @param device         this device's name: a DNS-1123 subdomain, unique in the fleet; also its MQTT topic level
 * @param labels         this device's labels, which Targets select on (the label {@code name} is the device's name unless given)
 * @param agentVersion   reported in the status
 * @param git            the fleet repository and branch
 * @param mqtt           the status broker; empty: the status is only kept on the device
 * @param driftInterval  how often applied objects are compared with the commit and put right, as Flux's reconcile interval
 * @param healthTimeout  how long objects may take to become healthy when a Target says nothing of it
 */
public record GitOpsConfig(Path dataDir, String device, Map<String, String> labels, String agentVersion, GitRemote git, Optional<MqttConfig> mqtt,
        Duration driftInterval, Duration healthTimeout) {

    public static final Duration DEFAULT_DRIFT_INTERVAL = Duration.ofMinutes(10);
    public static final Duration DEFAULT_HEALTH_TIMEOUT = Duration.ofMinutes(5);

    public GitOpsConfig {
        if (device == null || !Names.dns1123Subdomain(device).isEmpty()) {
            throw new IllegalArgumentException("the device's name \"" + device + "\" is not a DNS-1123 subdomain: use small letters, digits, '-' and '.'");
        }
        labels = Map.copyOf(labels);
    }

    /** With the default drift interval and health timeout. */
    public GitOpsConfig(Path dataDir, String device, Map<String, String> labels, String agentVersion, GitRemote git, Optional<MqttConfig> mqtt) {
        this(dataDir, device, labels, agentVersion, git, mqtt, DEFAULT_DRIFT_INTERVAL, DEFAULT_HEALTH_TIMEOUT);
    }
}
