package io.skerry.helm.render;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The order of kinds in which Helm creates objects, and the one in which it deletes them; unknown kinds come last, by name. */
public final class InstallOrder {
    private static final Map<String, Integer> INSTALL = index(List.of("PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy",
        "PodDisruptionBudget", "ServiceAccount", "Secret", "SecretList", "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim",
        "CustomResourceDefinition", "ClusterRole", "ClusterRoleList", "ClusterRoleBinding", "ClusterRoleBindingList", "Role", "RoleList", "RoleBinding",
        "RoleBindingList", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job",
        "CronJob", "IngressClass", "Ingress", "APIService"));
    private static final Map<String, Integer> UNINSTALL = index(List.of("APIService", "Ingress",
        "IngressClass", "Service", "CronJob", "Job", "StatefulSet", "HorizontalPodAutoscaler", "Deployment", "ReplicaSet", "ReplicationController", "Pod",
        "DaemonSet", "RoleBindingList", "RoleBinding", "RoleList", "Role", "ClusterRoleBindingList", "ClusterRoleBinding", "ClusterRoleList", "ClusterRole",
        "CustomResourceDefinition", "PersistentVolumeClaim", "PersistentVolume", "StorageClass", "ConfigMap", "SecretList", "Secret", "ServiceAccount",
        "PodDisruptionBudget", "PodSecurityPolicy", "LimitRange", "ResourceQuota", "NetworkPolicy", "Namespace", "PriorityClass"));

    private InstallOrder() {}

    private static Map<String, Integer> index(List<String> kinds) {
        Map<String, Integer> m = new HashMap<>();
        for (int i = 0; i < kinds.size(); i++) {
            m.put(kinds.get(i), i);
        }
        return m;
    }

    public static int compareForInstall(String kindA, String kindB) {
        return compare(INSTALL, kindA, kindB);
    }

    public static int compareForUninstall(String kindA, String kindB) {
        return compare(UNINSTALL, kindA, kindB);
    }

    private static int compare(Map<String, Integer> order, String a, String b) {
        Integer i = order.get(a);
        Integer j = order.get(b);
        if (i == null && j == null) {
            return a.compareTo(b);
        }
        return i == null ? 1 : j == null ? -1 : Integer.compare(i, j);
    }
}
