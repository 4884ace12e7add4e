package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.node.cri.v1.PodSandbox;
import io.skerry.node.cri.v1.PodSandboxState;
import io.skerry.node.cri.v1.RemoveContainerRequest;
import io.skerry.node.pods.PodView.Instance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Removes what has ended of one pod: of each container the last dead run is kept for its log and status, everything goes with the pod. */
final class DeadContainers {
    private final PodParts parts;
    private final Pod pod;

    DeadContainers(PodParts parts, Pod pod) {
        this.parts = parts;
        this.pod = pod;
    }

    void collect(PodView view) throws IOException {
        for (List<Instance> runs : view.containers().values()) {
            // newest first: the current run, and the last dead one when the current one lives
            for (Instance old : runs.stream().skip(1).filter(Instance::created).toList()) remove(old); // made by a node that was killed before it could start it
            for (Instance old : runs.stream().filter(Instance::exited).skip(runs.getFirst().exited() ? 2 : 1).toList()) remove(old);
        }
        for (PodSandbox old : view.sandboxes().stream().skip(1).toList()) {
            if (view.containers().values().stream().flatMap(List::stream).noneMatch(i -> i.sandboxId().equals(old.getId()))) Sandboxes.remove(parts, old.getId());
            else if (old.getState() == PodSandboxState.SANDBOX_READY) Sandboxes.stop(parts, old.getId()); // a second one, by a node that was killed at the wrong moment
        }
    }

    void removeAll(PodView view) throws IOException {
        for (PodSandbox sandbox : view.sandboxes()) Sandboxes.remove(parts, sandbox.getId());
        Path logs = Names.logFolder(parts.config().podLogsDir(), pod);
        if (!Files.isDirectory(logs)) return;
        try (Stream<Path> tree = Files.walk(logs)) {
            for (Path each : tree.sorted(Comparator.reverseOrder()).toList()) Files.deleteIfExists(each);
        }
    }

    private void remove(Instance run) throws IOException {
        Sandboxes.ignoringAbsent(() -> parts.cri().runtime().removeContainer(RemoveContainerRequest.newBuilder().setContainerId(run.status().getId()).build()));
        Path log = Path.of(run.status().getLogPath());
        if (log.getParent() == null || !Files.isDirectory(log.getParent())) return;
        try (Stream<Path> files = Files.list(log.getParent())) {
            for (Path file : files.filter(f -> f.getFileName().toString().startsWith(log.getFileName().toString())).toList()) Files.deleteIfExists(file);
        }
        Files.deleteIfExists(parts.mounts().messageFile(pod, run.status().getMetadata().getName(), run.attempt(), false));
    }
}
