package io.skerry.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Names of the objects of its namespace that a pod names, and so makes visible to the node it runs on (k8s.io/kubernetes, pkg/api/pod, the visitors).
 *
 * @param account "" for none
 */
public record PodReferences(Set<String> secrets, Set<String> configMaps, Set<String> claims, Set<String> resourceClaims, String account) {
    private static final List<String> CONTAINERS = List.of("initContainers", "containers", "ephemeralContainers");
    /** Volume sources that carry a secretRef. */
    private static final List<String> WITH_SECRET = List.of("cephfs", "cinder", "flexVolume", "rbd", "scaleIO", "iscsi", "storageos");

    public static PodReferences of(JsonNode pod) {
        JsonNode spec = pod.path("spec");
        PodReferences found = new PodReferences(new HashSet<>(), new HashSet<>(), new HashSet<>(), new HashSet<>(), Json.text(spec, "serviceAccountName"));
        spec.path("imagePullSecrets").forEach(s -> add(found.secrets, s, "name"));
        for (String kind : CONTAINERS) {
            for (JsonNode container : spec.path(kind)) {
                container.path("envFrom").forEach(from -> {
                    add(found.secrets, from, "secretRef", "name");
                    add(found.configMaps, from, "configMapRef", "name");
                });
                container.path("env").forEach(variable -> {
                    add(found.secrets, variable, "valueFrom", "secretKeyRef", "name");
                    add(found.configMaps, variable, "valueFrom", "configMapKeyRef", "name");
                });
            }
        }
        String name = Json.text(pod, "metadata", "name");
        spec.path("volumes").forEach(volume -> found.volume(volume, name));
        Json.at(pod, "status", "resourceClaimStatuses").forEach(claim -> add(found.resourceClaims, claim, "resourceClaimName"));
        spec.path("resourceClaims").forEach(claim -> add(found.resourceClaims, claim, "resourceClaimName"));
        return found;
    }

    private void volume(JsonNode volume, String pod) {
        add(secrets, volume, "secret", "secretName");
        add(secrets, volume, "azureFile", "secretName");
        add(secrets, volume, "csi", "nodePublishSecretRef", "name");
        for (String source : WITH_SECRET) {
            add(secrets, volume, source, "secretRef", "name");
        }
        add(configMaps, volume, "configMap", "name");
        for (JsonNode source : Json.at(volume, "projected", "sources")) {
            add(secrets, source, "secret", "name");
            add(configMaps, source, "configMap", "name");
        }
        add(claims, volume, "persistentVolumeClaim", "claimName");
        if (volume.hasNonNull("ephemeral")) {
            claims.add(pod + "-" + Json.text(volume, "name"));
        }
    }

    private static void add(Set<String> names, JsonNode from, String... path) {
        String name = Json.text(from, path);
        if (!name.isEmpty()) {
            names.add(name);
        }
    }
}
