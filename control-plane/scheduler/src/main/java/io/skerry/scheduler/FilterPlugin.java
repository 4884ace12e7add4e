package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Says on which nodes a pod cannot run. */
public interface FilterPlugin {
    /** Upstream's plugin name. */
    String name();

    /** Changes after which a pod that this plugin turned away everywhere may fit. */
    Set<ClusterEvent> wokenBy();

    /** Whether taking pods of lower priority from a node may make this plugin agree to it. */
    default boolean helpedByPreemption() { return false; }

    /**
     * Prepares the check of one pod against all nodes.
     *
     * @return for a node the reasons against it, in upstream's words, none if it fits; null when the plugin has nothing to say about this pod
     */
    Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes);
}
