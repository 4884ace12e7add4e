package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateTerminatedBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.HostIP;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.skerry.node.pods.PodView.Instance;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Pod.status from what the runtime has. Phases, reasons and messages are kubelet's. */
final class PodStatuses {
    /** Why a container is not running yet. */
    record Waiting(String reason, String message) { }

    /** What the worker knows beside the runtime. */
    interface Facts {
        Waiting waiting(String container);

        boolean ready(Container container, Instance running);

        /** False while the startup probe has not succeeded or the postStart hook runs. */
        boolean started(Container container, Instance running);

        boolean hookRuns(Instance running);

        String terminationMessage(Container container, Instance ended);

        /** CPU and memory that it has now. */
        ResourceRequirements resources(Container container, Instance run);

        /** What there is to say of a resize; types, reasons and messages alone. */
        List<PodCondition> resizing();
    }

    private final Pod pod;
    private final PodView view;
    private final Facts facts;
    private final boolean over;
    private final PodStatus before;
    private final String now;

    private PodStatuses(Pod pod, PodView view, Facts facts, boolean over, Instant now) {
        this.pod = pod;
        this.view = view;
        this.facts = facts;
        this.over = over;
        this.before = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        this.now = time(now);
    }

    /** @param over nothing of the pod runs or will run again */
    static PodStatus of(Pod pod, PodView view, Facts facts, boolean over, String nodeIp, Instant now) {
        return new PodStatuses(pod, view, facts, over, now).build(nodeIp);
    }

    private PodStatus build(String nodeIp) {
        List<ContainerStatus> init = pod.getSpec().getInitContainers().stream().map(c -> container(c, before.getInitContainerStatuses(), true, false)).toList();
        boolean initialized = incompleteInit(init).isEmpty();
        List<ContainerStatus> main = pod.getSpec().getContainers().stream().map(c -> container(c, before.getContainerStatuses(), false, initialized)).toList();
        List<ContainerStatus> ephemeral = EphemeralContainers.of(pod.getSpec()).stream().map(c -> new ContainerStatusBuilder(container(c, before.getEphemeralContainerStatuses(), false, init.isEmpty()))
                .withReady(false).withStarted(null).build()).toList();
        String phase = phase(init, main);
        List<String> ips = over ? List.of() : SandboxConfigs.hostNetwork(pod) && view.sandboxReady() ? List.of(nodeIp) : view.ips();
        if (ips.isEmpty() && before.getPodIPs() != null && view.sandbox() != null) ips = before.getPodIPs().stream().map(PodIP::getIp).toList(); // kept when the pod has ended
        var builder = new PodStatusBuilder(before).withPhase(phase).withQosClass(Qos.of(pod)).withHostIP(nodeIp).withHostIPs(new HostIP(nodeIp))
                .withInitContainerStatuses(init).withContainerStatuses(main).withEphemeralContainerStatuses(ephemeral).withConditions(conditions(phase, init, main));
        if (before.getStartTime() == null) builder.withStartTime(now);
        builder.withPodIP(ips.isEmpty() ? null : ips.getFirst()).withPodIPs(ips.stream().map(PodIP::new).toList());
        return builder.build();
    }

    private ContainerStatus container(Container c, List<ContainerStatus> known, boolean init, boolean initialized) {
        ContainerStatus old = find(known, c.getName());
        Optional<Instance> run = view.newest(c.getName());
        Waiting waiting = facts.waiting(c.getName());
        boolean sidecar = init && PodActions.sidecar(c), up = run.filter(Instance::running).isPresent();
        var status = new ContainerStatusBuilder().withName(c.getName()).withImage(c.getImage()).withImageID("").withRestartCount(run.map(Instance::attempt).orElse(old == null ? 0 : old.getRestartCount()));
        run.ifPresent(r -> status.withContainerID("containerd://" + r.status().getId()).withImageID(r.status().getImageRef()).withImage(r.status().getImage().getImage()));
        if (run.isPresent() && !EphemeralContainers.of(pod.getSpec()).contains(c)) {
            status.withResources(facts.resources(c, run.get()));
            if (!Qos.requests(c).isEmpty()) status.withAllocatedResources(Qos.requests(c));
        }
        ContainerState state, last = new ContainerState();
        Optional<Instance> ended = view.containers().getOrDefault(c.getName(), List.of()).stream().skip(1).filter(Instance::exited).findFirst();
        if (ended.isPresent()) last = state(terminated(c, ended.get()));
        else if (old != null && old.getLastState() != null && run.isPresent() && run.get().attempt() == old.getRestartCount()) last = old.getLastState();
        if (up && facts.hookRuns(run.get())) {
            state = waiting("ContainerCreating", null);
        } else if (up) {
            state = new ContainerStateBuilder().withNewRunning().withStartedAt(time(run.get().status().getStartedAt())).endRunning().build();
        } else if (run.filter(Instance::exited).isPresent()) {
            state = state(terminated(c, run.get()));
            if (waiting != null && !over) {
                last = state;
                state = waiting(waiting.reason, waiting.message);
            }
        } else if (over && old != null && old.getContainerID() != null) {
            state = new ContainerStateBuilder().withNewTerminated().withReason("ContainerStatusUnknown").withExitCode(137)
                    .withMessage("The container could not be located when the pod was terminated").endTerminated().build();
        } else if (waiting != null) {
            state = waiting(waiting.reason, waiting.message);
        } else {
            state = waiting(init || !initialized ? "PodInitializing" : "ContainerCreating", null);
        }
        boolean started = state.getRunning() != null && facts.started(c, run.get());
        boolean ready = init && !sidecar ? state.getTerminated() != null && state.getTerminated().getExitCode() == 0 : started && facts.ready(c, run.get());
        return status.withState(state).withLastState(last).withStarted(started).withReady(ready).build();
    }

    private ContainerStateTerminated terminated(Container c, Instance run) {
        var s = run.status();
        boolean unknown = s.getState() == io.skerry.node.cri.v1.ContainerState.CONTAINER_UNKNOWN;
        String reason = unknown ? "ContainerStatusUnknown" : !s.getReason().isEmpty() ? s.getReason() : s.getExitCode() == 0 ? "Completed" : "Error";
        String message = facts.terminationMessage(c, run);
        return new ContainerStateTerminatedBuilder().withContainerID("containerd://" + s.getId()).withExitCode(run.exitCode()).withReason(reason)
                .withMessage(message == null || message.isEmpty() ? null : message).withStartedAt(s.getStartedAt() == 0 ? null : time(s.getStartedAt())).withFinishedAt(time(run.finished())).build();
    }

    private String phase(List<ContainerStatus> init, List<ContainerStatus> main) {
        if ("Succeeded".equals(before.getPhase()) || "Failed".equals(before.getPhase())) return before.getPhase();
        String policy = PodActions.restartPolicy(pod);
        boolean mainBegun = main.stream().anyMatch(s -> s.getState().getRunning() != null || s.getState().getTerminated() != null || s.getLastState().getTerminated() != null);
        for (int i = 0; i < init.size(); i++) {
            if (PodActions.sidecar(pod.getSpec().getInitContainers().get(i))) {
                if (!mainBegun && !Boolean.TRUE.equals(init.get(i).getStarted()) && !over) return "Pending";
                continue;
            }
            ContainerStateTerminated end = init.get(i).getState().getTerminated();
            if (end != null && end.getExitCode() == 0) continue;
            if (end != null && policy.equals("Never")) return "Failed";
            if (!mainBegun && !over) return "Pending";
        }
        int running = 0, waiting = 0, succeeded = 0, stopped = 0;
        for (ContainerStatus s : main) {
            if (s.getState().getRunning() != null) {
                running++;
            } else if (s.getState().getTerminated() != null) {
                stopped++;
                if (s.getState().getTerminated().getExitCode() == 0) succeeded++;
            } else if (s.getLastState().getTerminated() != null) {
                stopped++;
            } else {
                waiting++;
            }
        }
        if (over) return stopped > 0 && succeeded == main.size() ? "Succeeded" : "Failed";
        if (waiting > 0) return "Pending";
        boolean sidecarUp = init.stream().anyMatch(s -> s.getState().getRunning() != null);
        if (running > 0 || sidecarUp || policy.equals("Always")) return "Running";
        if (stopped == succeeded && stopped > 0) return "Succeeded";
        return policy.equals("Never") ? "Failed" : "Running";
    }

    private List<PodCondition> conditions(String phase, List<ContainerStatus> init, List<ContainerStatus> main) {
        var all = new LinkedHashMap<String, PodCondition>();
        if (before.getConditions() != null) before.getConditions().forEach(c -> all.put(c.getType(), c));
        boolean done = phase.equals("Succeeded") || phase.equals("Failed");
        List<String> incomplete = incompleteInit(init);
        put(all, "PodReadyToStartContainers", !over && view.sandboxReady() && (SandboxConfigs.hostNetwork(pod) || !view.ips().isEmpty()), null, null);
        if (phase.equals("Succeeded")) put(all, "Initialized", true, "PodCompleted", null);
        else put(all, "Initialized", incomplete.isEmpty(), incomplete.isEmpty() ? null : "ContainersNotInitialized", incomplete.isEmpty() ? null : "containers with incomplete status: " + list(incomplete));

        List<String> unready = new ArrayList<>();
        for (int i = 0; i < init.size(); i++) if (PodActions.sidecar(pod.getSpec().getInitContainers().get(i)) && !Boolean.TRUE.equals(init.get(i).getReady())) unready.add(init.get(i).getName());
        main.stream().filter(s -> !Boolean.TRUE.equals(s.getReady())).forEach(s -> unready.add(s.getName()));
        boolean containersReady = !done && unready.isEmpty();
        String reason = containersReady ? null : phase.equals("Succeeded") ? "PodCompleted" : phase.equals("Failed") ? "PodFailed" : "ContainersNotReady";
        String message = containersReady || done ? null : "containers with unready status: " + list(unready);
        List<String> gates = pod.getSpec().getReadinessGates() == null ? List.of() : pod.getSpec().getReadinessGates().stream().map(g -> g.getConditionType())
                .filter(t -> !all.containsKey(t) || !"True".equals(all.get(t).getStatus())).toList();
        if (containersReady && !gates.isEmpty()) {
            put(all, "Ready", false, "ReadinessGatesNotReady", "the status of pod readiness gate(s) is not \"True\": " + list(gates));
        } else {
            put(all, "Ready", containersReady, reason, message);
        }
        put(all, "ContainersReady", containersReady, reason, message);
        List<PodCondition> resizing = facts.resizing();
        resizing.forEach(c -> put(all, c.getType(), true, c.getReason(), c.getMessage()));
        for (String type : List.of(PodResize.PENDING, PodResize.IN_PROGRESS)) if (resizing.stream().noneMatch(c -> c.getType().equals(type))) all.remove(type);
        if (!all.containsKey("PodScheduled")) put(all, "PodScheduled", true, null, null);
        return List.copyOf(all.values());
    }

    private void put(Map<String, PodCondition> all, String type, boolean value, String reason, String message) {
        PodCondition old = all.get(type);
        String status = value ? "True" : "False";
        String since = old != null && status.equals(old.getStatus()) && old.getLastTransitionTime() != null ? old.getLastTransitionTime() : now;
        all.put(type, new PodCondition(null, since, message, old == null ? null : old.getObservedGeneration(), reason, status, type));
    }

    private List<String> incompleteInit(List<ContainerStatus> init) {
        var incomplete = new ArrayList<String>();
        for (int i = 0; i < init.size(); i++) {
            ContainerStatus s = init.get(i);
            boolean complete = PodActions.sidecar(pod.getSpec().getInitContainers().get(i)) ? Boolean.TRUE.equals(s.getStarted()) || over
                    : s.getState().getTerminated() != null && s.getState().getTerminated().getExitCode() == 0;
            if (!complete) incomplete.add(s.getName());
        }
        return incomplete;
    }

    private static String list(List<String> names) { return "[" + String.join(" ", names) + "]"; }

    private static ContainerStatus find(List<ContainerStatus> statuses, String name) {
        return statuses == null ? null : statuses.stream().filter(s -> s.getName().equals(name)).findFirst().orElse(null);
    }

    private static ContainerState waiting(String reason, String message) { return new ContainerStateBuilder().withNewWaiting().withReason(reason).withMessage(message).endWaiting().build(); }

    private static ContainerState state(ContainerStateTerminated terminated) { return new ContainerStateBuilder().withTerminated(terminated).build(); }

    private static String time(long nanos) { return time(PodView.instant(nanos)); }

    /** metav1.Time: whole seconds. */
    static String time(Instant instant) { return instant.truncatedTo(ChronoUnit.SECONDS).toString(); }
}
