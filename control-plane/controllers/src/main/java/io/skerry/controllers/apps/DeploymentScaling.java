package io.skerry.controllers.apps;

import static io.skerry.controllers.apps.RollingUpdateMath.replicas;

import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How a change of {@code spec.replicas} in the middle of a rollout is shared out between the ReplicaSets: in proportion to their sizes. */
final class DeploymentScaling {
    private DeploymentScaling() {}

    /** @param sets the ReplicaSets with replicas @return the size each should have */
    static Map<ReplicaSet, Integer> proportional(Deployment d, List<ReplicaSet> sets) {
        int allowed = replicas(d) > 0 ? replicas(d) + RollingUpdateMath.maxSurge(d) : 0;
        int toAdd = allowed - RollingUpdateMath.wanted(sets);
        // Largest first; of two of one size, growth goes to the newer, shrinking takes from the older.
        Comparator<ReplicaSet> age = toAdd > 0 ? DeploymentReplicaSets.OLDEST_FIRST.reversed() : DeploymentReplicaSets.OLDEST_FIRST;
        List<ReplicaSet> ordered = sets.stream().sorted(Comparator.comparingInt((ReplicaSet rs) -> replicas(rs)).reversed().thenComparing(age)).toList();
        Map<ReplicaSet, Integer> sizes = new LinkedHashMap<>();
        int added = 0;
        for (ReplicaSet rs : ordered) {
            int share = share(d, rs, toAdd, added);
            sizes.put(rs, replicas(rs) + share);
            added += share;
        }
        int rest = toAdd - added;
        if (!ordered.isEmpty() && rest != 0) sizes.compute(ordered.getFirst(), (rs, size) -> Math.max(0, size + rest));
        return sizes;
    }

    private static int share(Deployment d, ReplicaSet rs, int toAdd, int added) {
        if (replicas(rs) == 0 || toAdd == 0 || toAdd == added) return 0;
        int fraction = fraction(d, rs), left = toAdd - added;
        return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
    }

    private static int fraction(Deployment d, ReplicaSet rs) {
        if (replicas(d) == 0) return -replicas(rs);
        Integer maxBefore = Revisions.number(rs, Revisions.MAX);
        if (maxBefore == null || maxBefore == 0) maxBefore = DeploymentStatuses.status(d).getReplicas();
        if (maxBefore == null || maxBefore == 0) return 0;
        double size = replicas(rs) * (double) (replicas(d) + RollingUpdateMath.maxSurge(d)) / maxBefore;
        return (int) Math.round(size) - replicas(rs);
    }
}
