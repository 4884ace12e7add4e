package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.skerry.controllers.workload.PodControl;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The identity of a StatefulSet's pods: name, host name, volumes. */
final class StatefulPods {
    static final String POD_NAME = "statefulset.kubernetes.io/pod-name", POD_INDEX = "apps.kubernetes.io/pod-index";

    private StatefulPods() {}

    static String name(StatefulSet set, int ordinal) {
        return set.getMetadata().getName() + "-" + ordinal;
    }

    /** The ordinal in a pod's name, or -1 if the name is not one of this set's. */
    static int ordinal(StatefulSet set, Pod pod) {
        String name = pod.getMetadata().getName(), prefix = set.getMetadata().getName() + "-";
        if (!name.startsWith(prefix) || !name.substring(prefix.length()).matches("0|[1-9]\\d{0,8}")) return -1;
        return Integer.parseInt(name.substring(prefix.length()));
    }

    static int start(StatefulSet set) {
        return set.getSpec().getOrdinals() == null || set.getSpec().getOrdinals().getStart() == null ? 0 : set.getSpec().getOrdinals().getStart();
    }

    /** @param revision the name of the ControllerRevision that the template is from */
    static Pod pod(StatefulSet set, PodTemplateSpec template, String revision, int ordinal) {
        String name = name(set, ordinal);
        Set<String> claimed = set.getSpec().getVolumeClaimTemplates().stream().map(c -> c.getMetadata().getName()).collect(Collectors.toSet());
        List<Volume> volumes = new ArrayList<>(template.getSpec().getVolumes().stream().filter(v -> !claimed.contains(v.getName())).toList());
        for (String c : claimed) volumes.add(new VolumeBuilder().withName(c).withNewPersistentVolumeClaim().withClaimName(c + "-" + name)
            .endPersistentVolumeClaim().build());
        return PodControl.fromTemplate(template, set).editMetadata().withGenerateName(null).withName(name)
            .addToLabels(POD_NAME, name).addToLabels(POD_INDEX, String.valueOf(ordinal)).addToLabels(ControllerRevisions.HASH_LABEL, revision).endMetadata()
            .editSpec().withHostname(name).withSubdomain(set.getSpec().getServiceName() == null
            || set.getSpec().getServiceName().isEmpty() ? null : set.getSpec().getServiceName()).withVolumes(volumes).endSpec().build();
    }

    /** The claims of one pod. */
    static List<PersistentVolumeClaim> claims(StatefulSet set, int ordinal) {
        return set.getSpec().getVolumeClaimTemplates().stream().map(t -> {
            Map<String, String> labels = new LinkedHashMap<>(t.getMetadata().getLabels() == null ? Map.of() : t.getMetadata().getLabels());
            if (set.getSpec().getSelector().getMatchLabels() != null) labels.putAll(set.getSpec().getSelector().getMatchLabels());
            return new PersistentVolumeClaimBuilder(t).withStatus(null).withNewMetadata().withNamespace(set.getMetadata().getNamespace())
                .withName(t.getMetadata().getName() + "-" + name(set, ordinal)).withLabels(labels).withAnnotations(t.getMetadata().getAnnotations())
                .endMetadata().build();
        }).toList();
    }

    static String revision(Pod pod) {
        return pod.getMetadata().getLabels() == null ? "" : pod.getMetadata().getLabels().getOrDefault(ControllerRevisions.HASH_LABEL, "");
    }
}
