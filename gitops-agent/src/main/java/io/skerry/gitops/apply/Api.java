package io.skerry.gitops.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.skerry.gitops.journal.ObjectKey;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.TypeTable;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The API server, as object trees: the agent handles any kind of object, so the typed client's models would only be in the way. Goes
 * over the client's own transport, which in the appliance is a call and no socket.
 */
final class Api {

    static final String FIELD_MANAGER = "skerry-gitops";
    private static final long TIMEOUT_SECONDS = 60;

    private final KubernetesClient client;
    private final String base;
    /** Types that are not built in, as discovery told; asked again when one is missing. */
    private final Map<String, Type> discovered = new ConcurrentHashMap<>();

    Api(KubernetesClient client) {
        this.client = client;
        this.base = client.getMasterUrl().toString().replaceFirst("/+$", "");
    }

    /** A resource of the API by apiVersion and its plural name. */
    record Type(String apiVersion, String plural, boolean namespaced) {

        String path(String namespace) {
            String root = apiVersion.contains("/") ? "/apis/" + apiVersion : "/api/" + apiVersion;
            return root + (namespaced && !namespace.isEmpty() ? "/namespaces/" + namespace : "") + "/" + plural;
        }
    }

    /** The resource of a kind; empty when the server does not know the kind. */
    Optional<Type> type(String apiVersion, String kind) throws ApiException {
        int slash = apiVersion.indexOf('/');
        Optional<ResourceType> builtin = TypeTable.builtin().kind(slash < 0 ? "" : apiVersion.substring(0, slash), apiVersion.substring(slash + 1), kind);
        if (builtin.isPresent()) return builtin.map(type -> new Type(apiVersion, type.plural(), type.namespaced()));
        Type known = discovered.get(apiVersion + " " + kind);
        if (known != null) return Optional.of(known);
        try {
            JsonNode resources = send("GET", slash < 0 ? "/api/" + apiVersion : "/apis/" + apiVersion, null, null);
            for (JsonNode resource : resources.path("resources")) {
                String name = Json.text(resource, "name");
                if (!name.contains("/")) {
                    discovered.put(apiVersion + " " + Json.text(resource, "kind"), new Type(apiVersion, name, resource.path("namespaced").asBoolean()));
                }
            }
        } catch (ApiException e) {
            if (e.code() != 404) throw e;
        }
        return Optional.ofNullable(discovered.get(apiVersion + " " + kind));
    }

    /** A type's CRD may have been deleted, or changed its scope. */
    void forgetTypes() {
        discovered.clear();
    }

    Optional<ObjectNode> get(Type type, String namespace, String name) throws ApiException {
        try {
            return Optional.of((ObjectNode) send("GET", type.path(namespace) + "/" + name, null, null));
        } catch (ApiException e) {
            if (e.code() == 404) return Optional.empty();
            throw e;
        }
    }

    JsonNode list(Type type, String namespace, String labelSelector) throws ApiException {
        return send("GET", type.path(namespace) + "?labelSelector=" + encode(labelSelector), null, null);
    }

    /** Server-side apply (KEP-555), taking over fields that others own, as Flux does; unknown fields are errors. */
    ObjectNode apply(Type type, ObjectNode object, boolean dryRun) throws ApiException {
        String query = "?fieldManager=" + FIELD_MANAGER + "&force=true&fieldValidation=Strict" + (dryRun ? "&dryRun=All" : "");
        String path = type.path(Json.text(object, "metadata", "namespace")) + "/" + encode(Json.text(object, "metadata", "name"));
        return (ObjectNode) send("PATCH", path + query, "application/apply-patch+yaml", object);
    }

    /** Deletes in the background; an object that is gone is no error. */
    void delete(ObjectKey key) throws ApiException {
        Optional<Type> type = type(key.apiVersion(), key.kind());
        if (type.isEmpty()) return;
        ObjectNode options = Json.object().put("apiVersion", "v1").put("kind", "DeleteOptions").put("propagationPolicy", "Background");
        try {
            send("DELETE", type.get().path(key.namespace()) + "/" + encode(key.name()), "application/json", options);
        } catch (ApiException e) {
            if (e.code() != 404) throw e;
        }
    }

    static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    HttpClient http() {
        return client.getHttpClient();
    }

    String base() {
        return base;
    }

    private JsonNode send(String method, String path, String contentType, JsonNode body) throws ApiException {
        HttpRequest.Builder request = http().newHttpRequestBuilder().uri(base + path).header("Accept", "application/json");
        if (body != null) request.method(method, contentType, Json.string(body));
        HttpResponse<byte[]> response;
        try {
            response = http().sendAsync(request.build(), byte[].class).get(TIMEOUT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ApiException(0, Json.object(), "interrupted", e);
        } catch (ExecutionException | CompletionException | TimeoutException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new ApiException(0, Json.object(), "the API server does not answer: " + (cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage()), e);
        }
        byte[] bytes = response.body() == null ? new byte[0] : response.body();
        if (response.code() < 300) return bytes.length == 0 ? Json.object() : Json.parse(bytes);
        throw failure(response.code(), bytes);
    }

    static ApiException failure(int code, byte[] body) {
        JsonNode status;
        try {
            status = body.length == 0 ? Json.object() : Json.parse(body);
        } catch (IllegalArgumentException e) {
            status = Json.object();
        }
        String message = Json.text(status, "message");
        if (message.isEmpty()) message = body.length == 0 ? "HTTP " + code : new String(body, StandardCharsets.UTF_8).strip();
        return new ApiException(code, status, message, null);
    }

    /** Kinds that others of a commit may need first: the order in which objects are applied; the reverse is that of deletion. */
    static int stage(ObjectKey key, boolean namespaced) {
        if (key.kind().equals("CustomResourceDefinition")) return 0;
        if (key.kind().equals("Namespace") && key.group().isEmpty()) return 1;
        if (!namespaced) return 2;
        // before Secrets: one for a token of an account that is not there is deleted at once
        if (key.kind().equals("ServiceAccount")) return 3;
        return List.of("Role", "RoleBinding", "ConfigMap", "Secret", "LimitRange", "ResourceQuota", "PersistentVolumeClaim").contains(key.kind()) ? 4 : 5;
    }
}
