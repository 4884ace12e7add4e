package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A mosquitto on loopback that keeps retained messages and sessions over restarts. */
final class Broker {
    private final Layout layout;
    private final BackgroundProcess process;

    Broker(Layout layout) {
        this.layout = layout;
        this.process = layout.process("mosquitto");
    }

    void start() throws IOException, InterruptedException {
        if (process.isRunning()) {
            return;
        }
        Files.createDirectories(layout.brokerDir());
        var config = layout.brokerDir().resolve("mosquitto.conf");
        Files.writeString(config, """
                user root
                listener %d 127.0.0.1
                allow_anonymous true
                persistence true
                persistence_location %s/
                autosave_interval 1
                autosave_on_changes true
                log_type error
                log_type warning
                """.formatted(layout.mqttPort(), layout.brokerDir()));
        process.start(List.of("mosquitto", "-c", config.toString()), Map.of("PATH", System.getenv("PATH") + ":/usr/sbin"));
        Ports.awaitOpen(layout.mqttPort(), process);
    }

    void stop() throws IOException, InterruptedException {
        process.stop(Duration.ofSeconds(10));
    }
}
