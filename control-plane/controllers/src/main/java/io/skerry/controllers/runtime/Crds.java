package io.skerry.controllers.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** CustomResourceDefinitions that come with the program. */
public final class Crds {
    private Crds() {}

    /** The documents of a YAML resource, as JSON. @throws IllegalStateException if the resource is not in the program */
    public static List<String> read(Class<?> beside, String resource) {
        try (InputStream in = beside.getResourceAsStream(resource)) {
            if (in == null) throw new IllegalStateException("the program lacks its resource " + resource);
            return Yaml.parseAll(new String(in.readAllBytes(), StandardCharsets.UTF_8), resource).stream().map(d -> d.root().toString()).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes the CRDs or brings them up to date, and waits up to 30 s until they are served. */
    public static void ensure(KubernetesClient client, List<String> manifests) {
        var api = client.apiextensions().v1().customResourceDefinitions();
        for (String json : manifests) {
            CustomResourceDefinition wanted = client.getKubernetesSerialization().unmarshal(json, CustomResourceDefinition.class);
            String name = wanted.getMetadata().getName();
            CustomResourceDefinition there = api.withName(name).get();
            if (there == null) api.resource(wanted).create();
            else if (!contains(client.getKubernetesSerialization().convertValue(there, JsonNode.class).path("spec"), Json.parse(json).path("spec"))) {
                wanted.getMetadata().setResourceVersion(there.getMetadata().getResourceVersion());
                api.resource(wanted).update();
            }
        }
        for (String json : manifests) {
            api.withName(Json.text(Json.parse(json), "metadata", "name")).waitUntilCondition(c -> c != null && c.getStatus() != null
                && c.getStatus().getConditions().stream().anyMatch(k -> k.getType().equals("Established") && k.getStatus().equals("True")), 30,
                TimeUnit.SECONDS);
        }
    }

    /** Whether everything in {@code part} is in {@code whole}; the server adds defaults of its own. */
    private static boolean contains(JsonNode whole, JsonNode part) {
        if (part.isObject()) {
            for (var e : part.properties()) if (!contains(whole.path(e.getKey()), e.getValue())) return false;
            return true;
        }
        if (part.isArray()) {
            if (whole.size() != part.size()) return false;
            for (int i = 0; i < part.size(); i++) if (!contains(whole.get(i), part.get(i))) return false;
            return true;
        }
        return whole.asText().equals(part.asText());
    }
}
