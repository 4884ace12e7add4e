package io.skerry.node.endpoints;

import io.skerry.node.NodeConfig;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.Container;
import io.skerry.node.cri.v1.ContainerStats;
import io.skerry.node.cri.v1.ListContainersRequest;
import io.skerry.node.host.Cgroups;
import io.skerry.node.host.NetworkCounters;
import io.skerry.node.pods.Names;
import io.skerry.node.stats.UsageMeter.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What a reading of counters says of each pod, with what is looked up beside it. */
public final class PodFigures {
    private final NodeConfig config;
    private final Cri cri;
    private final Cgroups cgroups;

    public PodFigures(NodeConfig config, Cri cri, Cgroups cgroups) {
        this.config = config;
        this.cri = cri;
        this.cgroups = cgroups;
    }

    /** @param containers those that run, by name */
    record PodFigure(String namespace, String name, String uid, List<ContainerFigure> containers) {
        /** When the first of its containers was made. */
        Instant started() { return containers.stream().map(ContainerFigure::started).min(Comparator.naturalOrder()).orElseThrow(); }

        /** When the last of its containers was looked at. */
        Instant time() { return containers.stream().map(ContainerFigure::time).max(Comparator.naturalOrder()).orElseThrow(); }

        long cpuNanos() { return containers.stream().mapToLong(ContainerFigure::cpuNanos).sum(); }

        long workingSetBytes() { return containers.stream().mapToLong(c -> c.stats.getMemory().getWorkingSetBytes().getValue()).sum(); }
    }

    /** One run of a container. */
    record ContainerFigure(String name, Container container, ContainerStats stats) {
        Instant started() { return Instant.ofEpochSecond(0, container.getCreatedAt()); }

        Instant time() { return Instant.ofEpochSecond(0, stats.getCpu().getTimestamp()); }

        long cpuNanos() { return stats.getCpu().getUsageCoreNanoSeconds().getValue(); }
    }

    /** Pods with a running container, by namespace and name. */
    List<PodFigure> of(Reading reading) {
        var made = new HashMap<String, Container>();
        cri.runtime().listContainers(ListContainersRequest.getDefaultInstance()).getContainersList().forEach(c -> made.put(c.getId(), c));
        var pods = new TreeMap<String, PodFigure>();
        for (Map.Entry<String, ContainerStats> each : reading.containers().entrySet()) {
            var attributes = each.getValue().getAttributes();
            Container container = made.get(each.getKey());
            String uid = attributes.getLabelsOrDefault(Names.POD_UID, ""), namespace = attributes.getLabelsOrDefault(Names.POD_NAMESPACE, ""), name = attributes.getLabelsOrDefault(Names.POD_NAME, "");
            if (container == null || uid.isEmpty()) continue; // gone meanwhile, or no pod's
            pods.computeIfAbsent(namespace + "/" + name + "/" + uid, k -> new PodFigure(namespace, name, uid, new ArrayList<>())).containers
                    .add(new ContainerFigure(attributes.getMetadata().getName(), container, each.getValue()));
        }
        pods.values().forEach(pod -> pod.containers.sort(Comparator.comparing(ContainerFigure::name)));
        return List.copyOf(pods.values());
    }

    /** Interfaces of a pod; none when it has the machine's network. */
    List<NetworkCounters> network(PodFigure pod) {
        var process = cgroups.process(pod.uid());
        return process.isPresent() ? NetworkCounters.ofProcess(process.getAsLong()) : List.of();
    }

    /** What a container's logs take, those of its earlier runs included. */
    long logBytes(PodFigure pod, String container) {
        Path folder = Names.logFolder(config.podLogsDir(), pod.namespace(), pod.name(), pod.uid()).resolve(container);
        long sum = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) sum += Files.size(file);
        } catch (IOException e) {
            return sum; // rotated away meanwhile
        }
        return sum;
    }
}
