package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.LifecycleHandler;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The postStart hooks of one pod, each beside the worker. Until its hook is done a container does not count as running; a failed hook is its death. */
final class PostStart implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofHours(1);

    private final PodParts parts;
    private final Runnable wake;
    private final Map<String, Thread> running = new ConcurrentHashMap<>();
    private final Set<String> failed = ConcurrentHashMap.newKeySet();

    PostStart(PodParts parts, Runnable wake) {
        this.parts = parts;
        this.wake = wake;
    }

    /** Runs the container's hook, if it has one. */
    void run(Pod pod, Container container, String id, String podIp) {
        LifecycleHandler hook = container.getLifecycle() == null ? null : container.getLifecycle().getPostStart();
        if (hook == null) return;
        Thread thread = Thread.ofVirtual().name("postStart " + container.getName()).unstarted(() -> {
            String failure = Hooks.run(hook, parts.prober(), container, id, podIp, LIMIT);
            if (failure != null) {
                failed.add(id);
                parts.api().event(pod, container.getName(), "Warning", "FailedPostStartHook", "PostStartHook failed: " + failure);
            }
            running.remove(id);
            wake.run();
        });
        running.put(id, thread);
        thread.start();
    }

    boolean running(String containerId) { return running.containsKey(containerId); }

    boolean failed(String containerId) { return failed.contains(containerId); }

    @Override
    public void close() { running.values().forEach(Thread::interrupt); }
}
