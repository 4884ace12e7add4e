package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The annotations by which a Deployment and its ReplicaSets know revisions and sizes; {@code kubectl rollout} reads them. */
final class Revisions {
    static final String REVISION = "deployment.kubernetes.io/revision";
    static final String HISTORY = "deployment.kubernetes.io/revision-history";
    static final String DESIRED = "deployment.kubernetes.io/desired-replicas";
    static final String MAX = "deployment.kubernetes.io/max-replicas";
    private static final Set<String> NOT_COPIED = Set.of("kubectl.kubernetes.io/last-applied-configuration", REVISION, HISTORY, DESIRED, MAX,
        "deprecated.deployment.rollback.to");
    private static final int HISTORY_CHARS = 2000;

    private Revisions() {}

    static Map<String, String> annotations(HasMetadata o) {
        return o.getMetadata().getAnnotations() == null ? Map.of() : o.getMetadata().getAnnotations();
    }

    /** The revision, 0 when there is none or it is no number. */
    static long of(HasMetadata o) {
        try {
            return Long.parseLong(annotations(o).getOrDefault(REVISION, "0"));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    static long highest(Collection<ReplicaSet> sets) {
        return sets.stream().mapToLong(Revisions::of).max().orElse(0);
    }

    /** The number in an annotation, or null. */
    static Integer number(ReplicaSet rs, String annotation) {
        try {
            String v = annotations(rs).get(annotation);
            return v == null ? null : Integer.valueOf(v);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** The annotations a Deployment's current ReplicaSet should have: the Deployment's own, its revision (never a lower one), and where it had been before. */
    static Map<String, String> ofNewReplicaSet(Deployment d, Map<String, String> before, long revision) {
        Map<String, String> after = new LinkedHashMap<>(before);
        annotations(d).forEach((k, v) -> { if (!NOT_COPIED.contains(k)) after.put(k, v); });
        long old;
        try {
            old = Long.parseLong(before.getOrDefault(REVISION, "0"));
        } catch (NumberFormatException e) {
            return after; // someone wrote nonsense there; leave it for them to see
        }
        if (old < revision) {
            after.put(REVISION, Long.toString(revision));
            if (old > 0) after.put(HISTORY, appended(before.getOrDefault(HISTORY, ""), Long.toString(old)));
        }
        return after;
    }

    private static String appended(String history, String revision) {
        String h = history.isEmpty() ? revision : history + "," + revision;
        while (h.length() > HISTORY_CHARS && h.indexOf(',') >= 0) h = h.substring(h.indexOf(',') + 1);
        return h;
    }

    static Map<String, String> withSizes(Map<String, String> annotations, int desired, int max) {
        Map<String, String> after = new LinkedHashMap<>(annotations);
        after.put(DESIRED, Integer.toString(desired));
        after.put(MAX, Integer.toString(max));
        return after;
    }
}
