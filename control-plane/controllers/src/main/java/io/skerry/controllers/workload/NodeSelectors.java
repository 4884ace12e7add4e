package io.skerry.controllers.workload;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelectorRequirement;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.PodSpec;
import java.util.List;
import java.util.Map;

/** Matching of nodes by {@code spec.nodeSelector} and the required part of {@code spec.affinity.nodeAffinity}. */
public final class NodeSelectors {
    private NodeSelectors() {}

    /** Whether the pod restricts its nodes at all. */
    public static boolean restricts(PodSpec pod) {
        return pod.getNodeSelector() != null && !pod.getNodeSelector().isEmpty() || required(pod) != null;
    }

    /** Whether the node is one that the pod asks for. */
    public static boolean admits(PodSpec pod, Node node) {
        if (pod.getNodeSelector() != null && !LabelSelectors.matches(pod.getNodeSelector(), node.getMetadata().getLabels())) return false;
        List<NodeSelectorTerm> terms = required(pod);
        return terms == null || terms.stream().anyMatch(t -> matches(t, node));
    }

    private static List<NodeSelectorTerm> required(PodSpec pod) {
        var a = pod.getAffinity() == null ? null : pod.getAffinity().getNodeAffinity();
        return a == null || a.getRequiredDuringSchedulingIgnoredDuringExecution() == null ? null
            : a.getRequiredDuringSchedulingIgnoredDuringExecution().getNodeSelectorTerms();
    }

    /** An empty term matches nothing. */
    public static boolean matches(NodeSelectorTerm term, Node node) {
        if (term.getMatchExpressions().isEmpty() && term.getMatchFields().isEmpty()) return false;
        Map<String, String> labels = node.getMetadata().getLabels() == null ? Map.of() : node.getMetadata().getLabels();
        return term.getMatchExpressions().stream().allMatch(r -> matches(r, labels.get(r.getKey())))
            && term.getMatchFields().stream().allMatch(r -> r.getKey().equals("metadata.name") && matches(r, node.getMetadata().getName()));
    }

    private static boolean matches(NodeSelectorRequirement r, String value) {
        return switch (r.getOperator()) {
            case "In" -> value != null && r.getValues().contains(value);
            case "NotIn" -> value == null || !r.getValues().contains(value);
            case "Exists" -> value != null;
            case "DoesNotExist" -> value == null;
            case "Gt" -> compare(value, r) > 0;
            case "Lt" -> compare(value, r) < 0;
            default -> false;
        };
    }

    /** 0 when either is no integer, which then is neither greater nor less. */
    private static int compare(String value, NodeSelectorRequirement r) {
        try {
            return value == null || r.getValues().size() != 1 ? 0 : Long.compare(Long.parseLong(value), Long.parseLong(r.getValues().getFirst()));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
