package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.machinery.json.Json;

/** Deleting one particular object, not whatever has its name by the time the request arrives: DELETE with preconditions.uid. */
public final class Deletion {
    private Deletion() {}

    /**
     * @param path the object's path, such as {@code /api/v1/namespaces/default/pods/web}
     * @param resourceVersion another precondition, or null
     * @param policy null for the type's default
     * @param graceSeconds null for the object's own
     * @return false if it is gone or another object has its name
     */
    public static boolean delete(KubernetesClient client, String path, String uid, String resourceVersion, DeletionPropagation policy, Long graceSeconds) {
        var options = Json.object().put("apiVersion", "v1").put("kind", "DeleteOptions");
        var preconditions = options.putObject("preconditions").put("uid", uid);
        if (resourceVersion != null) preconditions.put("resourceVersion", resourceVersion);
        if (policy != null) options.put("propagationPolicy", policy.toString());
        if (graceSeconds != null) options.put("gracePeriodSeconds", graceSeconds);
        try {
            client.raw(path, "DELETE", options.toString());
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == 404 || e.getCode() == 409 && resourceVersion == null) return false;
            throw e;
        }
    }
}
