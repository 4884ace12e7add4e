package io.skerry.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.response.Responder;
import io.skerry.machinery.discovery.Discovery;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/** {@code /api}, {@code /apis} and below: which resources there are, plain and aggregated (KEP-3352). */
public final class DiscoveryEndpoint {
    private static final List<String> OTHER_PATHS = List.of("/.well-known/openid-configuration", "/api", "/apis", "/healthz", "/livez", "/metrics", "/openapi/v2", "/openapi/v3",
            "/openid/v1/jwks", "/readyz", "/version");

    private final ServedTypes types;
    private final String serverAddress;
    private final Supplier<RemoteVersions> remote;
    private volatile Cached core;
    private volatile Cached groups;

    /** An aggregated document and the state of the types it was made from. */
    private record Cached(long changes, byte[] bytes, String tag) {
    }

    /** @param serverAddress host:port told by /api; @param remote what other servers serve */
    public DiscoveryEndpoint(ServedTypes types, String serverAddress, Supplier<RemoteVersions> remote) {
        this.remote = remote;
        this.types = types;
        this.serverAddress = serverAddress;
    }

    /** @return false when the path is none of discovery's, or names something that is not served */
    public boolean serve(ApiRequest request, ApiResponse response) {
        String path = request.path().endsWith("/") ? request.path().substring(0, request.path().length() - 1) : request.path();
        if (path.isEmpty()) {
            Responder.json(response, 200, index(), List.of());
            return true;
        }
        String[] parts = path.substring(1).split("/", -1);
        boolean inCore = parts[0].equals("api");
        if (!inCore && !parts[0].equals("apis")) {
            return false;
        }
        if (parts.length == 1 && wantsAggregated(request.header("Accept"))) {
            aggregated(request, response, inCore);
            return true;
        }
        ObjectNode document = document(parts, inCore);
        if (document == null) {
            return false;
        }
        Responder.json(response, 200, document, List.of());
        return true;
    }

    /** {@code /}: the paths there are, as kube-apiserver's index lists them. */
    private ObjectNode index() {
        TreeSet<String> paths = new TreeSet<>(OTHER_PATHS);
        for (ResourceType type : types.resourceTypes()) {
            if (!type.group().isEmpty()) {
                paths.add("/apis/" + type.group());
            }
            paths.add((type.group().isEmpty() ? "/api/" : "/apis/") + type.apiVersion());
        }
        for (RemoteVersions.Version version : remote.get().versions()) {
            paths.add("/apis/" + version.group());
            paths.add("/apis/" + version.group() + "/" + version.version());
        }
        ObjectNode index = Json.object();
        ArrayNode all = index.putArray("paths");
        paths.forEach(all::add);
        return index;
    }

    private ObjectNode document(String[] parts, boolean inCore) {
        if (inCore) {
            return switch (parts.length) {
                case 1 -> Discovery.coreVersions(serverAddress);
                case 2 -> types.hasGroupVersion("", parts[1]) ? Discovery.resources("", parts[1], types.resourceTypes()) : null;
                default -> null;
            };
        }
        return switch (parts.length) {
            case 1 -> remote.get().addTo(Discovery.groups(types.resourceTypes()));
            case 2 -> remote.get().addTo(parts[1], types.hasGroup(parts[1]) ? Discovery.group(parts[1], types.resourceTypes()) : null);
            case 3 -> types.hasGroupVersion(parts[1], parts[2]) ? Discovery.resources(parts[1], parts[2], types.resourceTypes()) : null;
            default -> null;
        };
    }

    private static boolean wantsAggregated(String accept) {
        return accept != null && List.of(accept.split(",")).stream().map(String::trim).anyMatch(range -> range.startsWith("application/json")
                && range.contains("g=apidiscovery.k8s.io") && range.contains("as=APIGroupDiscoveryList") && (range + ";").contains("v=v2;"));
    }

    private void aggregated(ApiRequest request, ApiResponse response, boolean inCore) {
        Cached document = inCore ? core : groups;
        // both only grow
        long changes = types.changes() + remote.get().changes();
        if (document == null || document.changes() != changes) {
            byte[] bytes = Json.bytes(inCore ? Discovery.aggregated(types.resourceTypes(), true) : remote.get().addToAggregated(Discovery.aggregated(types.resourceTypes(), false)));
            CRC32C sum = new CRC32C();
            sum.update(bytes);
            document = new Cached(changes, bytes, "\"" + Long.toHexString(sum.getValue()).toUpperCase(java.util.Locale.ROOT) + bytes.length + "\"");
            if (inCore) {
                core = document;
            } else {
                groups = document;
            }
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", Discovery.AGGREGATED_V2);
        headers.put("Cache-Control", "public");
        headers.put("Vary", "Accept");
        headers.put("ETag", document.tag());
        if (document.tag().equals(request.header("If-None-Match"))) {
            response.start(304, headers);
        } else {
            headers.put("Content-Length", Integer.toString(document.bytes().length));
            response.start(200, headers);
            response.write(document.bytes());
        }
        response.end();
    }
}
