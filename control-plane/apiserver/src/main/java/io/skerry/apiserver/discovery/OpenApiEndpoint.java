package io.skerry.apiserver.discovery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.openapi.OpenApi;
import java.lang.ref.SoftReference;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/**
 * {@code /openapi/v2} and {@code /openapi/v3}: what kubectl explain and apply ask, of this server's types and of other servers'. Documents are made when
 * asked for, and kept while memory allows.
 */
public final class OpenApiEndpoint {
    private static final System.Logger LOG = System.getLogger(OpenApiEndpoint.class.getName());
    private static final String JSON = "application/json";
    private static final String V3 = "/openapi/v3";

    private final ServedTypes types;
    private final String gitVersion;
    private final Supplier<RemoteOpenApi> remote;
    private final Map<String, SoftReference<Document>> documents = new ConcurrentHashMap<>();
    private volatile Hashes hashes;

    private record Document(String hash, byte[] bytes) {
    }

    /** Hash of each group version's content, for a state of the types. */
    private record Hashes(long changes, Map<String, String> byGroupVersion) {
    }

    /** @param remote what other servers serve */
    public OpenApiEndpoint(ServedTypes types, String gitVersion, Supplier<RemoteOpenApi> remote) {
        this.types = types;
        this.gitVersion = gitVersion;
        this.remote = remote;
    }

    /** @return false when the path is none of these */
    public boolean serve(String path, ApiRequest request, ApiResponse response) {
        if (path.equals("/openapi/v2")) {
            List<RemoteOpenApi.Swagger> others = remote.get().v2();
            String hash = Integer.toHexString(hashes().hashCode())
                    + (others.isEmpty() ? "" : "-" + Integer.toHexString(others.stream().map(other -> other.groupVersion() + other.tag()).toList().hashCode()));
            if (wantsProtobuf(request)) {
                send(request, response, OpenApiProtobuf.MEDIA_TYPE, document("v2 protobuf", hash, () -> OpenApiProtobuf.encode(swagger(others))));
            } else {
                acceptJson(request);
                send(request, response, JSON, document("v2", hash, () -> Json.bytes(swagger(others))));
            }
            return true;
        }
        if (path.equals(V3)) {
            Map<String, String> all = new TreeMap<>(hashes());
            all.putAll(remote.get().v3());
            Responder.json(response, 200, OpenApi.v3Index(all), List.of());
            return true;
        }
        RemoteOpenApi.Document other = path.startsWith(V3 + "/apis/") ? remote.get().v3(path.substring(V3.length() + "/apis/".length())) : null;
        if (other != null) {
            acceptJson(request);
            send(request, response, JSON, new Document(other.hash(), other.bytes()));
            return true;
        }
        for (Map.Entry<String, String> version : path.startsWith(V3 + "/") ? hashes().entrySet() : Map.<String, String>of().entrySet()) {
            String groupVersion = version.getKey();
            if (path.equals(V3 + (groupVersion.contains("/") ? "/apis/" : "/api/") + groupVersion)) {
                acceptJson(request);
                send(request, response, JSON, document(groupVersion, version.getValue(), () -> Json.bytes(OpenApi.v3(groupVersion, types.resourceTypes()))));
                return true;
            }
        }
        return false;
    }

    /** What other servers say is merged into what this one does; who says nonsense is left out. */
    private ObjectNode swagger(List<RemoteOpenApi.Swagger> others) {
        ObjectNode all = OpenApi.v2(types.resourceTypes());
        for (RemoteOpenApi.Swagger other : others) {
            try {
                SwaggerMerge.add(all, (ObjectNode) Json.parse(other.bytes()));
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.WARNING, "The Swagger document of " + other.groupVersion() + " is left out: " + e.getMessage(), e);
            }
        }
        return all;
    }

    /** kubectl names the type with an @ that later became a dot. */
    private static boolean wantsProtobuf(ApiRequest request) {
        String accept = request.header("Accept");
        return accept != null && accept.replace('@', '.').contains(OpenApiProtobuf.MEDIA_TYPE) && !accept.contains("json");
    }

    private static void acceptJson(ApiRequest request) {
        String accept = request.header("Accept");
        if (accept != null && !accept.isBlank() && !accept.contains("json") && !accept.contains("*/*")) {
            throw ApiException.notAcceptable(List.of(JSON));
        }
    }

    private Document document(String name, String hash, Supplier<byte[]> maker) {
        SoftReference<Document> kept = documents.get(name);
        Document document = kept == null ? null : kept.get();
        if (document == null || !document.hash().equals(hash)) {
            document = new Document(hash, maker.get());
            documents.put(name, new SoftReference<>(document));
        }
        return document;
    }

    private static void send(ApiRequest request, ApiResponse response, String type, Document document) {
        Map<String, String> headers = new LinkedHashMap<>();
        String tag = "\"" + document.hash() + "\"";
        headers.put("Content-Type", type);
        headers.put("ETag", tag);
        headers.put("Vary", "Accept");
        if (tag.equals(request.header("If-None-Match"))) {
            response.start(304, headers);
        } else {
            headers.put("Content-Length", Integer.toString(document.bytes().length));
            response.start(200, headers);
            response.write(document.bytes());
        }
        response.end();
    }

    private Map<String, String> hashes() {
        Hashes known = hashes;
        long changes = types.changes();
        if (known == null || known.changes() != changes) {
            Map<String, CRC32C> sums = new TreeMap<>();
            for (ServedType type : types.all()) {
                CRC32C sum = sums.computeIfAbsent(type.type().apiVersion(), v -> new CRC32C());
                // a built-in type changes with the version only, a custom one with its schema
                sum.update((gitVersion + type.plural() + type.type().subresources() + type.type().schema().rules()).getBytes(StandardCharsets.UTF_8));
            }
            Map<String, String> made = new TreeMap<>();
            sums.forEach((version, sum) -> made.put(version, Long.toHexString(sum.getValue()).toUpperCase(Locale.ROOT)));
            known = new Hashes(changes, made);
            hashes = known;
        }
        return known.byGroupVersion();
    }
}
