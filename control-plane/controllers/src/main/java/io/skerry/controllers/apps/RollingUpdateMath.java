package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.util.Collection;

/** How many pods a rolling update may have too many or too few of. */
final class RollingUpdateMath {
    private RollingUpdateMath() {}

    static boolean isRollingUpdate(Deployment d) {
        return d.getSpec().getStrategy() == null || !"Recreate".equals(d.getSpec().getStrategy().getType());
    }

    /** Pods allowed over {@code spec.replicas}; percentages round up. 0 unless rolling. */
    static int maxSurge(Deployment d) {
        return isRollingUpdate(d) ? scaled(surge(d), replicas(d), true) : 0;
    }

    /** Pods allowed to be unavailable; percentages round down. If surge and this both come to 0, this is 1, or nothing could ever move. */
    static int maxUnavailable(Deployment d) {
        if (!isRollingUpdate(d) || replicas(d) == 0) return 0;
        int unavailable = scaled(unavailable(d), replicas(d), false);
        if (unavailable == 0 && maxSurge(d) == 0) unavailable = 1;
        return Math.min(unavailable, replicas(d));
    }

    private static IntOrString surge(Deployment d) {
        return d.getSpec().getStrategy() == null || d.getSpec().getStrategy().getRollingUpdate() == null ? null
            : d.getSpec().getStrategy().getRollingUpdate().getMaxSurge();
    }

    private static IntOrString unavailable(Deployment d) {
        return d.getSpec().getStrategy() == null || d.getSpec().getStrategy().getRollingUpdate() == null ? null
            : d.getSpec().getStrategy().getRollingUpdate().getMaxUnavailable();
    }

    /** An int, or a percentage of {@code total}; null is 25%. @throws IllegalArgumentException for any other text */
    static int scaled(IntOrString value, int total, boolean roundUp) {
        if (value != null && value.getIntVal() != null) return value.getIntVal();
        String text = value == null ? "25%" : value.getStrVal();
        if (!text.matches("\\d+%")) throw new IllegalArgumentException("invalid value for IntOrString: \"" + text + "\" is neither a number nor a percentage");
        long percent = Long.parseLong(text.substring(0, text.length() - 1));
        return (int) (roundUp ? (percent * total + 99) / 100 : percent * total / 100);
    }

    static int replicas(Deployment d) {
        return d.getSpec().getReplicas() == null ? 1 : d.getSpec().getReplicas();
    }

    static int replicas(ReplicaSet rs) {
        return rs.getSpec().getReplicas() == null ? 1 : rs.getSpec().getReplicas();
    }

    static int wanted(Collection<ReplicaSet> sets) {
        return sets.stream().mapToInt(RollingUpdateMath::replicas).sum();
    }

    static int actual(ReplicaSet rs) {
        return rs.getStatus() == null || rs.getStatus().getReplicas() == null ? 0 : rs.getStatus().getReplicas();
    }

    static int ready(ReplicaSet rs) {
        return rs.getStatus() == null || rs.getStatus().getReadyReplicas() == null ? 0 : rs.getStatus().getReadyReplicas();
    }

    static int available(ReplicaSet rs) {
        return rs.getStatus() == null || rs.getStatus().getAvailableReplicas() == null ? 0 : rs.getStatus().getAvailableReplicas();
    }

    /** How large the new ReplicaSet may be now. */
    static int newReplicas(Deployment d, Collection<ReplicaSet> all, int newSize) {
        if (!isRollingUpdate(d)) return replicas(d);
        int room = replicas(d) + maxSurge(d) - wanted(all);
        return room <= 0 ? newSize : newSize + Math.min(room, replicas(d) - newSize);
    }
}
