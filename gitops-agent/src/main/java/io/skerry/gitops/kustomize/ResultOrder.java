package io.skerry.gitops.kustomize;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The order of a build's result: Kustomize's "legacy" (what others depend on comes first) or, by {@code sortOptions}, as written. */
final class ResultOrder {

    private static final List<String> FIRST = List.of("Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount",
            "PodSecurityPolicy", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret", "Endpoints", "Service", "LimitRange",
            "PriorityClass", "PersistentVolume", "PersistentVolumeClaim", "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget");
    private static final List<String> LAST = List.of("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration");

    private ResultOrder() {}

    static void sort(List<Resource> resources, KustomizationFile file) {
        JsonNode options = file.root().path("sortOptions");
        String order = Json.text(options, "order");
        if (order.equals("fifo")) return;
        if (!order.isEmpty() && !order.equals("legacy")) {
            throw new KustomizeException(file.path(), file.line("/sortOptions/order"), "the order \"" + order + "\" is neither legacy nor fifo");
        }
        JsonNode custom = options.path("legacySortOptions");
        List<String> first = custom.isObject() ? names(custom.path("orderFirst")) : FIRST;
        List<String> last = custom.isObject() ? names(custom.path("orderLast")) : LAST;
        resources.sort(Comparator.comparing(Resource::id, Comparator.<ResourceId>comparingInt(id -> rank(id.kind(), first, last))
                .thenComparing(ResultOrder::type).thenComparing(id -> (id.namespace().isEmpty() ? "~X" : id.namespace()) + "|" + id.name())));
    }

    private static List<String> names(JsonNode list) {
        List<String> names = new ArrayList<>();
        list.forEach(name -> names.add(name.asText()));
        return names;
    }

    private static int rank(String kind, List<String> first, List<String> last) {
        int index = first.lastIndexOf(kind);
        return index >= 0 ? index - first.size() : last.lastIndexOf(kind) + 1;
    }

    /** The core group sorts after all others, as '~' does in Kustomize. */
    private static String type(ResourceId id) {
        return (id.group().isEmpty() ? "~G" : id.group()) + "_" + id.version() + "_" + id.kind();
    }
}
