package io.skerry.scheduler;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.storage.StorageClass;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import io.skerry.machinery.json.Json;
import io.skerry.scheduler.plugins.VolumeBinding;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Finds a node for every pod that has none and names this scheduler. One pod is decided at a time; binding it goes on beside the next
 * decision. <a href="https://kubernetes.io/docs/concepts/scheduling-eviction/scheduling-framework/">Scheduling framework</a>.
 */
public final class Scheduler implements AutoCloseable {
    public static final String NAME = "default-scheduler";
    private static final Logger LOG = System.getLogger(Scheduler.class.getName());

    private final Informers informers;
    private final EventRecorder events;
    private final VolumeBinding volumes;
    private final Placement placement;
    private final Preemption preemption;
    private final ClusterState state = new ClusterState();
    private final SchedulingQueue queue = new SchedulingQueue();
    private Thread thread;
    private volatile boolean closed;

    public Scheduler(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(NAME);
        this.volumes = new VolumeBinding(informers);
        this.placement = Placement.standard(informers, volumes);
        this.preemption = new Preemption(informers, placement);
    }

    /** Returns when nodes and pods are known and scheduling has begun. */
    public synchronized void start() {
        if (thread != null) throw new IllegalStateException("the scheduler is started already");
        informers.start(List.of(Node.class, Pod.class, Namespace.class, PersistentVolumeClaim.class, PersistentVolume.class, StorageClass.class, PodDisruptionBudget.class));
        informers.subscribe(Node.class, this::nodeChanged);
        informers.subscribe(Pod.class, this::podChanged);
        informers.subscribe(Namespace.class, (before, after) -> {
            if (before != null && after != null && !Objects.equals(before.getMetadata().getLabels(),
                after.getMetadata().getLabels())) queue.happened(Set.of(ClusterEvent.NAMESPACE_LABELS));
        });
        informers.subscribe(PersistentVolumeClaim.class, (before, after) -> queue.happened(Set.of(ClusterEvent.CLAIM_CHANGED)));
        informers.subscribe(PersistentVolume.class, (before, after) -> queue.happened(Set.of(ClusterEvent.CLAIM_CHANGED)));
        informers.subscribe(StorageClass.class, (before, after) -> queue.happened(Set.of(ClusterEvent.CLAIM_CHANGED)));
        thread = Thread.ofVirtual().name("scheduler").start(this::run);
    }

    @Override public synchronized void close() {
        queue.close();
        if (thread != null) thread.interrupt();
        closed = true;
        events.close();
    }

    private void nodeChanged(Node before, Node after) {
        state.node(before, after);
        if (after == null) return;
        Set<ClusterEvent> what = EnumSet.noneOf(ClusterEvent.class);
        if (before == null) what.add(ClusterEvent.NODE_ADDED);
        else {
            if (!Objects.equals(before.getMetadata().getLabels(), after.getMetadata().getLabels())) what.add(ClusterEvent.NODE_LABELS);
            if (!Objects.equals(before.getSpec(), after.getSpec())) what.add(ClusterEvent.NODE_TAINTS);
            if (!Objects.equals(allocatable(before), allocatable(after))) what.add(ClusterEvent.NODE_ALLOCATABLE);
        }
        queue.happened(what);
    }

    private static Object allocatable(Node n) {
        return n.getStatus() == null ? null : n.getStatus().getAllocatable();
    }

    private void podChanged(Pod before, Pod after) {
        state.pod(before, after);
        if (after == null) {
            queue.remove(before);
            if (isPlaced(before)) queue.happened(Set.of(ClusterEvent.POD_GONE));
            return;
        }
        if (isPlaced(after)) {
            queue.remove(after);
            boolean scaledDown = before != null && isPlaced(before) && Resources.less(Resources.requests(after), Resources.requests(before));
            if (scaledDown || Pods.isTerminal(after) && (before == null || !Pods.isTerminal(before))) queue.happened(Set.of(ClusterEvent.POD_GONE));
            else if (before == null || !isPlaced(before) || !Objects.equals(before.getMetadata().getLabels(),
                after.getMetadata().getLabels())) queue.happened(Set.of(ClusterEvent.POD_PLACED));
            return;
        }
        boolean ours = after.getSpec().getSchedulerName() == null || after.getSpec().getSchedulerName().isEmpty()
            || after.getSpec().getSchedulerName().equals(NAME);
        if (!ours || Pods.isTerminating(after) || Pods.isTerminal(after) || !after.getSpec().getSchedulingGates().isEmpty()) queue.remove(after);
        else if (!state.isAssumed(after)) {
            boolean changed = before != null && (!before.getSpec().equals(after.getSpec())
                || !Objects.equals(before.getMetadata().getLabels(), after.getMetadata().getLabels()));
            queue.put(after, changed);
        }
    }

    private static boolean isPlaced(Pod p) {
        return p.getSpec().getNodeName() != null && !p.getSpec().getNodeName().isEmpty();
    }

    private void run() {
        try {
            for (SchedulingQueue.Waiting w; (w = queue.take()) != null; ) schedule(w);
        } catch (InterruptedException e) {
            // closed
        }
    }

    private void schedule(SchedulingQueue.Waiting w) {
        Pod pod = informers.get(Pod.class, Key.of(w.pod()));
        if (pod == null || isPlaced(pod) || !pod.getMetadata().getUid().equals(w.pod().getMetadata().getUid())) {
            queue.done(w);
            return;
        }
        try {
            record Outcome(Placement.Decision decision, Preemption.Plan plan) {}
            Outcome outcome = state.look(pod, nodes -> {
                Placement.Decision d = placement.decide(pod, nodes);
                if (d.node() != null) {
                    state.assume(pod, d.node());
                    return new Outcome(d, null);
                }
                Preemption.Plan p = preemption.plan(pod, nodes, d.preemptible());
                if (p.node() != null) state.nominate(pod, p.node());
                return new Outcome(d, p);
            });
            Placement.Decision decision = outcome.decision;
            if (decision.node() == null) {
                Set<ClusterEvent> wokenBy = EnumSet.copyOf(decision.wokenBy());
                if (outcome.plan.node() != null) wokenBy.add(ClusterEvent.POD_GONE);
                queue.unschedulable(w, wokenBy);
                Thread.ofVirtual().name("scheduler " + pod.getMetadata().getName()).start(() -> {
                    String problem = decision.problem() + (outcome.plan.problem().isEmpty() ? "" : " preemption: " + outcome.plan.problem());
                    report(pod, problem, outcome.plan.node());
                    preempt(pod, outcome.plan);
                });
            } else {
                Thread.ofVirtual().name("bind " + pod.getMetadata().getName()).start(() -> bind(w, pod, decision.node()));
            }
        } catch (RuntimeException e) {
            LOG.log(Level.ERROR, "cannot schedule " + name(pod), e);
            queue.failed(w);
        }
    }

    private void bind(SchedulingQueue.Waiting w, Pod pod, String node) {
        if (!bindVolumes(w, pod, node)) return;
        var binding = Json.object().put("apiVersion", "v1").put("kind", "Binding");
        binding.putObject("metadata").put("namespace", pod.getMetadata().getNamespace()).put("name", pod.getMetadata().getName())
            .put("uid", pod.getMetadata().getUid());
        binding.putObject("target").put("apiVersion", "v1").put("kind", "Node").put("name", node);
        try {
            informers.client().raw("/api/v1/namespaces/" + pod.getMetadata().getNamespace() + "/pods/" + pod.getMetadata().getName() + "/binding",
                "POST", binding.toString());
            queue.done(w);
            events.normal(pod, "Scheduled", "Successfully assigned " + name(pod) + " to " + node);
        } catch (KubernetesClientException e) {
            state.forget(pod);
            if (e.getCode() == 404) {
                queue.done(w);
                return;
            }
            // Room was kept for this pod and is free again.
            queue.happened(Set.of(ClusterEvent.POD_GONE));
            queue.failed(w);
            LOG.log(Level.WARNING, "cannot bind {0} to node {1}: {2}", name(pod), node, PodControl.message(e));
            report(pod, "binding rejected: " + PodControl.message(e), null);
        }
    }

    /** @return whether the pod has its volumes; else it is back in the queue, and woken by what becomes of its claims */
    private boolean bindVolumes(SchedulingQueue.Waiting w, Pod pod, String node) {
        try {
            if (volumes.bind(pod, node)) return true;
            state.forget(pod);
            queue.notYet(w, volumes.wokenBy());
        } catch (KubernetesClientException | IllegalStateException e) {
            state.forget(pod);
            queue.failed(w);
            boolean lostRace = e instanceof KubernetesClientException k && k.getCode() == 409;
            if (!lostRace) report(pod, "binding volumes: " + e.getMessage(), null);
        }
        queue.happened(Set.of(ClusterEvent.POD_GONE)); // the room that was kept for it is free again
        return false;
    }

    /** Makes the victims go, gracefully; their going is the event that lets the pod be tried again. */
    private void preempt(Pod pod, Preemption.Plan plan) {
        for (Pod victim : plan.victims()) {
            if (closed) return;
            String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
            var patch = Json.object();
            patch.putObject("metadata").put("uid", victim.getMetadata().getUid());
            patch.putObject("status").putArray("conditions").addObject().put("type", "DisruptionTarget").put("status", "True")
                .put("reason", "PreemptionByScheduler")
                .put("message", NAME + ": preempting to accommodate a higher priority pod").put("lastTransitionTime", now);
            try {
                Patch.STRATEGIC.send(informers.client(), victim, "status", patch);
                Deletion.delete(informers.client(), "/api/v1/namespaces/" + victim.getMetadata().getNamespace() + "/pods/" + victim.getMetadata().getName(),
                    victim.getMetadata().getUid(), null, null, null);
                events.normal(victim, "Preempted", "Preempted by pod " + pod.getMetadata().getUid() + " on node " + plan.node());
            } catch (KubernetesClientException e) {
                if (e.getCode() != 404) LOG.log(Level.WARNING, "cannot preempt {0} for {1}: {2}", name(victim), name(pod), PodControl.message(e));
            }
        }
    }

    /** Tells why a pod has no node: an event, and the condition PodScheduled. @param nominated the node where room is made for it, or null */
    private void report(Pod pod, String problem, String nominated) {
        if (closed) return;
        events.warning(pod, "FailedScheduling", problem);
        PodCondition there = Pods.condition(pod, "PodScheduled");
        if (there != null && "False".equals(there.getStatus()) && "Unschedulable".equals(there.getReason()) && problem.equals(there.getMessage())
            && (nominated == null || nominated.equals(pod.getStatus().getNominatedNodeName()))) return;
        var patch = Json.object();
        patch.putObject("metadata").put("uid", pod.getMetadata().getUid());
        var status = patch.putObject("status");
        if (nominated != null) status.put("nominatedNodeName", nominated);
        var c = status.putArray("conditions").addObject().put("type", "PodScheduled").put("status", "False").put("reason", "Unschedulable")
            .put("message", problem);
        if (there == null || !"False".equals(there.getStatus())) c.put("lastTransitionTime", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        try {
            Patch.STRATEGIC.send(informers.client(), pod, "status", patch);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404 && e.getCode() != 409) LOG.log(Level.WARNING, "cannot write the status of {0}: {1}", name(pod), PodControl.message(e));
        }
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
    }
}
