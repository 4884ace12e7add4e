package io.skerry.node.probes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Probe;
import io.skerry.node.pods.PodApi;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** The probes of one pod's running containers, each on a virtual thread of its own; results that change wake the pod's worker. */
public final class Probes implements AutoCloseable {
    private enum Kind { STARTUP, LIVENESS, READINESS;
        String title() { return name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT); }
    }

    private static final class Run {
        final Thread[] threads = new Thread[3];
        final CountDownLatch startup = new CountDownLatch(1);
        volatile boolean started, ready;
        volatile String deadly;
    }

    private final Prober prober;
    private final PodApi api;
    private final Runnable changed;
    private final Map<String, Run> runs = new ConcurrentHashMap<>();

    public Probes(Prober prober, PodApi api, Runnable changed) {
        this.prober = prober;
        this.api = api;
        this.changed = changed;
    }

    /**
     * Starts the probes of a running container, unless they run.
     *
     * @param known its status in the API when that is of this very run: a restarted node goes on from there and does not take a ready pod out of service
     */
    public void watch(Pod pod, Container container, String containerId, Instant since, String podIp, Optional<ContainerStatus> known) {
        runs.computeIfAbsent(containerId, id -> {
            var run = new Run();
            run.started = container.getStartupProbe() == null || known.filter(s -> Boolean.TRUE.equals(s.getStarted())).isPresent();
            if (run.started) run.startup.countDown();
            run.ready = container.getReadinessProbe() == null || known.filter(s -> Boolean.TRUE.equals(s.getReady())).isPresent();
            for (Kind kind : Kind.values()) {
                Probe probe = switch (kind) {
                    case STARTUP -> container.getStartupProbe();
                    case LIVENESS -> container.getLivenessProbe();
                    case READINESS -> container.getReadinessProbe();
                };
                if (probe != null && !(kind == Kind.STARTUP && run.started)) run.threads[kind.ordinal()] = Thread.ofVirtual().name("probe " + container.getName()).start(() -> loop(pod, container, id, run, kind, probe, since, podIp));
            }
            return run;
        });
    }

    /** Stops the probes of containers that no longer run. */
    public void retain(Set<String> containerIds) {
        runs.entrySet().removeIf(e -> {
            if (containerIds.contains(e.getKey())) return false;
            stop(e.getValue());
            return true;
        });
    }

    public boolean ready(String containerId) {
        Run run = runs.get(containerId);
        return run != null && run.ready && run.started;
    }

    public boolean started(String containerId) {
        Run run = runs.get(containerId);
        return run != null && run.started;
    }

    /** Why a container has to be killed. */
    public Optional<String> mustDie(String containerId) {
        Run run = runs.get(containerId);
        return run == null ? Optional.empty() : Optional.ofNullable(run.deadly);
    }

    private void loop(Pod pod, Container container, String id, Run run, Kind kind, Probe probe, Instant since, String podIp) {
        var action = new Prober.Action(probe.getExec(), probe.getHttpGet(), probe.getTcpSocket(), probe.getGrpc());
        Duration period = Duration.ofSeconds(or(probe.getPeriodSeconds(), 10)), limit = Duration.ofSeconds(or(probe.getTimeoutSeconds(), 1));
        int failureThreshold = or(probe.getFailureThreshold(), 3), successThreshold = or(probe.getSuccessThreshold(), 1), inARow = 0;
        boolean last = false, any = false;
        try {
            long delay = Duration.between(Instant.now(), since.plusSeconds(probe.getInitialDelaySeconds() == null ? 0 : probe.getInitialDelaySeconds())).toMillis();
            if (delay > 0) Thread.sleep(delay);
            if (kind != Kind.STARTUP) run.startup.await();
            while (true) {
                ProbeResult result = prober.probe(action, container, id, podIp, limit);
                if (Thread.interrupted()) return;
                if (!result.success()) api.event(pod, container.getName(), "Warning", "Unhealthy", kind.title() + " probe failed: " + result.output());
                inARow = any && last == result.success() ? inARow + 1 : 1;
                any = true;
                last = result.success();
                if (last ? inARow >= successThreshold : inARow >= failureThreshold) conclude(container, run, kind, last);
                if (kind == Kind.STARTUP && run.started || run.deadly != null) return;
                Thread.sleep(period);
            }
        } catch (InterruptedException e) {
            // the container has ended
        }
    }

    private void conclude(Container container, Run run, Kind kind, boolean success) {
        switch (kind) {
            case READINESS -> {
                if (run.ready == success) return;
                run.ready = success;
            }
            case STARTUP -> {
                if (success) {
                    run.started = true;
                    run.startup.countDown();
                } else {
                    run.deadly = "Container " + container.getName() + " failed startup probe";
                }
            }
            case LIVENESS -> {
                if (success) return;
                run.deadly = "Container " + container.getName() + " failed liveness probe";
            }
        }
        changed.run();
    }

    private static int or(Integer value, int otherwise) { return value == null || value <= 0 ? otherwise : value; }

    private static void stop(Run run) {
        for (Thread thread : run.threads) if (thread != null) thread.interrupt();
    }

    @Override
    public void close() { retain(Set.of()); }
}
