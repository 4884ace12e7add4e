package io.skerry.controllers.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.GenericKubernetesResourceList;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.MixedOperation;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.ResourceDefinitionContext;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The types an API server serves, CRDs and aggregated APIs included. */
public final class Discovery {
    /**
     * One type in one version.
     *
     * @param group "" for the core group
     * @param verbs what can be done with it, such as list, watch, delete
     */
    public record ApiType(String group, String version, String plural, String kind, boolean namespaced, Set<String> verbs) {
        public String apiVersion() { return group.isEmpty() ? version : group + "/" + version; }

        /** Untyped access to objects of this type. */
        public MixedOperation<GenericKubernetesResource, GenericKubernetesResourceList, Resource<GenericKubernetesResource>> of(KubernetesClient client) {
            return client.genericKubernetesResources(context());
        }

        /** The path of one object. */
        public String path(String namespace, String name) {
            return (group.isEmpty() ? "/api/" : "/apis/" + group + "/") + version + (namespaced ? "/namespaces/" + namespace : "") + "/" + plural + "/" + name;
        }

        public ResourceDefinitionContext context() {
            return new ResourceDefinitionContext.Builder().withGroup(group).withVersion(version).withPlural(plural).withKind(kind)
                .withNamespaced(namespaced).build();
        }
    }

    /**
     * What was found.
     *
     * @param types each group's types in its preferred version; types that only another version has, in that
     * @param failures group/version and what went wrong for those that could not be read (an aggregated API that is down, say)
     */
    public record Found(List<ApiType> types, List<String> failures) {}

    private Discovery() {}

    /** What there is, each type once. */
    public static Found discover(KubernetesClient client) {
        return discover(client, false);
    }

    /** What there is, every type in every version it is served in. */
    public static Found everyVersion(KubernetesClient client) {
        return discover(client, true);
    }

    /**
     * The types of one kind, one for each version that has it, the preferred version's first; none when the kind is unknown.
     *
     * @param group "" for the core group
     * @throws RuntimeException when the API server cannot tell
     */
    public static List<ApiType> ofKind(KubernetesClient client, String group, String kind) {
        String body = client.raw(group.isEmpty() ? "/api" : "/apis/" + group);
        if (body == null) return List.of();
        List<ApiType> types = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        List<String> versions = new ArrayList<>();
        if (group.isEmpty()) Json.parse(body).path("versions").forEach(v -> versions.add(v.asText()));
        else versions.addAll(versions(Json.parse(body)));
        for (String v : versions) read(client, group, v, types, new HashSet<>(), failures);
        types.removeIf(t -> !t.kind().equals(kind));
        if (types.isEmpty() && !failures.isEmpty()) throw new IllegalStateException(String.join("; ", failures));
        return List.copyOf(types);
    }

    private static Found discover(KubernetesClient client, boolean everyVersion) {
        List<ApiType> types = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        for (JsonNode version : json(client, "/api").path("versions")) read(client, "", version.asText(), types, new HashSet<>(), failures);
        for (JsonNode group : json(client, "/apis").path("groups")) {
            String name = group.path("name").asText();
            Set<String> seen = new HashSet<>();
            for (String v : versions(group)) read(client, name, v, types, everyVersion ? new HashSet<>() : seen, failures);
        }
        return new Found(List.copyOf(types), List.copyOf(failures));
    }

    /** Of an APIGroup, the preferred one first. */
    private static List<String> versions(JsonNode group) {
        List<String> versions = new ArrayList<>();
        String preferred = Json.text(group, "preferredVersion", "version");
        if (!preferred.isEmpty()) versions.add(preferred);
        for (JsonNode v : group.path("versions")) if (!versions.contains(v.path("version").asText())) versions.add(v.path("version").asText());
        return versions;
    }

    private static void read(KubernetesClient client, String group, String version, List<ApiType> types, Set<String> seen, List<String> failures) {
        String path = group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
        try {
            for (JsonNode r : json(client, path).path("resources")) {
                String plural = r.path("name").asText();
                if (plural.contains("/") || !seen.add(plural)) continue;
                Set<String> verbs = new HashSet<>();
                for (JsonNode v : r.path("verbs")) verbs.add(v.asText());
                types.add(new ApiType(group, version, plural, r.path("kind").asText(), r.path("namespaced").asBoolean(), verbs));
            }
        } catch (RuntimeException e) {
            failures.add((group.isEmpty() ? version : group + "/" + version) + ": " + e.getMessage());
        }
    }

    private static JsonNode json(KubernetesClient client, String path) {
        String body = client.raw(path);
        if (body == null) throw new IllegalStateException("the API server does not serve " + path);
        return Json.parse(body);
    }
}
