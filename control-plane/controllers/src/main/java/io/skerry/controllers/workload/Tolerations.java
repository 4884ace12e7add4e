package io.skerry.controllers.workload;

import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;

/** Whether a pod's tolerations put up with a node's taint. */
public final class Tolerations {
    private Tolerations() {}

    public static boolean tolerate(List<Toleration> tolerations, Taint taint) {
        return tolerations.stream().anyMatch(t -> tolerates(t, taint));
    }

    private static boolean tolerates(Toleration t, Taint taint) {
        if (!isEmpty(t.getEffect()) && !t.getEffect().equals(taint.getEffect())) return false;
        if (!isEmpty(t.getKey()) && !t.getKey().equals(taint.getKey())) return false;
        String value = taint.getValue() == null ? "" : taint.getValue();
        return switch (t.getOperator() == null ? "" : t.getOperator()) {
            case "Exists" -> true;
            case "", "Equal" -> !isEmpty(t.getKey()) && value.equals(t.getValue() == null ? "" : t.getValue());
            default -> false;
        };
    }

    private static boolean isEmpty(String s) {
        return s == null || s.isEmpty();
    }
}
