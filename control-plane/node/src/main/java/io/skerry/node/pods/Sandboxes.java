package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.skerry.node.cri.v1.PodSandbox;
import io.skerry.node.cri.v1.PodSandboxConfig;
import io.skerry.node.cri.v1.PodSandboxState;
import io.skerry.node.cri.v1.RemovePodSandboxRequest;
import io.skerry.node.cri.v1.RunPodSandboxRequest;
import io.skerry.node.cri.v1.StopPodSandboxRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;

/** Makes and stops one pod's sandboxes: its namespaces, its address, its cgroup. */
final class Sandboxes {
    private static final long MAX_RETRY_SECONDS = 60;

    private final PodParts parts;
    private final Set<String> stopped = new HashSet<>();
    private int failures;
    private Instant retry = Instant.MIN;

    Sandboxes(PodParts parts) { this.parts = parts; }

    /** @return when to try again, or null when it is done */
    Instant create(Pod pod, int attempt) {
        if (Instant.now().isBefore(retry)) return retry;
        try {
            String handler = handler(pod);
            if (Boolean.FALSE.equals(pod.getSpec().getHostUsers())) {
                // run anyway, it would be the host's root, in a pod that was let through because it is not
                throw new ConfigException("can't set `spec.hostUsers: false`, " + (handler.isEmpty() ? "runtime" : "RuntimeClass handler \"" + handler + "\"") + " does not support user namespaces");
            }
            PodSandboxConfig config = new SandboxConfigs(parts.config(), parts.cgroups()).of(pod, attempt);
            Files.createDirectories(Path.of(config.getLogDirectory()));
            if (attempt > 0) parts.api().event(pod, null, "Normal", "SandboxChanged", "Pod sandbox changed, it will be killed and re-created.");
            parts.cri().runtime().runPodSandbox(RunPodSandboxRequest.newBuilder().setConfig(config).setRuntimeHandler(handler).build());
            new PodCgroup(parts.cgroups()).limit(pod);
            failures = 0;
            return null;
        } catch (StatusRuntimeException | IOException | ConfigException e) {
            String problem = e instanceof StatusRuntimeException s ? s.getStatus().getDescription() : e.getMessage();
            parts.api().event(pod, null, "Warning", "FailedCreatePodSandBox", "Failed to create pod sandbox: " + problem);
            retry = Instant.now().plusSeconds(Math.min(1L << Math.min(failures++, 6), MAX_RETRY_SECONDS));
            return retry;
        }
    }

    /** What the runtime knows the pod's RuntimeClass by; "" for the runtime's own choice. */
    private String handler(Pod pod) throws ConfigException {
        String name = pod.getSpec().getRuntimeClassName();
        if (name == null || name.isEmpty()) return "";
        String handler = parts.api().runtimeHandler(name);
        if (handler == null) throw new ConfigException("runtimeclass.node.k8s.io \"" + name + "\" not found");
        return handler;
    }

    /** Stops all, also those that are not ready: what is left of a sandbox after a power cut still holds its address. */
    void stop(PodView view) {
        for (PodSandbox sandbox : view.sandboxes()) {
            if (sandbox.getState() != PodSandboxState.SANDBOX_READY && stopped.contains(sandbox.getId())) continue;
            stop(parts, sandbox.getId());
            stopped.add(sandbox.getId());
        }
    }

    /** Kills what runs in it and gives its address back. */
    static void stop(PodParts parts, String id) {
        ignoringAbsent(() -> parts.cri().runtime().stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build()));
    }

    /** Stops it and removes it with its containers. */
    static void remove(PodParts parts, String id) {
        stop(parts, id);
        ignoringAbsent(() -> parts.cri().runtime().removePodSandbox(RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build()));
    }

    static void ignoringAbsent(Runnable call) {
        try {
            call.run();
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() != Status.Code.NOT_FOUND) throw e;
        }
    }
}
