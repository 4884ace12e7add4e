package io.skerry.gitops.kustomize;

import java.util.ArrayList;
import java.util.List;

/** Which fields of which kinds hold the names of which other objects. */
final class NameReferenceFields {

    /** The kind (group and version may be "") that {@code field} holds a name of. */
    record Reference(String group, String version, String kind, FieldSpec field) {}

    static final List<Reference> ALL;

    private static final String RBAC = "rbac.authorization.k8s.io";
    private static final String ADMISSION = "admissionregistration.k8s.io";

    static {
        ALL = all();
    }

    private NameReferenceFields() {}

    private static List<Reference> all() {
        List<Reference> all = new ArrayList<>();
        for (String kind : List.of("Deployment", "ReplicationController", "ReplicaSet", "StatefulSet")) {
            all.add(new Reference("", "", kind, FieldSpec.of("HorizontalPodAutoscaler", "spec/scaleTargetRef/name")));
        }
        for (String pod : List.of("Pod spec", "PodTemplate template/spec", "Deployment spec/template/spec", "ReplicaSet spec/template/spec",
                "DaemonSet spec/template/spec", "StatefulSet spec/template/spec", "Job spec/template/spec", "CronJob spec/jobTemplate/spec/template/spec")) {
            podFields(all, "", "v1", "ConfigMap", pod, "volumes/configMap/name", "containers/env/valueFrom/configMapKeyRef/name",
                    "initContainers/env/valueFrom/configMapKeyRef/name", "containers/envFrom/configMapRef/name", "initContainers/envFrom/configMapRef/name",
                    "volumes/projected/sources/configMap/name");
            podFields(all, "", "v1", "Secret", pod, "volumes/secret/secretName", "containers/env/valueFrom/secretKeyRef/name",
                    "initContainers/env/valueFrom/secretKeyRef/name", "containers/envFrom/secretRef/name", "initContainers/envFrom/secretRef/name",
                    "imagePullSecrets/name", "volumes/projected/sources/secret/name");
        }
        for (String pod : List.of("Pod spec", "StatefulSet spec/template/spec", "Deployment spec/template/spec", "ReplicationController spec/template/spec",
                "CronJob spec/jobTemplate/spec/template/spec", "Job spec/template/spec", "DaemonSet spec/template/spec")) {
            podFields(all, "", "v1", "ServiceAccount", pod, "serviceAccountName");
            podFields(all, "", "v1", "PersistentVolumeClaim", pod, "volumes/persistentVolumeClaim/claimName");
            podFields(all, "scheduling.k8s.io", "v1", "PriorityClass", pod, "priorityClassName");
        }
        core(all, "ConfigMap", FieldSpec.of("Node", "spec/configSource/configMap"), FieldSpec.of("Role", "rules/resourceNames"),
                FieldSpec.of("ClusterRole", "rules/resourceNames"), FieldSpec.of("Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap"));
        core(all, "Secret", FieldSpec.of("Ingress", "spec/tls/secretName"), FieldSpec.of("Ingress", "metadata/annotations/ingress.kubernetes.io\\/auth-secret"),
                FieldSpec.of("Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-secret"),
                FieldSpec.of("Ingress", "metadata/annotations/nginx.ingress.kubernetes.io\\/auth-tls-secret"), FieldSpec.of("ServiceAccount", "imagePullSecrets/name"),
                FieldSpec.of("StorageClass", "parameters/secretName"), FieldSpec.of("StorageClass", "parameters/adminSecretName"),
                FieldSpec.of("StorageClass", "parameters/userSecretName"), FieldSpec.of("StorageClass", "parameters/secretRef"),
                FieldSpec.of("Role", "rules/resourceNames"), FieldSpec.of("ClusterRole", "rules/resourceNames"),
                FieldSpec.of("PersistentVolume", "spec/azureFile/secretName"));
        core(all, "Service", FieldSpec.of("apps", "StatefulSet", "spec/serviceName", false), FieldSpec.of("Ingress", "spec/rules/http/paths/backend/serviceName"),
                FieldSpec.of("Ingress", "spec/backend/serviceName"), FieldSpec.of("Ingress", "spec/rules/http/paths/backend/service/name"),
                FieldSpec.of("Ingress", "spec/defaultBackend/service/name"), FieldSpec.of("apiregistration.k8s.io", "APIService", "spec/service/name", false),
                FieldSpec.of(ADMISSION, "ValidatingWebhookConfiguration", "webhooks/clientConfig/service", false),
                FieldSpec.of(ADMISSION, "MutatingWebhookConfiguration", "webhooks/clientConfig/service", false));
        all.add(new Reference(RBAC, "", "Role", FieldSpec.of(RBAC, "RoleBinding", "roleRef/name", false)));
        all.add(new Reference(RBAC, "", "ClusterRole", FieldSpec.of(RBAC, "RoleBinding", "roleRef/name", false)));
        all.add(new Reference(RBAC, "", "ClusterRole", FieldSpec.of(RBAC, "ClusterRoleBinding", "roleRef/name", false)));
        core(all, "ServiceAccount", FieldSpec.of(RBAC, "RoleBinding", "subjects", false), FieldSpec.of(RBAC, "ClusterRoleBinding", "subjects", false));
        core(all, "PersistentVolume", FieldSpec.of("PersistentVolumeClaim", "spec/volumeName"), FieldSpec.of("ClusterRole", "rules/resourceNames"));
        for (FieldSpec field : List.of(FieldSpec.of("PersistentVolume", "spec/storageClassName"), FieldSpec.of("PersistentVolumeClaim", "spec/storageClassName"),
                FieldSpec.of("StatefulSet", "spec/volumeClaimTemplates/spec/storageClassName"))) {
            all.add(new Reference("storage.k8s.io", "v1", "StorageClass", field));
        }
        all.add(new Reference(ADMISSION, "", "ValidatingAdmissionPolicy", FieldSpec.of(ADMISSION, "ValidatingAdmissionPolicyBinding", "spec/policyName", false)));
        return List.copyOf(all);
    }

    private static void podFields(List<Reference> all, String group, String version, String kind, String pod, String... fields) {
        String[] kindAndPath = pod.split(" ");
        for (String field : fields) all.add(new Reference(group, version, kind, FieldSpec.of(kindAndPath[0], kindAndPath[1] + "/" + field)));
    }

    private static void core(List<Reference> all, String kind, FieldSpec... fields) {
        for (FieldSpec field : fields) all.add(new Reference("", "v1", kind, field));
    }
}
