package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.skerry.node.cri.v1.StopContainerRequest;
import io.skerry.node.pods.PodView.Instance;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Stops one pod's containers, each beside the worker: preStop hook, TERM, and KILL at the end of the grace period. */
final class ContainerStops {
    private static final Logger LOG = System.getLogger(ContainerStops.class.getName());
    private static final long MIN_AFTER_HOOK_SECONDS = 2, RETRY_MILLIS = 1000;

    private record Stop(Instant deadline, Thread thread) { }

    private final PodParts parts;
    private final Runnable wake;
    private final Map<String, Stop> stops = new ConcurrentHashMap<>();

    ContainerStops(PodParts parts, Runnable wake) {
        this.parts = parts;
        this.wake = wake;
    }

    /** Begins to stop it; again only when the new end is earlier than that of the stop under way. */
    void stop(Pod pod, Container container, Instance running, long graceSeconds, String message) {
        String id = running.status().getId();
        Instant deadline = Instant.now().plusSeconds(graceSeconds);
        stops.compute(id, (key, now) -> {
            if (now != null && !deadline.isBefore(now.deadline.minusSeconds(1))) return now;
            boolean again = now != null;
            if (!again) parts.api().event(pod, running.status().getMetadata().getName(), "Normal", "Killing", message);
            return new Stop(deadline, Thread.ofVirtual().name("stop " + running.status().getMetadata().getName()).start(() -> run(pod, again ? null : container, id, graceSeconds)));
        });
    }

    boolean stopping(String containerId) { return stops.containsKey(containerId); }

    private void run(Pod pod, Container container, String id, long graceSeconds) {
        try {
            long left = graceSeconds;
            LifecycleHandler hook = container == null || container.getLifecycle() == null ? null : container.getLifecycle().getPreStop();
            if (hook != null && graceSeconds > 0) {
                Instant begin = Instant.now();
                String failure = Hooks.run(hook, parts.prober(), container, id, podIp(pod), Duration.ofSeconds(graceSeconds));
                if (failure != null) parts.api().event(pod, container.getName(), "Warning", "FailedPreStopHook", "PreStopHook failed: " + failure);
                left = Math.max(MIN_AFTER_HOOK_SECONDS, graceSeconds - Duration.between(begin, Instant.now()).toSeconds());
            }
            parts.cri().runtime(Duration.ofSeconds(left)).stopContainer(StopContainerRequest.newBuilder().setContainerId(id).setTimeout(left).build());
        } catch (StatusRuntimeException e) {
            // without a runtime, or while the node ends, there is nothing to warn of: the next round stops it
            boolean expected = e.getStatus().getCode() == Status.Code.NOT_FOUND || e.getStatus().getCode() == Status.Code.UNAVAILABLE;
            LOG.log(expected ? Level.DEBUG : Level.WARNING, "container {0} of pod {1}/{2} does not stop: {3}", id, pod.getMetadata().getNamespace(),
                    pod.getMetadata().getName(), e.getMessage());
            if (e.getStatus().getCode() != Status.Code.NOT_FOUND) pause();
        } finally {
            stops.remove(id);
            wake.run();
        }
    }

    /** The worker would try again at once. */
    private static void pause() {
        try {
            Thread.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    static String podIp(Pod pod) { return pod.getStatus() == null || pod.getStatus().getPodIP() == null ? "127.0.0.1" : pod.getStatus().getPodIP(); }
}
