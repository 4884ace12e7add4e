package io.skerry.node.volumes;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Secret;

/** The config maps and secrets that pods of this node refer to, as the API server last said. */
public interface References {
    /** Null when there is none. */
    ConfigMap configMap(String namespace, String name);

    /** Null when there is none. */
    Secret secret(String namespace, String name);
}
