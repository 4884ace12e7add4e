package io.skerry.apiserver.discovery;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Puts Swagger 2.0 documents of several servers into one (k8s.io/kube-openapi, pkg/aggregator). */
public final class SwaggerMerge {
    private static final String DEFINITION = "#/definitions/";
    private static final String PARAMETER = "#/parameters/";
    /** Tells nothing of what a definition says; each server lists its own kinds in those that all share. */
    private static final String KINDS = "x-kubernetes-group-version-kind";

    private SwaggerMerge() {
    }

    /**
     * What a document says of paths with a prefix: those, and the definitions they lead to. Shared parameters stand where they are used.
     *
     * @throws IllegalArgumentException when it is no Swagger document, or has none of them
     */
    public static ObjectNode only(JsonNode swagger, String prefix) {
        if (!Json.text(swagger, "swagger").equals("2.0") || !swagger.path("paths").isObject()) {
            throw new IllegalArgumentException("it is no Swagger 2.0 document");
        }
        ObjectNode part = Json.object();
        ObjectNode paths = part.putObject("paths");
        Set<String> used = new HashSet<>();
        swagger.path("paths").properties().forEach(path -> {
            if (path.getKey().startsWith(prefix) && path.getValue() instanceof ObjectNode item) {
                ObjectNode copy = item.deepCopy();
                withParameters(copy, swagger.path("parameters"));
                paths.set(path.getKey(), copy);
                collect(copy, swagger.path("definitions"), used);
            }
        });
        if (paths.isEmpty()) {
            throw new IllegalArgumentException("it says nothing of " + prefix);
        }
        ObjectNode definitions = part.putObject("definitions");
        swagger.path("definitions").properties().forEach(definition -> {
            if (used.contains(definition.getKey()) && definition.getValue().isObject()) {
                definitions.set(definition.getKey(), definition.getValue());
            }
        });
        return part;
    }

    private static void withParameters(JsonNode node, JsonNode shared) {
        if (node instanceof ArrayNode list) {
            for (int i = 0; i < list.size(); i++) {
                String reference = Json.text(list.get(i), "$ref");
                if (reference.startsWith(PARAMETER) && shared.path(reference.substring(PARAMETER.length())) instanceof ObjectNode parameter) {
                    list.set(i, parameter);
                }
            }
        }
        node.forEach(child -> withParameters(child, shared));
    }

    private static void collect(JsonNode node, JsonNode definitions, Set<String> used) {
        String reference = node.isObject() ? Json.text(node, "$ref") : "";
        if (reference.startsWith(DEFINITION)) {
            String name = reference.substring(DEFINITION.length());
            if (used.add(name)) {
                collect(definitions.path(name), definitions, used);
            }
        }
        node.forEach(child -> collect(child, definitions, used));
    }

    /**
     * Adds the paths and definitions that are not there yet. A definition that says something else than the one of its name becomes NAME_v2 (or _v3).
     *
     * @param part as {@link #only} made it; is changed
     */
    public static void add(ObjectNode swagger, ObjectNode part) {
        ObjectNode have = Json.ensureObject(swagger, "definitions");
        ObjectNode more = Json.ensureObject(part, "definitions");
        Map<String, String> renamed = new TreeMap<>();
        for (Map.Entry<String, JsonNode> definition : more.properties()) {
            String name = definition.getKey();
            for (int i = 2; have.has(name) && !same(have.get(name), definition.getValue()) || !name.equals(definition.getKey()) && more.has(name); i++) {
                name = definition.getKey() + "_v" + i;
            }
            if (!name.equals(definition.getKey())) {
                renamed.put(definition.getKey(), name);
            }
        }
        if (!renamed.isEmpty()) {
            Map<String, String> references = new HashMap<>();
            renamed.forEach((from, to) -> references.put(DEFINITION + from, DEFINITION + to));
            rename(part, references);
        }
        more.properties().forEach(definition -> {
            String name = renamed.getOrDefault(definition.getKey(), definition.getKey());
            if (!have.has(name)) {
                have.set(name, definition.getValue());
            }
        });
        ObjectNode paths = Json.ensureObject(swagger, "paths");
        part.path("paths").properties().forEach(path -> {
            if (!paths.has(path.getKey())) {
                paths.set(path.getKey(), path.getValue());
            }
        });
    }

    private static boolean same(JsonNode a, JsonNode b) {
        return a.equals(b) || a.has(KINDS) && b.has(KINDS) && ((ObjectNode) a.deepCopy()).without(KINDS).equals(((ObjectNode) b.deepCopy()).without(KINDS));
    }

    private static void rename(JsonNode node, Map<String, String> references) {
        if (node instanceof ObjectNode object && object.path("$ref").isTextual()) {
            String to = references.get(object.get("$ref").asText());
            if (to != null) {
                object.put("$ref", to);
            }
        }
        node.forEach(child -> rename(child, references));
    }
}
