package io.skerry.appliance.device;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Optional;

/** What the image says of itself in {@link DeviceLayout#RELEASE_FILE}. */
public record Release(String version, String board, Instant buildDate) {
    /** Empty on a machine that does not run an image. */
    public static Optional<Release> read(DevicePaths paths) throws IOException {
        try {
            JsonNode node = Json.parse(Files.readAllBytes(paths.inRoot(DeviceLayout.RELEASE_FILE)));
            return Optional.of(new Release(node.path("version").asText(), node.path("board").asText(), Instant.parse(node.path("buildDate").asText())));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (DateTimeException | IllegalArgumentException e) {
            throw new IOException(DeviceLayout.RELEASE_FILE + " is damaged: " + e.getMessage(), e);
        }
    }
}
