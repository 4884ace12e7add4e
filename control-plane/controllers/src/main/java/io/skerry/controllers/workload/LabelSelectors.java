package io.skerry.controllers.workload;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.Map;

/** Matching of metav1.LabelSelector values as they stand in typed objects. */
public final class LabelSelectors {
    private LabelSelectors() {}

    /** A null selector matches nothing, an empty one everything. */
    public static boolean matches(LabelSelector selector, Map<String, String> labels) {
        if (selector == null) return false;
        if (selector.getMatchLabels() != null && !matches(selector.getMatchLabels(), labels)) return false;
        for (LabelSelectorRequirement r : selector.getMatchExpressions()) {
            String value = labels == null ? null : labels.get(r.getKey());
            boolean ok = switch (r.getOperator()) {
                case "In" -> value != null && r.getValues().contains(value);
                case "NotIn" -> value == null || !r.getValues().contains(value);
                case "Exists" -> value != null;
                case "DoesNotExist" -> value == null;
                default -> throw new IllegalArgumentException("\"" + r.getOperator() + "\" is not a valid label selector operator");
            };
            if (!ok) return false;
        }
        return true;
    }

    /** Whether every wanted label is there with the wanted value. */
    public static boolean matches(Map<String, String> wanted, Map<String, String> labels) {
        if (labels == null) return wanted.isEmpty();
        for (Map.Entry<String, String> e : wanted.entrySet()) if (!e.getValue().equals(labels.get(e.getKey()))) return false;
        return true;
    }

    public static boolean isEmpty(LabelSelector selector) {
        return selector == null || (selector.getMatchLabels() == null || selector.getMatchLabels().isEmpty()) && selector.getMatchExpressions().isEmpty();
    }
}
