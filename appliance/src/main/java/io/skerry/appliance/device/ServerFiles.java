package io.skerry.appliance.device;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.settings.Settings;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The settings of the cluster and its GitOps agent as {@code /etc/skerry/config.yaml} and the files it names. */
final class ServerFiles {
    private static final String FOLDER = "/etc/skerry/";

    private ServerFiles() {}

    /** @param localFleet a repository on the device, for when the settings name none */
    static List<SystemFile> of(Settings settings, Optional<String> localFleet) {
        List<SystemFile> files = new ArrayList<>();
        // nobody is near who could
        ObjectNode config = Json.object().put("datastore-auto-restore", true);
        localFleet.ifPresent(url -> config.put("fleet-repo", url));
        settings.fleet().ifPresent(fleet -> fleet(fleet, config, files));
        settings.mqtt().ifPresent(mqtt -> mqtt(mqtt, config, files));
        settings.trust().ca().ifPresent(pem -> secret("trust-ca", pem, config, files));
        settings.labels().forEach((key, value) -> config.withArray("device-label").add(key + "=" + value));
        settings.server().forEach((flag, values) -> {
            config.remove(flag);
            values.forEach(config.putArray(flag)::add);
        });
        files.add(SystemFile.secret(FOLDER + "config.yaml", Yaml.write(config)));
        return files;
    }

    private static void fleet(Settings.Fleet fleet, ObjectNode config, List<SystemFile> files) {
        config.put("fleet-repo", fleet.url());
        fleet.branch().ifPresent(branch -> config.put("fleet-branch", branch));
        fleet.interval().ifPresent(interval -> config.put("fleet-interval", interval));
        fleet.password().ifPresent(password -> {
            config.put("fleet-credentials-file", FOLDER + "fleet-credentials");
            files.add(SystemFile.secret(FOLDER + "fleet-credentials", fleet.username().map(name -> name + ":").orElse("") + password));
        });
        if (fleet.url().startsWith("ssh:")) {
            // OpenSSH's client, which fetches ssh:// repositories, reads these of root.
            String host = URI.create(fleet.url()).getHost();
            files.add(SystemFile.open("/root/.ssh/config", "Host " + host, "    StrictHostKeyChecking yes", "    BatchMode yes", "    IdentitiesOnly yes", "    IdentityFile ~/.ssh/fleet"));
            files.add(SystemFile.of("/root/.ssh/known_hosts", fleet.knownHosts()));
            fleet.sshKey().ifPresent(key -> files.add(SystemFile.secret("/root/.ssh/fleet", key)));
        }
    }

    private static void mqtt(Settings.Mqtt mqtt, ObjectNode config, List<SystemFile> files) {
        config.put("mqtt-url", mqtt.url());
        mqtt.password().ifPresent(password -> secret("mqtt-credentials", mqtt.username().orElse("") + ":" + password, config, files));
        mqtt.ca().ifPresent(pem -> secret("mqtt-ca", pem, config, files));
        mqtt.certificate().ifPresent(pem -> secret("mqtt-cert", pem, config, files));
        mqtt.key().ifPresent(pem -> secret("mqtt-key", pem, config, files));
    }

    private static void secret(String name, String content, ObjectNode config, List<SystemFile> files) {
        config.put(name + "-file", FOLDER + name);
        files.add(SystemFile.secret(FOLDER + name, content));
    }
}
