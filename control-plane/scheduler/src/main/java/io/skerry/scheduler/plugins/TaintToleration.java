package io.skerry.scheduler.plugins;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.skerry.controllers.workload.Tolerations;
import io.skerry.scheduler.ClusterEvent;
import io.skerry.scheduler.FilterPlugin;
import io.skerry.scheduler.NodeInfo;
import io.skerry.scheduler.ScorePlugin;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/** Keeps pods off nodes with taints they do not tolerate (NoSchedule, NoExecute), and prefers nodes with few PreferNoSchedule taints. */
public final class TaintToleration implements FilterPlugin, ScorePlugin {
    @Override public String name() { return "TaintToleration"; }

    @Override public Set<ClusterEvent> wokenBy() { return Set.of(ClusterEvent.NODE_ADDED, ClusterEvent.NODE_TAINTS); }

    @Override public Function<NodeInfo, List<String>> check(Pod pod, Collection<NodeInfo> nodes) {
        List<Toleration> tolerations = pod.getSpec().getTolerations();
        return n -> {
            for (Taint t : n.taints()) {
                if (!"NoSchedule".equals(t.getEffect()) && !"NoExecute".equals(t.getEffect()) || Tolerations.tolerate(tolerations, t)) continue;
                return List.of("node(s) had untolerated taint {" + t.getKey() + ": " + (t.getValue() == null ? "" : t.getValue()) + "}");
            }
            return List.of();
        };
    }

    @Override public int weight() { return 3; }

    @Override public Scale scale() { return Scale.LOWEST_IS_BEST; }

    @Override public ToLongFunction<NodeInfo> score(Pod pod, Collection<NodeInfo> nodes) {
        List<Toleration> tolerations = pod.getSpec().getTolerations();
        return n -> n.taints().stream().filter(t -> "PreferNoSchedule".equals(t.getEffect()) && !Tolerations.tolerate(tolerations, t)).count();
    }
}
