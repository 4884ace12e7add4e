package io.skerry.controllers.apps;

import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.AffinityBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeSelectorTerm;
import io.fabric8.kubernetes.api.model.NodeSelectorTermBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.Taint;
import io.fabric8.kubernetes.api.model.Toleration;
import io.fabric8.kubernetes.api.model.TolerationBuilder;
import io.skerry.controllers.workload.NodeSelectors;
import io.skerry.controllers.workload.Tolerations;
import java.util.ArrayList;
import java.util.List;

/** On which nodes a DaemonSet's pods belong, and how such a pod is tied to its node. */
final class DaemonSetNodes {
    /** Daemons stay while their node is in trouble, for they may be what gets it out of it. */
    private static final List<Toleration> ALWAYS = List.of(
        exists("node.kubernetes.io/not-ready", "NoExecute"), exists("node.kubernetes.io/unreachable", "NoExecute"),
        exists("node.kubernetes.io/disk-pressure", "NoSchedule"), exists("node.kubernetes.io/memory-pressure", "NoSchedule"),
        exists("node.kubernetes.io/pid-pressure", "NoSchedule"), exists("node.kubernetes.io/unschedulable", "NoSchedule"));
    private static final Toleration NETWORK = exists("node.kubernetes.io/network-unavailable", "NoSchedule");

    private DaemonSetNodes() {}

    private static Toleration exists(String key, String effect) {
        return new TolerationBuilder().withKey(key).withOperator("Exists").withEffect(effect).build();
    }

    /** Whether a pod should be made there, and whether one that is there may stay. */
    record Verdict(boolean run, boolean stay) {}

    static Verdict verdict(PodSpec template, Node node) {
        if (template.getNodeName() != null && !template.getNodeName().isEmpty()
            && !template.getNodeName().equals(node.getMetadata().getName())) return new Verdict(false, false);
        if (!NodeSelectors.admits(template, node)) return new Verdict(false, false);
        List<Toleration> tolerations = tolerations(template);
        boolean run = true, stay = true;
        for (Taint t : node.getSpec() == null ? List.<Taint>of() : node.getSpec().getTaints()) {
            if (Tolerations.tolerate(tolerations, t)) continue;
            if ("NoExecute".equals(t.getEffect())) stay = false;
            if (!"PreferNoSchedule".equals(t.getEffect())) run = false;
        }
        return new Verdict(run, stay);
    }

    private static List<Toleration> tolerations(PodSpec template) {
        List<Toleration> all = new ArrayList<>(template.getTolerations());
        for (Toleration t : ALWAYS) if (!all.contains(t)) all.add(t);
        if (Boolean.TRUE.equals(template.getHostNetwork()) && !all.contains(NETWORK)) all.add(NETWORK);
        return all;
    }

    /** The template's spec for one node: the scheduler puts it there and nowhere else. */
    static PodSpec on(PodSpec template, String node) {
        NodeSelectorTerm only = new NodeSelectorTermBuilder().addNewMatchField().withKey("metadata.name").withOperator("In").withValues(node)
            .endMatchField().build();
        Affinity affinity = new AffinityBuilder(template.getAffinity() == null ? new Affinity() : template.getAffinity())
            .editOrNewNodeAffinity().withNewRequiredDuringSchedulingIgnoredDuringExecution().withNodeSelectorTerms(only)
            .endRequiredDuringSchedulingIgnoredDuringExecution().endNodeAffinity().build();
        return new PodSpecBuilder(template).withAffinity(affinity).withTolerations(tolerations(template)).build();
    }

    /** The node a daemon pod is meant for; "" if none can be told. */
    static String target(PodSpec pod) {
        if (pod.getNodeName() != null && !pod.getNodeName().isEmpty()) return pod.getNodeName();
        var a = pod.getAffinity() == null || pod.getAffinity().getNodeAffinity() == null ? null
            : pod.getAffinity().getNodeAffinity().getRequiredDuringSchedulingIgnoredDuringExecution();
        if (a != null) for (NodeSelectorTerm t : a.getNodeSelectorTerms()) {
            for (var f : t.getMatchFields()) if (f.getKey().equals("metadata.name") && f.getOperator().equals("In")
                && f.getValues().size() == 1) return f.getValues().getFirst();
        }
        return "";
    }
}
