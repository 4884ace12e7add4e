package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.function.ToLongFunction;

/** Says which of the nodes that fit is better for a pod. */
public interface ScorePlugin {
    /** How raw scores become 0..100. */
    enum Scale {
        /** They are 0..100 already. */
        AS_IS,
        /** The highest becomes 100. */
        HIGHEST_IS_BEST,
        /** The highest becomes 0. */
        LOWEST_IS_BEST
    }

    String name();

    int weight();

    default Scale scale() { return Scale.AS_IS; }

    /** @return the raw score of a node; null when the plugin has nothing to say about this pod */
    ToLongFunction<NodeInfo> score(Pod pod, Collection<NodeInfo> nodes);
}
