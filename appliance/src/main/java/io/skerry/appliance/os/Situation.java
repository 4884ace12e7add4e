package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.appliance.device.DevicePaths;
import io.skerry.appliance.device.DeviceReport;
import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * How the device is before a version is tried that somebody installed by hand or by stick: what the new one is compared with. The command is
 * another process than the server, which alone knows of the fleet and the workloads: it is asked by a file in a folder that a reboot forgets,
 * and answers by another.
 */
final class Situation {
    private static final Logger LOG = System.getLogger(Situation.class.getName());
    private static final Path FOLDER = Path.of("/run/skerry-os");
    private static final Duration FOR_EVER = Duration.ofDays(10_000), PATIENCE = Duration.ofSeconds(10);

    private Situation() {}

    /** The network and the report of the settings are looked at here; the rest is the running server's word, where one runs. */
    static ObjectNode now() throws IOException {
        ObjectNode known = ask(FOLDER, PATIENCE);
        known.put("settings", DeviceReport.settings(DevicePaths.system()));
        Network.system().write(known);
        return known;
    }

    /** @return as {@link Health#write} writes it; empty when no server answers in time */
    static ObjectNode ask(Path folder, Duration patience) throws IOException {
        Path answer = folder.resolve("situation.json");
        Path question = folder.resolve("situation.asked");
        try {
            Files.createDirectories(folder);
            Files.deleteIfExists(answer);
            Files.deleteIfExists(question);
            Files.createFile(question);
            if (FileSignal.await(answer, patience) && Json.parse(Files.readAllBytes(answer)) instanceof ObjectNode known) {
                return known;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Files.deleteIfExists(question);
        }
        return Json.object();
    }

    /** Answers until it is interrupted, in the server. */
    static void answer(Supplier<Health> health) throws InterruptedException {
        answer(FOLDER, health);
    }

    static void answer(Path folder, Supplier<Health> health) throws InterruptedException {
        while (true) {
            try {
                Path question = folder.resolve("situation.asked");
                FileSignal.await(question, FOR_EVER);
                Files.deleteIfExists(question);
                AtomicFile.write(folder.resolve("situation.json"), Json.bytes(health.get().write()), "rw-------");
            } catch (IOException | RuntimeException e) {
                LOG.log(Level.WARNING, "A command is not told how this device is: {0}", e.getMessage());
                Thread.sleep(Duration.ofSeconds(1));
            }
        }
    }
}
