package io.skerry.apiserver.fuzz;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.TestServer;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What there is to ask for, as the server's own discovery and OpenAPI v3 documents tell it. */
final class Grammar {
    /**
     * One resource, or a subresource of one.
     *
     * @param prefix {@code /api/v1} or {@code /apis/GROUP/VERSION}
     * @param subresource "" for the resource itself
     * @param schema of its body; a missing node when OpenAPI has none
     */
    record Resource(String prefix, String plural, String subresource, boolean namespaced, String apiVersion, String kind, Set<String> verbs, JsonNode schema) {
    }

    private final List<Resource> resources = new ArrayList<>();
    private final Map<String, JsonNode> definitions = new HashMap<>();

    private Grammar() {
    }

    static Grammar of(TestServer api) {
        Grammar grammar = new Grammar();
        grammar.group(api, "/api/v1", "v1");
        for (JsonNode group : api.send("GET", "/apis", null).body().path("groups")) {
            for (JsonNode version : group.path("versions")) {
                grammar.group(api, "/apis/" + version.path("groupVersion").asText(), version.path("groupVersion").asText());
            }
        }
        return grammar;
    }

    private void group(TestServer api, String prefix, String groupVersion) {
        JsonNode schemas = api.send("GET", "/openapi/v3" + prefix, null).body().at("/components/schemas");
        Map<String, JsonNode> kinds = new HashMap<>();
        schemas.properties().forEach(schema -> {
            definitions.put("#/components/schemas/" + schema.getKey(), schema.getValue());
            for (JsonNode gvk : schema.getValue().path("x-kubernetes-group-version-kind")) {
                String group = Json.text(gvk, "group");
                kinds.put((group.isEmpty() ? "" : group + "/") + Json.text(gvk, "version") + " " + Json.text(gvk, "kind"), schema.getValue());
            }
        });
        for (JsonNode resource : api.send("GET", prefix, null).body().path("resources")) {
            String[] name = resource.path("name").asText().split("/", 2);
            String group = Json.text(resource, "group");
            String apiVersion = resource.has("version") ? (group.isEmpty() ? "" : group + "/") + Json.text(resource, "version") : groupVersion;
            String kind = Json.text(resource, "kind");
            Set<String> verbs = new TreeSet<>();
            resource.path("verbs").forEach(verb -> verbs.add(verb.asText()));
            resources.add(new Resource(prefix, name[0], name.length == 1 ? "" : name[1], resource.path("namespaced").asBoolean(), apiVersion, kind, verbs,
                    kinds.getOrDefault(apiVersion + " " + kind, Json.MAPPER.missingNode())));
        }
    }

    List<Resource> resources() {
        return resources;
    }

    /** The schema itself, where a reference or a wrapping {@code allOf} stands for it. */
    JsonNode resolve(JsonNode schema) {
        JsonNode at = schema;
        for (int i = 0; i < 4; i++) {
            if (at.has("$ref")) {
                at = definitions.getOrDefault(at.path("$ref").asText(), Json.MAPPER.missingNode());
            } else if (at.path("allOf").size() == 1) {
                at = at.path("allOf").get(0);
            } else {
                break;
            }
        }
        return at;
    }

    JsonNode property(JsonNode schema, String name) {
        JsonNode resolved = resolve(schema);
        JsonNode property = resolved.path("properties").path(name);
        return property.isMissingNode() ? resolved.path("additionalProperties") : property;
    }
}
