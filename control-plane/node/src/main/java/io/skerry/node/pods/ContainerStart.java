package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.StatusRuntimeException;
import io.skerry.node.cri.v1.CreateContainerRequest;
import io.skerry.node.cri.v1.PodSandboxConfig;
import io.skerry.node.cri.v1.StartContainerRequest;
import io.skerry.node.images.ImagePull;
import io.skerry.node.pods.PodStatuses.Waiting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Brings one container of a pod to run, as far as that goes without waiting. */
final class ContainerStart {
    /** Started ({@code containerId} set), or why not; {@code retry} is when to try again, null: when something wakes the pod. */
    record Outcome(String containerId, Waiting waiting, Instant retry) { }

    private final PodParts parts;
    private final ImagePull images;
    private final Consumer<String> created;
    private final Environment environment;
    private final Backoff backoff;

    /** @param created gets the id of each container before it is started: it may end at once */
    ContainerStart(PodParts parts, ImagePull images, Backoff backoff, Consumer<String> created) {
        this.created = created;
        this.parts = parts;
        this.images = images;
        this.backoff = backoff;
        environment = new Environment(parts.config(), parts.api());
    }

    Outcome start(Pod pod, Container container, PodView view, PodSandboxConfig sandbox, Map<String, Path> volumes, List<String> podIps) {
        String name = container.getName();
        var last = view.newest(name).filter(PodView.Instance::exited);
        if (last.isPresent()) {
            Instant retry = backoff.notBefore(name, last.get().finished());
            if (Instant.now().isBefore(retry)) {
                String message = "back-off " + written(backoff.delay(name).toSeconds()) + " restarting failed container=" + name + " pod=" + pod.getMetadata().getName() + "_" + pod.getMetadata().getNamespace()
                        + "(" + pod.getMetadata().getUid() + ")";
                parts.api().event(pod, name, "Warning", "BackOff", "Back-off restarting failed container " + name + " in pod " + pod.getMetadata().getName() + "_" + pod.getMetadata().getNamespace()
                        + "(" + pod.getMetadata().getUid() + ")");
                return new Outcome(null, new Waiting("CrashLoopBackOff", message), retry);
            }
        }
        ImagePull.Result image = images.ensure(pod, container);
        if (image.image() == null) return new Outcome(null, new Waiting(image.reason(), image.message()), image.retry());

        String id;
        try {
            String target = EphemeralContainers.target(pod, container, view);
            int attempt = attempt(pod, name, view);
            Map<String, String> env = environment.of(pod, container, parts.api().services(pod.getMetadata().getNamespace()), podIps);
            var mounts = parts.mounts().of(pod, container, attempt, volumes, env, podIps, sandbox.getHostname(), ContainerConfigs.messagePath(container));
            var config = ContainerConfigs.of(pod, container, attempt, image.image().getId(), image.image(), env, mounts, target);
            if (last.isPresent()) backoff.next(name, Instant.now());
            id = parts.cri().runtime().createContainer(CreateContainerRequest.newBuilder().setPodSandboxId(view.sandbox().getId()).setConfig(config).setSandboxConfig(sandbox).build()).getContainerId();
        } catch (ConfigException e) {
            parts.api().event(pod, name, "Warning", "Failed", "Error: " + e.getMessage());
            return new Outcome(null, new Waiting("CreateContainerConfigError", e.getMessage()), Instant.now().plusSeconds(10));
        } catch (IOException e) {
            parts.api().event(pod, name, "Warning", "Failed", "Error: " + e.getMessage());
            return new Outcome(null, new Waiting("CreateContainerError", e.getMessage()), Instant.now().plusSeconds(10));
        } catch (StatusRuntimeException e) {
            parts.api().event(pod, name, "Warning", "Failed", "Error: " + e.getStatus().getDescription());
            return new Outcome(null, new Waiting("CreateContainerError", e.getStatus().getDescription()), Instant.now().plusSeconds(10));
        }
        created.accept(id);
        parts.api().event(pod, name, "Normal", "Created", "Created container: " + name);
        try {
            parts.cri().runtime().startContainer(StartContainerRequest.newBuilder().setContainerId(id).build());
        } catch (StatusRuntimeException e) {
            parts.api().event(pod, name, "Warning", "Failed", "Error: " + e.getStatus().getDescription());
            return new Outcome(null, new Waiting("RunContainerError", e.getStatus().getDescription()), Instant.now());
        }
        parts.api().event(pod, name, "Normal", "Started", "Started container " + name);
        return new Outcome(id, null, null);
    }

    /** One more than the runtime or, when the runtime has forgotten them, the log folder has seen. */
    private int attempt(Pod pod, String container, PodView view) throws IOException {
        int next = view.newest(container).map(i -> i.attempt() + 1).orElse(0);
        Path logs = Names.logFolder(parts.config().podLogsDir(), pod).resolve(container);
        if (next > 0 || !Files.isDirectory(logs)) return next;
        try (Stream<Path> files = Files.list(logs)) {
            return files.map(f -> f.getFileName().toString()).filter(f -> f.matches("\\d+\\.log")).mapToInt(f -> Integer.parseInt(f.substring(0, f.indexOf('.'))) + 1).max().orElse(0);
        }
    }

    /** As Go writes a duration: 10s, 1m20s, 5m0s. */
    private static String written(long seconds) { return seconds < 60 ? seconds + "s" : seconds / 60 + "m" + seconds % 60 + "s"; }
}
