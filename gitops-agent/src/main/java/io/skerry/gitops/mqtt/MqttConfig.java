package io.skerry.gitops.mqtt;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The broker that the device's status goes to.
 *
 * @param url       {@code tcp://host:1883} or {@code ssl://host:8883} (mqtt:// and mqtts:// are taken too)
 * @param username  empty: anonymous
 * @param caFile    PEM certificates the broker's certificate must lead to; empty: the JDK's own
 * @param certFile  PEM client certificate (chain) for mutual TLS; needs keyFile
 * @param keyFile   PEM PKCS#8 private key, unencrypted
 * @param heartbeat how often an unchanged status is sent again
 * @param outboxLimit how many unsent messages are kept while the broker is away; beyond it the oldest are dropped, and that is logged and counted in the status
 */
public record MqttConfig(String url, Optional<String> username, Optional<String> password, Optional<Path> caFile, Optional<Path> certFile,
        Optional<Path> keyFile, Duration heartbeat, int outboxLimit) {

    public static final Duration DEFAULT_HEARTBEAT = Duration.ofMinutes(15);
    public static final int DEFAULT_OUTBOX_LIMIT = 10_000;

    public MqttConfig {
        if (url == null || !url.matches("(tcp|ssl|mqtt|mqtts)://[^/]+/?")) {
            throw new IllegalArgumentException("the MQTT broker's URL \"" + url + "\" is not tcp://host:port or ssl://host:port");
        }
        if (certFile.isPresent() != keyFile.isPresent()) {
            throw new IllegalArgumentException("mutual TLS to the MQTT broker needs both a client certificate and its key");
        }
    }

    /** Anonymous, without client certificate. */
    public static MqttConfig of(String url) {
        return new MqttConfig(url, Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), DEFAULT_HEARTBEAT, DEFAULT_OUTBOX_LIMIT);
    }

    public MqttConfig withCredentials(String user, String secret) {
        return new MqttConfig(url, Optional.of(user), Optional.of(secret), caFile, certFile, keyFile, heartbeat, outboxLimit);
    }

    @Override
    public String toString() {
        return "MqttConfig[" + url + "]";
    }
}
