package io.skerry.gitops.kustomize;

import java.util.ArrayList;
import java.util.List;

/** Where Kustomize puts labels, selectors and annotations, by kind of object. */
final class LabelFields {

    static final List<FieldSpec> METADATA = List.of(FieldSpec.of("", "", "metadata/labels", true));

    /** The object's own metadata and those of the pods it makes. */
    static final List<FieldSpec> TEMPLATES = templates("labels");

    static final List<FieldSpec> ANNOTATIONS = templates("annotations");

    /** {@link #TEMPLATES}, and every selector that has to find those pods. */
    static final List<FieldSpec> SELECTORS = selectors();

    private LabelFields() {}

    private static List<FieldSpec> templates(String field) {
        String pod = "spec/template/metadata/" + field;
        List<FieldSpec> specs = new ArrayList<>();
        specs.add(FieldSpec.of("", "", "metadata/" + field, true));
        specs.add(new FieldSpec("", "v1", "ReplicationController", pod, true));
        for (String kind : List.of("Deployment", "ReplicaSet", "DaemonSet")) specs.add(FieldSpec.of("", kind, pod, true));
        specs.add(FieldSpec.of("apps", "StatefulSet", pod, true));
        specs.add(FieldSpec.of("batch", "Job", pod, true));
        specs.add(FieldSpec.of("batch", "CronJob", "spec/jobTemplate/metadata/" + field, true));
        specs.add(FieldSpec.of("batch", "CronJob", "spec/jobTemplate/spec/template/metadata/" + field, true));
        if (field.equals("labels")) specs.add(FieldSpec.of("apps", "StatefulSet", "spec/volumeClaimTemplates[]/metadata/labels", true));
        return List.copyOf(specs);
    }

    private static List<FieldSpec> selectors() {
        List<FieldSpec> specs = new ArrayList<>(TEMPLATES);
        specs.add(new FieldSpec("", "v1", "Service", "spec/selector", true));
        specs.add(new FieldSpec("", "v1", "ReplicationController", "spec/selector", true));
        for (String kind : List.of("Deployment", "ReplicaSet", "DaemonSet")) specs.add(FieldSpec.of("", kind, "spec/selector/matchLabels", true));
        specs.add(FieldSpec.of("apps", "StatefulSet", "spec/selector/matchLabels", true));
        for (String kind : List.of("Deployment", "StatefulSet")) {
            for (String affinity : List.of("podAffinity", "podAntiAffinity")) {
                String path = "spec/template/spec/affinity/" + affinity;
                specs.add(FieldSpec.of("apps", kind, path + "/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels", false));
                specs.add(FieldSpec.of("apps", kind, path + "/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels", false));
            }
            specs.add(FieldSpec.of("apps", kind, "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels", false));
        }
        specs.add(FieldSpec.of("batch", "Job", "spec/selector/matchLabels", false));
        specs.add(FieldSpec.of("batch", "CronJob", "spec/jobTemplate/spec/selector/matchLabels", false));
        specs.add(FieldSpec.of("policy", "PodDisruptionBudget", "spec/selector/matchLabels", false));
        for (String path : List.of("spec/podSelector", "spec/ingress/from/podSelector", "spec/egress/to/podSelector")) {
            specs.add(FieldSpec.of("networking.k8s.io", "NetworkPolicy", path + "/matchLabels", false));
        }
        return List.copyOf(specs);
    }
}
