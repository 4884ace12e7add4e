package io.skerry.node.api;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;

/** Which config maps and secrets a pod's spec names. */
final class PodReferences {
    /** @param type ConfigMap or Secret */
    record Reference(Class<? extends HasMetadata> type, String namespace, String name) { }

    private final String namespace;
    private final Set<Reference> found = new HashSet<>();

    private PodReferences(String namespace) { this.namespace = namespace; }

    static Set<Reference> of(Pod pod) {
        var references = new PodReferences(pod.getMetadata().getNamespace());
        Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream()).forEach(references::container);
        if (pod.getSpec().getVolumes() != null) pod.getSpec().getVolumes().forEach(references::volume);
        if (pod.getSpec().getImagePullSecrets() != null) pod.getSpec().getImagePullSecrets().forEach(s -> references.add(Secret.class, s.getName()));
        return references.found;
    }

    private void container(Container container) {
        container.getEnvFrom().forEach(from -> {
            if (from.getConfigMapRef() != null) add(ConfigMap.class, from.getConfigMapRef().getName());
            if (from.getSecretRef() != null) add(Secret.class, from.getSecretRef().getName());
        });
        container.getEnv().stream().filter(v -> v.getValueFrom() != null).forEach(v -> {
            if (v.getValueFrom().getConfigMapKeyRef() != null) add(ConfigMap.class, v.getValueFrom().getConfigMapKeyRef().getName());
            if (v.getValueFrom().getSecretKeyRef() != null) add(Secret.class, v.getValueFrom().getSecretKeyRef().getName());
        });
    }

    private void volume(Volume volume) {
        if (volume.getConfigMap() != null) add(ConfigMap.class, volume.getConfigMap().getName());
        if (volume.getSecret() != null) add(Secret.class, volume.getSecret().getSecretName());
        if (volume.getProjected() == null) return;
        volume.getProjected().getSources().forEach(part -> {
            if (part.getConfigMap() != null) add(ConfigMap.class, part.getConfigMap().getName());
            if (part.getSecret() != null) add(Secret.class, part.getSecret().getName());
        });
    }

    private void add(Class<? extends HasMetadata> type, String name) { found.add(new Reference(type, namespace, name)); }
}
