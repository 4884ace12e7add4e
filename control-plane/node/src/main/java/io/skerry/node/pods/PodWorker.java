package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.grpc.StatusRuntimeException;
import io.skerry.node.cri.v1.PodSandboxConfig;
import io.skerry.node.images.ImagePull;
import io.skerry.node.pods.PodStatuses.Waiting;
import io.skerry.node.pods.PodView.Instance;
import io.skerry.node.probes.Probes;
import io.skerry.node.volumes.VolumeException;
import io.skerry.node.volumes.Volumes;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Brings one pod to what its spec says and keeps it there, on one virtual thread. Level-triggered: each round reads what the runtime has,
 * compares it with the spec, takes the next steps and writes the status. Nothing is remembered that a restart could not find again but
 * back-off times and running probes.
 */
final class PodWorker {
    private static final Logger LOG = System.getLogger(PodWorker.class.getName());
    /** A round without any event, in case one was lost. */
    private static final Duration RESYNC = Duration.ofSeconds(60);
    private static final Duration FIRST_RETRY = Duration.ofMillis(500), LAST_RETRY = Duration.ofSeconds(30), SETTLE = Duration.ofMillis(20);

    private final PodParts parts;
    private final String uid;
    private final BiConsumer<String, String> seen;
    private final Runnable done;
    private final Semaphore wake = new Semaphore(1);
    private final Map<String, Waiting> waiting = new HashMap<>();
    private final Set<String> endedNow = ConcurrentHashMap.newKeySet();
    private final Backoff restarts = new Backoff();
    private final ContainerStops stops;
    private final PostStart hooks;
    private final Sandboxes sandboxes;
    private final ImagePull pulls;
    private final Probes probes;
    private final ContainerStart starter;
    private final PodResize resize;
    private volatile Pod pod;
    private volatile boolean removed, closed;
    private Pod known;
    private Instant next;
    private Duration retry = FIRST_RETRY;
    private boolean released;

    /**
     * @param seen gets this pod's uid and the id of each of its sandboxes and containers, so that their events can be brought here
     * @param done called when there is nothing left of the pod, here or in the API
     */
    PodWorker(PodParts parts, Pod pod, BiConsumer<String, String> seen, Runnable done) {
        this.parts = parts;
        this.pod = pod;
        this.known = pod;
        this.uid = pod.getMetadata().getUid();
        this.seen = seen;
        this.done = done;
        stops = new ContainerStops(parts, this::wake);
        hooks = new PostStart(parts, this::wake);
        sandboxes = new Sandboxes(parts);
        pulls = new ImagePull(parts.cri(), parts.images(), parts.api(), this::wake);
        probes = new Probes(parts.prober(), parts.api(), this::wake);
        resize = new PodResize(parts, pod, restarts, this::wake);
        starter = new ContainerStart(parts, pulls, restarts, id -> seen.accept(uid, id));
    }

    void start() { Thread.ofVirtual().name("pod " + pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName()).start(this::run); }

    void update(Pod newer) {
        Pod older = pod;
        pod = newer;
        // most changes are our own status coming back
        boolean same = Objects.equals(older.getSpec(), newer.getSpec()) && Objects.equals(older.getMetadata().getDeletionTimestamp(), newer.getMetadata().getDeletionTimestamp())
                && Objects.equals(older.getMetadata().getDeletionGracePeriodSeconds(), newer.getMetadata().getDeletionGracePeriodSeconds())
                && Objects.equals(older.getMetadata().getLabels(), newer.getMetadata().getLabels()) && Objects.equals(older.getMetadata().getAnnotations(), newer.getMetadata().getAnnotations())
                && newer.getSpec().getReadinessGates().isEmpty();
        if (!same) wake();
    }

    /** It is gone from the API: stop it, clean up, end. */
    void removed() {
        removed = true;
        wake();
    }

    void wake() { wake.release(); }

    /** A container or sandbox of this pod has ended; the runtime's own books may still say it runs. */
    void ended(String id) {
        endedNow.add(id);
        wake();
    }

    /** Ends the worker and leaves the pod running. */
    void close() {
        closed = true;
        wake();
    }

    Pod pod() { return pod; }

    private void run() {
        try {
            while (!closed) {
                Instant round = Instant.now();
                next = round.plus(RESYNC);
                try {
                    if (sync()) {
                        done.run();
                        return;
                    }
                    retry = FIRST_RETRY;
                } catch (KubernetesClientException | StatusRuntimeException | IOException e) {
                    if (closed) return;
                    LOG.log(Level.DEBUG, () -> "pod " + pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName() + ": " + e.getMessage());
                    at(Instant.now().plus(retry));
                    retry = retry.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? retry.multipliedBy(2) : LAST_RETRY;
                } catch (RuntimeException e) {
                    LOG.log(Level.ERROR, "pod " + pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName(), e);
                    at(Instant.now().plus(LAST_RETRY));
                }
                long pause = Duration.between(Instant.now(), next).toMillis();
                if (wake.tryAcquire(Math.max(pause, 0), TimeUnit.MILLISECONDS)) wake.drainPermits();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            probes.close();
            pulls.close();
            hooks.close();
        }
    }

    private void at(Instant when) {
        if (when != null && when.isBefore(next)) next = when;
    }

    /** One round; true when the pod is no more. */
    private boolean sync() throws IOException, InterruptedException {
        PodView view = read();
        Pod desired = resize.current(pod);
        boolean late = deadlinePassed(desired), over = PodPhases.terminal(desired) || PodPhases.terminal(known) || late;
        if (removed || desired.getMetadata().getDeletionTimestamp() != null || over) return terminate(desired, view);

        desired = resize.allocate(pod);
        watchProbes(desired, view);
        PodActions actions = PodActions.compute(desired, view, health);
        if (actions.killPod()) {
            if (!stopEverything(desired, view, PodPhases.gracePeriod(desired), "Stopping container")) {
                publish(desired, view, false);
                return false;
            }
            if (!actions.createSandbox()) {
                publish(desired, view, true);
                wake();
                return false;
            }
        }
        for (PodActions.Kill kill : actions.kill()) {
            probes.retain(view.running().stream().map(i -> i.status().getId()).filter(id -> !id.equals(kill.instance().status().getId())).collect(Collectors.toSet()));
            stops.stop(desired, kill.container(), kill.instance(), PodPhases.gracePeriod(desired, kill), kill.message());
        }
        at(resize.actuate(desired, view, stops::stopping));
        waiting.keySet().retainAll(actions.start().stream().map(Container::getName).collect(Collectors.toSet()));

        Volumes.Ready volumes;
        try {
            volumes = parts.volumes().setUp(desired);
            at(volumes.refresh());
        } catch (VolumeException e) {
            if (!actions.createSandbox() && actions.start().isEmpty()) {
                LOG.log(Level.DEBUG, "a volume of a running pod is not refreshed", e);
                volumes = null;
            } else {
                parts.api().event(desired, null, "Warning", "FailedMount", e.getMessage());
                publish(desired, view, false);
                throw new IOException(e.getMessage(), e);
            }
        }
        if (actions.createSandbox()) {
            at(sandboxes.create(desired, actions.attempt()));
            view = read();
            if (!view.sandboxReady()) {
                publish(desired, view, false);
                return false;
            }
        }
        boolean started = startContainers(desired, actions.start(), view, volumes);
        if (started || actions.createSandbox()) {
            view = read();
            watchProbes(desired, view);
        }
        publish(desired, view, false);
        new DeadContainers(parts, desired).collect(view);
        return false;
    }

    private boolean deadlinePassed(Pod desired) {
        Long seconds = desired.getSpec().getActiveDeadlineSeconds();
        if (seconds == null || known.getStatus() == null || known.getStatus().getStartTime() == null) return false;
        Instant deadline = Instant.parse(known.getStatus().getStartTime()).plusSeconds(seconds);
        if (Instant.now().isBefore(deadline)) {
            at(deadline);
            return false;
        }
        return true;
    }

    private boolean startContainers(Pod desired, List<Container> containers, PodView view, Volumes.Ready volumes) {
        boolean any = false;
        PodSandboxConfig sandbox = containers.isEmpty() ? null : new SandboxConfigs(parts.config(), parts.cgroups()).of(desired, view.sandbox().getMetadata().getAttempt());
        List<String> ips = SandboxConfigs.hostNetwork(desired) ? List.of(parts.config().nodeIp()) : view.ips();
        for (Container container : containers) {
            ContainerStart.Outcome outcome = starter.start(desired, container, view, sandbox, volumes.paths(), ips);
            if (outcome.containerId() == null) {
                waiting.put(container.getName(), outcome.waiting());
                at(outcome.retry());
                any |= outcome.waiting().reason().equals("RunContainerError");
            } else {
                any = true;
                waiting.remove(container.getName());
                resize.created(container, outcome.containerId());
                hooks.run(desired, container, outcome.containerId(), ips.isEmpty() ? parts.config().nodeIp() : ips.getFirst());
                at(Instant.now()); // whatever comes after this one may be started now
            }
        }
        return any;
    }

    /** Reads the runtime until it agrees with the events: containerd tells of an end before its CRI part has noted it. */
    private PodView read() throws InterruptedException {
        Instant limit = Instant.now().plusSeconds(2);
        while (true) {
            PodView view = PodView.read(parts.cri(), uid);
            view.sandboxes().forEach(s -> seen.accept(uid, s.getId()));
            view.containers().values().forEach(runs -> runs.forEach(r -> seen.accept(uid, r.status().getId())));
            boolean behind = view.running().stream().anyMatch(i -> endedNow.contains(i.status().getId()))
                    || view.sandboxReady() && endedNow.contains(view.sandbox().getId());
            if (!behind || Instant.now().isAfter(limit)) {
                endedNow.clear();
                return view;
            }
            Thread.sleep(SETTLE);
        }
    }

    private void watchProbes(Pod desired, PodView view) {
        probes.retain(view.running().stream().filter(i -> !stops.stopping(i.status().getId())).map(i -> i.status().getId()).collect(Collectors.toSet()));
        String ip = SandboxConfigs.hostNetwork(desired) || view.ips().isEmpty() ? parts.config().nodeIp() : view.ips().getFirst();
        SandboxConfigs.containers(desired.getSpec()).forEach(c -> view.newest(c.getName()).filter(Instance::running).filter(i -> !stops.stopping(i.status().getId()) && !hooks.running(i.status().getId()))
                .ifPresent(i -> probes.watch(desired, c, i.status().getId(), PodView.instant(i.status().getStartedAt()), ip, knownStatus(c, i))));
    }

    private Optional<ContainerStatus> knownStatus(Container container, Instance run) {
        PodStatus status = known.getStatus();
        if (status == null) return Optional.empty();
        return Stream.concat(status.getContainerStatuses().stream(), status.getInitContainerStatuses().stream())
                .filter(s -> s.getName().equals(container.getName()) && ("containerd://" + run.status().getId()).equals(s.getContainerID())).findFirst();
    }

    /** True when nothing runs any more. Sidecars go after the containers they serve, the last first. */
    private boolean stopEverything(Pod desired, PodView view, long grace, String message) {
        List<Container> sidecars = desired.getSpec().getInitContainers().stream().filter(PodActions::sidecar).toList();
        Set<String> sidecarNames = sidecars.stream().map(Container::getName).collect(Collectors.toSet());
        List<Instance> running = view.running();
        List<Instance> now = running.stream().filter(i -> !sidecarNames.contains(i.status().getMetadata().getName())).toList();
        if (now.isEmpty() && !running.isEmpty()) {
            Container last = sidecars.reversed().stream().filter(c -> running.stream().anyMatch(i -> i.status().getMetadata().getName().equals(c.getName()))).findFirst().orElseThrow();
            now = running.stream().filter(i -> i.status().getMetadata().getName().equals(last.getName())).toList();
        }
        for (Instance instance : now) {
            String name = instance.status().getMetadata().getName();
            Container container = SandboxConfigs.containers(desired.getSpec()).filter(c -> c.getName().equals(name)).findFirst().orElse(null);
            stops.stop(desired, container, instance, grace, message + " " + name);
        }
        if (!running.isEmpty()) return false;
        sandboxes.stop(view);
        return true;
    }

    /** The way out: stop, say how it ended, clean up, take it out of the API. True at its end. */
    private boolean terminate(Pod desired, PodView view) throws IOException, InterruptedException {
        pulls.close();
        boolean leaving = removed || desired.getMetadata().getDeletionTimestamp() != null;
        long grace = removed ? PodPhases.gracePeriodWhenGone(desired) : PodPhases.gracePeriod(desired);
        if (!stopEverything(desired, view, grace, "Stopping container")) {
            if (!removed) publish(desired, view, false);
            return false;
        }
        probes.close();
        if (!released) {
            resize.release();
            if (!removed) publish(desired, read(), true);
            parts.volumes().tearDown(uid);
            parts.cgroups().remove(uid);
            released = true;
        }
        if (!leaving) return false; // it has ended by itself: kept for its status and logs until somebody deletes it
        new DeadContainers(parts, desired).removeAll(read());
        if (!removed) parts.api().delete(desired);
        return removed;
    }

    private void publish(Pod desired, PodView view, boolean over) {
        PodStatus status = PodStatuses.of(withNewestStatus(desired), view, facts, over, parts.config().nodeIp(), Instant.now());
        if (over && !PodPhases.terminal(known) && desired.getMetadata().getDeletionTimestamp() == null && deadlinePassed(desired)) {
            status = new PodStatusBuilder(status).withPhase("Failed").withReason("DeadlineExceeded").withMessage("Pod was active on the node longer than the specified deadline").build();
        }
        if (status.equals(known.getStatus())) return;
        Pod written = parts.api().updateStatus(desired, status);
        if (written != null) known = written;
    }

    /** What we wrote last may not have come back by the watch yet. */
    private Pod withNewestStatus(Pod desired) {
        known = PodPhases.newer(known, desired);
        return known == desired ? desired : new io.fabric8.kubernetes.api.model.PodBuilder(desired).withStatus(known.getStatus()).build();
    }

    private final PodActions.Health health = new PodActions.Health() {
        @Override
        public Optional<String> mustDie(Container container, Instance running) {
            String id = running.status().getId();
            if (hooks.failed(id)) return Optional.of("FailedPostStartHook");
            return resize.mustRestart(container, running).or(() -> probes.mustDie(id));
        }

        @Override
        public boolean replaced(Instance ended) { return resize.replaced(ended); }

        @Override
        public boolean started(Container container, Instance running) { return !hooks.running(running.status().getId()) && probes.started(running.status().getId()); }
    };

    private final PodStatuses.Facts facts = new PodStatuses.Facts() {
        @Override
        public Waiting waiting(String container) { return waiting.get(container); }

        @Override
        public boolean ready(Container container, Instance running) { return !hooks.running(running.status().getId()) && probes.ready(running.status().getId()); }

        @Override
        public boolean started(Container container, Instance running) { return health.started(container, running); }

        @Override
        public boolean hookRuns(Instance running) { return hooks.running(running.status().getId()); }

        @Override
        public String terminationMessage(Container container, Instance ended) { return TerminationMessage.read(parts, pod, container, ended); }

        @Override
        public ResourceRequirements resources(Container container, Instance run) { return resize.resources(container, run); }

        @Override
        public List<PodCondition> resizing() { return resize.conditions(); }
    };
}
