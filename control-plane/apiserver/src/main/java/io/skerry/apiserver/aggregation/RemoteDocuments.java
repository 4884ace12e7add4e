package io.skerry.apiserver.aggregation;

import io.skerry.apiserver.discovery.RemoteOpenApi;
import io.skerry.apiserver.discovery.SwaggerConversion;
import io.skerry.apiserver.discovery.SwaggerMerge;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * OpenAPI documents of the servers of available APIServices (kube-aggregator, controllers/openapi and openapiv3). Upstream asks each of them every
 * minute; here they are asked when a client asks.
 */
final class RemoteDocuments implements RemoteOpenApi {
    /** How long a client waits for all of them together. */
    private static final long PATIENCE_NANOS = Duration.ofSeconds(2).toNanos();
    /** For one document that a client asked for by name. */
    private static final long PATIENCE_FOR_ONE_NANOS = Duration.ofSeconds(20).toNanos();
    private static final Pattern HASH = Pattern.compile("[?&]hash=([0-9A-Za-z._-]+)");

    private final Supplier<List<RemoteApi>> available;
    private final RemoteClient client;
    /** An APIService that changes, or that was not available meanwhile, begins anew. */
    private final Map<RemoteApi, Documents> known = new ConcurrentHashMap<>();

    /** @param index the hash of its version 3 document, "" when it has none */
    private record Documents(RemoteDocument<String> index, RemoteDocument<byte[]> v3, RemoteDocument<byte[]> v2) {
    }

    /** @param available those whose servers answer, the preferred first */
    RemoteDocuments(Supplier<List<RemoteApi>> available, RemoteClient client) {
        this.available = available;
        this.client = client;
    }

    private Map<RemoteApi, Documents> documents() {
        List<RemoteApi> now = available.get();
        known.keySet().retainAll(now);
        Map<RemoteApi, Documents> documents = new LinkedHashMap<>();
        now.forEach(api -> documents.put(api, known.computeIfAbsent(api, this::documents)));
        return documents;
    }

    private Documents documents(RemoteApi api) {
        return new Documents(new RemoteDocument<>(client, api, "/openapi/v3", bytes -> hash(api, bytes)),
                new RemoteDocument<>(client, api, "/openapi/v3" + api.path(), RemoteDocuments::openApi),
                new RemoteDocument<>(client, api, "/openapi/v2", bytes -> Json.bytes(SwaggerMerge.only(Json.parse(bytes), api.path() + "/"))));
    }

    /** It goes into a header and a URL of this server's own. */
    private static String hash(RemoteApi api, byte[] index) {
        String url = Json.text(Json.parse(index), "paths", api.path().substring(1), "serverRelativeURL");
        Matcher hash = HASH.matcher(url);
        return url.isEmpty() ? "" : hash.find() ? hash.group(1) : RemoteDocument.sum(index);
    }

    private static byte[] openApi(byte[] bytes) {
        if (!Json.text(Json.parse(bytes), "openapi").startsWith("3.")) {
            throw new IllegalArgumentException("it is no OpenAPI 3 document");
        }
        return bytes;
    }

    private static String groupVersion(RemoteApi api) {
        return api.group() + "/" + api.version();
    }

    @Override
    public Map<String, String> v3() {
        Map<RemoteApi, Documents> all = documents();
        all.values().forEach(each -> each.index().refresh(""));
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        // those that do not speak version 3: what they say in version 2 is converted
        all.values().stream().filter(each -> hash(each, deadline) == null).forEach(each -> each.v2().refresh(""));
        Map<String, String> hashes = new LinkedHashMap<>();
        all.forEach((api, each) -> {
            String hash = hash(each, deadline);
            RemoteDocument.Kept<byte[]> swagger = hash == null ? each.v2().get(deadline) : null;
            if (hash != null || swagger != null) {
                hashes.put(groupVersion(api), hash != null ? hash : convertedHash(swagger));
            }
        });
        return hashes;
    }

    /** Of its version 3 document; null without one. */
    private static String hash(Documents documents, long deadline) {
        RemoteDocument.Kept<String> index = documents.index().get(deadline);
        return index == null || index.content().isEmpty() ? null : index.content();
    }

    private static String convertedHash(RemoteDocument.Kept<byte[]> swagger) {
        return RemoteDocument.sum(swagger.tag().getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public Document v3(String groupVersion) {
        for (Map.Entry<RemoteApi, Documents> each : documents().entrySet()) {
            if (groupVersion(each.getKey()).equals(groupVersion)) {
                return v3(each.getKey(), each.getValue());
            }
        }
        return null;
    }

    private static Document v3(RemoteApi api, Documents documents) {
        long deadline = System.nanoTime() + PATIENCE_FOR_ONE_NANOS;
        documents.index().refresh("");
        String hash = hash(documents, deadline);
        if (hash == null) {
            documents.v2().refresh("");
            RemoteDocument.Kept<byte[]> swagger = documents.v2().get(deadline);
            return swagger == null ? null : new Document(convertedHash(swagger), Json.bytes(SwaggerConversion.toV3(Json.parse(swagger.content()))));
        }
        documents.v3().refresh(hash);
        RemoteDocument.Kept<byte[]> document = documents.v3().get(deadline);
        if (document == null) {
            throw ApiException.serviceUnavailable("the server of APIService " + api.name() + " does not give its OpenAPI document");
        }
        return new Document(hash, document.content());
    }

    @Override
    public List<Swagger> v2() {
        Map<RemoteApi, Documents> all = documents();
        all.values().forEach(each -> each.v2().refresh(""));
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        List<Swagger> parts = new ArrayList<>();
        all.forEach((api, each) -> {
            RemoteDocument.Kept<byte[]> swagger = each.v2().get(deadline);
            if (swagger != null) {
                parts.add(new Swagger(groupVersion(api), swagger.tag(), swagger.content()));
            }
        });
        return parts;
    }
}
