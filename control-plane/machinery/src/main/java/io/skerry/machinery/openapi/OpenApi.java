package io.skerry.machinery.openapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.KubernetesVersion;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import java.util.Collection;
import java.util.Map;

/**
 * The API's OpenAPI documents: version 3, one a group version ({@code /openapi/v3/apis/apps/v1}, KEP-2896), and version 2 for the whole.
 * Documents take time and memory to make, so a server keeps them or, better, their bytes.
 */
public final class OpenApi {

    private OpenApi() {}

    /** Path of a group version's resources: "/api/v1" or "/apis/apps/v1". */
    public static String root(String group, String version) {
        return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
    }

    /**
     * The list at {@code /openapi/v3}.
     *
     * @param hashes a hash of the document's content by group version ("v1", "apps/v1"); clients keep a document under it
     */
    public static ObjectNode v3Index(Map<String, String> hashes) {
        ObjectNode out = Json.object();
        ObjectNode paths = out.putObject("paths");
        hashes.forEach((groupVersion, hash) -> {
            String path = (groupVersion.contains("/") ? "apis/" : "api/") + groupVersion;
            paths.putObject(path).put("serverRelativeURL", "/openapi/v3/" + path + "?hash=" + hash);
        });
        return out;
    }

    /**
     * The OpenAPI 3.0 document of one group version.
     *
     * @param groupVersion "v1", "apps/v1"
     * @param types all types of the server; those of other group versions are left out
     */
    public static ObjectNode v3(String groupVersion, Collection<ResourceType> types) {
        Definitions definitions = new Definitions(Flavour.V3);
        Paths paths = new Paths(Flavour.V3, definitions);
        types.stream().filter(t -> t.apiVersion().equals(groupVersion)).forEach(paths::add);
        ObjectNode out = Json.object().put("openapi", "3.0.0");
        out.putObject("info").put("title", "Kubernetes").put("version", KubernetesVersion.API);
        out.set("paths", paths.all());
        out.putObject("components").putObject("schemas").setAll(definitions.all());
        return out;
    }

    /** The Swagger 2.0 document of all types ({@code /openapi/v2}). */
    public static ObjectNode v2(Collection<ResourceType> types) {
        Definitions definitions = new Definitions(Flavour.V2);
        Paths paths = new Paths(Flavour.V2, definitions);
        types.forEach(paths::add);
        ObjectNode out = Json.object().put("swagger", "2.0");
        out.putObject("info").put("title", "Kubernetes").put("version", KubernetesVersion.API);
        out.set("paths", paths.all());
        out.putObject("definitions").setAll(definitions.all());
        return out;
    }
}
