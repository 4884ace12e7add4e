package io.skerry.helm.render;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One rendered object.
 * @param source the template's path, "demo/templates/service.yaml"
 * @param text the YAML as rendered
 * @param object the same as a tree
 */
public record Manifest(String source, String text, ObjectNode object) {
    public String apiVersion() {
        return object.path("apiVersion").asText();
    }

    public String kind() {
        return object.path("kind").asText();
    }

    public String name() {
        return object.path("metadata").path("name").asText();
    }
}
