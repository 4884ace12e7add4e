package io.skerry.appliance.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How the device came up, for people and programs that ask later. In memory: it is written anew at each boot.
 *
 * @param source   which settings count
 * @param problems what went wrong, in plain words; empty when all is well
 * @param warnings what the settings say that has no effect
 * @param interfaces network interfaces that the settings name
 */
public record DeviceReport(String hostname, String version, SettingsStore.Source source, List<String> problems, List<String> warnings, List<String> interfaces) {
    private static Path file(DevicePaths paths) {
        return paths.run().resolve("status.json");
    }

    /** Also shows it above the login prompt of consoles (issue(5)). */
    void write(DevicePaths paths) throws IOException {
        ObjectNode node = Json.object().put("hostname", hostname).put("version", version).put("settings", source.word());
        problems.forEach(node.putArray("problems")::add);
        warnings.forEach(node.putArray("warnings")::add);
        interfaces.forEach(node.putArray("interfaces")::add);
        AtomicFile.write(file(paths), Json.bytes(node), "rw-r--r--");
        StringBuilder issue = new StringBuilder("skerry " + version + " on \\n \\4\n");
        // A backslash begins an escape there.
        problems.forEach(problem -> issue.append("  ! ").append(problem.replace("\\", "\\\\")).append('\n'));
        AtomicFile.write(paths.inRoot("/run/issue.d/skerry.issue"), (issue + "\n").getBytes(StandardCharsets.UTF_8), "rw-r--r--");
    }

    /**
     * Prints it, where there is one.
     *
     * @return false when something is not well
     */
    public static boolean print(DevicePaths paths, PrintStream out) {
        Optional<JsonNode> node = read(paths);
        if (node.isEmpty()) {
            return true;
        }
        out.printf("device   %s, settings: %s%n", node.get().path("hostname").asText(), node.get().path("settings").asText());
        node.get().path("problems").forEach(problem -> out.println("         " + problem.asText()));
        node.get().path("warnings").forEach(warning -> out.println("         note: " + warning.asText()));
        List<String> missing = NamedInterfaces.missing(paths, node.get().path("interfaces").valueStream().map(JsonNode::asText).toList());
        missing.forEach(problem -> out.println("         " + problem));
        return node.get().path("problems").isEmpty() && missing.isEmpty();
    }

    /** {@link SettingsStore.Source#word} of the settings that the device runs by; "" on a machine that was not started by an image. */
    public static String settings(DevicePaths paths) {
        return read(paths).map(node -> node.path("settings").asText()).orElse("");
    }

    /** Empty on a machine that was not started by an image. */
    public static Optional<JsonNode> read(DevicePaths paths) {
        try {
            return Files.exists(file(paths)) ? Optional.of(Json.parse(Files.readAllBytes(file(paths)))) : Optional.empty();
        } catch (IOException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

}
