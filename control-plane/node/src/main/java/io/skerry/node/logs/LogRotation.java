package io.skerry.node.logs;

import io.grpc.StatusRuntimeException;
import io.skerry.node.NodeConfig;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.Container;
import io.skerry.node.cri.v1.ContainerFilter;
import io.skerry.node.cri.v1.ContainerState;
import io.skerry.node.cri.v1.ContainerStateValue;
import io.skerry.node.cri.v1.ListContainersRequest;
import io.skerry.node.cri.v1.ReopenContainerLogRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.lang.System.Logger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * Keeps container logs small: one of more than 10 MiB is put aside as {@code N.log.<time>}, which is compressed at the next rotation, and
 * three files a container are kept. Kubelet's names and numbers.
 */
public final class LogRotation {
    private static final Logger LOG = System.getLogger(LogRotation.class.getName());
    static final long MAX_BYTES = 10 << 20;
    private static final int MAX_FILES = 3;
    private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss");

    private final NodeConfig config;
    private final Cri cri;
    private final long maxBytes;

    public LogRotation(NodeConfig config, Cri cri) { this(config, cri, MAX_BYTES); }

    LogRotation(NodeConfig config, Cri cri, long maxBytes) {
        this.config = config;
        this.cri = cri;
        this.maxBytes = maxBytes;
    }

    /** Looks at every log's size once. */
    public void rotate() throws IOException {
        if (!Files.isDirectory(config.podLogsDir())) return;
        List<Path> large;
        try (Stream<Path> logs = Files.find(config.podLogsDir(), 3, (path, a) -> a.isRegularFile() && a.size() > maxBytes && path.getFileName().toString().matches("\\d+\\.log"))) {
            large = logs.toList();
        } catch (UncheckedIOException e) {
            return; // a pod was removed while we looked
        }
        for (Path log : large) rotate(log);
    }

    private void rotate(Path log) throws IOException {
        String folder = log.getParent().getParent().getFileName().toString(), uid = folder.substring(folder.lastIndexOf('_') + 1);
        String name = log.getParent().getFileName().toString();
        int attempt = Integer.parseInt(log.getFileName().toString().replace(".log", ""));
        var running = ListContainersRequest.newBuilder().setFilter(ContainerFilter.newBuilder().putLabelSelector("io.kubernetes.pod.uid", uid).putLabelSelector("io.kubernetes.container.name", name)
                .setState(ContainerStateValue.newBuilder().setState(ContainerState.CONTAINER_RUNNING))).build();
        Container container = cri.runtime().listContainers(running).getContainersList().stream().filter(c -> c.getMetadata().getAttempt() == attempt).findFirst().orElse(null);
        if (container == null) return; // an ended container's log grows no more
        List<Path> old;
        try (Stream<Path> files = Files.list(log.getParent())) {
            old = files.filter(f -> f.getFileName().toString().startsWith(log.getFileName() + ".")).sorted().toList();
        }
        for (Path each : old.subList(0, Math.max(0, old.size() - (MAX_FILES - 2)))) Files.deleteIfExists(each);
        for (Path each : old) if (Files.exists(each) && !each.toString().endsWith(".gz")) compress(each);
        Path aside = log.resolveSibling(log.getFileName() + "." + ZonedDateTime.now(ZoneOffset.UTC).format(STAMP));
        Files.move(log, aside);
        try {
            cri.runtime().reopenContainerLog(ReopenContainerLogRequest.newBuilder().setContainerId(container.getId()).build());
        } catch (StatusRuntimeException e) {
            Files.move(aside, log);
            LOG.log(Level.WARNING, "log {0} is not rotated: {1}", log, e.getMessage());
        }
    }

    private static void compress(Path file) throws IOException {
        Path part = file.resolveSibling(file.getFileName() + ".tmp"), done = file.resolveSibling(file.getFileName() + ".gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(part))) {
            Files.copy(file, out);
        }
        Files.move(part, done);
        Files.delete(file);
    }
}
