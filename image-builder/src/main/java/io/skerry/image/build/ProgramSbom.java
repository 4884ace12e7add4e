package io.skerry.image.build;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** The libraries inside skerry's own binary, as its build wrote them beside it ({@code skerry.cdx.json}, CycloneDX). */
final class ProgramSbom {
    private static final String FILE = "skerry.cdx.json";
    /** Skerry's own modules are not libraries of it. */
    private static final String OWN = "io.skerry";

    private ProgramSbom() {}

    /** Where the bill of materials of {@code program} is. It need not exist. */
    static Path of(Path program) {
        return program.toAbsolutePath().resolveSibling(FILE);
    }

    /**
     * @return components with their purl; empty when there is no such file
     * @throws ImageException when it is there and is not a CycloneDX bill of materials
     */
    static List<JsonNode> libraries(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        JsonNode sbom;
        try {
            sbom = new ObjectMapper().readTree(file.toFile());
        } catch (JsonProcessingException e) {
            throw notOne(file, e);
        }
        if (!sbom.path("bomFormat").asText().equals("CycloneDX") || !sbom.path("components").isArray()) {
            throw notOne(file, null);
        }
        return StreamSupport.stream(sbom.get("components").spliterator(), false)
                .filter(component -> component.hasNonNull("purl") && !component.path("group").asText().equals(OWN)).toList();
    }

    private static ImageException notOne(Path file, Exception cause) {
        return new ImageException(file + " is not a CycloneDX bill of materials in JSON: build skerry again, or remove the file to go without its libraries", cause);
    }
}
