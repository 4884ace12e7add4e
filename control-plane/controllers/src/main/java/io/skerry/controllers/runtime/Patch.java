package io.skerry.controllers.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutionException;

/**
 * One PATCH request. fabric8's own {@code patch(String)} asks for the object first, which costs a request each time and fails for an
 * object that server-side apply is to create.
 */
public enum Patch {
    MERGE("application/merge-patch+json"), STRATEGIC("application/strategic-merge-patch+json"), APPLY("application/apply-patch+yaml");

    private final String contentType;

    Patch(String contentType) {
        this.contentType = contentType;
    }

    /** Patches an object, or with {@code subresource} "status" its status. @return the object afterwards */
    @SuppressWarnings("unchecked")
    public <T extends HasMetadata> T send(KubernetesClient client, T object, String subresource, JsonNode patch) {
        String version = object.getApiVersion(), namespace = object.getMetadata().getNamespace();
        String path = (version.contains("/") ? "/apis/" : "/api/") + version + (namespace == null || namespace.isEmpty() ? "" : "/namespaces/" + namespace)
            + "/" + HasMetadata.getPlural(object.getClass()) + "/" + object.getMetadata().getName() + (subresource == null ? "" : "/" + subresource);
        return (T) client.getKubernetesSerialization().unmarshal(send(client, path, patch), object.getClass());
    }

    /**
     * @param path the path, with a query if need be
     * @return the server's answer, JSON
     * @throws KubernetesClientException with the server's status
     */
    public String send(KubernetesClient client, String path, JsonNode patch) {
        String master = client.getConfiguration().getMasterUrl();
        HttpRequest request = client.getHttpClient().newHttpRequestBuilder()
            .uri((master.endsWith("/") ? master.substring(0, master.length() - 1) : master) + path)
            .method("PATCH", contentType, patch.toString()).build();
        try {
            HttpResponse<byte[]> response = client.getHttpClient().sendAsync(request, byte[].class).get();
            String body = response.body() == null ? "" : new String(response.body(), StandardCharsets.UTF_8);
            if (response.isSuccessful()) return body;
            Status status = body.startsWith("{") ? client.getKubernetesSerialization().unmarshal(body, Status.class) : null;
            throw new KubernetesClientException(status != null
                && status.getMessage() != null ? status.getMessage() : "PATCH " + path + ": " + response.code() + " " + body, response.code(), status);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new KubernetesClientException("PATCH " + path + " was interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) throw new KubernetesClientException("PATCH " + path + ": " + io.getMessage(), io);
            throw new KubernetesClientException("PATCH " + path + ": " + e.getCause(), e.getCause());
        }
    }
}
