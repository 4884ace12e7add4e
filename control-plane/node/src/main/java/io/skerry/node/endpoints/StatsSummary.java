package io.skerry.node.endpoints;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.node.NodeUsage.ContainerUsage;
import io.skerry.apiserver.node.NodeUsage.Usage;
import io.skerry.machinery.json.Json;
import io.skerry.node.NodeConfig;
import io.skerry.node.endpoints.PodFigures.ContainerFigure;
import io.skerry.node.endpoints.PodFigures.PodFigure;
import io.skerry.node.host.Host;
import io.skerry.node.host.Machine;
import io.skerry.node.host.NetworkCounters;
import io.skerry.node.stats.UsageMeter.Measured;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The Summary API: what the node, its pods and their containers use, as kubelet's {@code /stats/summary} (k8s.io/kubelet, pkg/apis/stats/v1alpha1). What is not
 * known here is left out. A pod's CPU and memory are the sums of its containers'.
 */
final class StatsSummary {
    private final NodeConfig config;
    private final PodFigures pods;
    private final Measured measured;
    private final FileStore disk;
    private final String time;
    private final Map<String, Usage> usages = new HashMap<>();

    StatsSummary(NodeConfig config, PodFigures pods, Measured measured) throws IOException {
        this.config = config;
        this.pods = pods;
        this.measured = measured;
        disk = Files.getFileStore(config.agentDir());
        time = seconds(measured.reading().time());
        for (ContainerUsage each : measured.usage().containers()) usages.put(each.podUid() + "/" + each.container(), each.usage());
    }

    ObjectNode json() throws IOException {
        ObjectNode summary = Json.object();
        node(summary.putObject("node"));
        ArrayNode list = summary.putArray("pods");
        for (PodFigure pod : pods.of(measured.reading())) pod(list.addObject(), pod);
        return summary;
    }

    private void node(ObjectNode node) throws IOException {
        Usage all = measured.usage().node();
        node.put("nodeName", config.nodeName()).put("startTime", seconds(booted()));
        node.putObject("cpu").put("time", time).put("usageNanoCores", all.cpuNanoCores()).put("usageCoreNanoSeconds", measured.reading().cpuNanos());
        node.putObject("memory").put("time", time).put("availableBytes", Machine.memoryBytes() - all.memoryBytes()).put("usageBytes", Machine.usedMemoryBytes()).put("workingSetBytes", all.memoryBytes());
        network(node, NetworkCounters.ofMachine(), NetworkCounters.defaultInterface());
        disk(node.putObject("fs")).put("usedBytes", disk.getTotalSpace() - disk.getUnallocatedSpace());
        disk(node.putObject("runtime").putObject("imageFs"));
        String[] load = Host.firstLine("/proc/loadavg").split("[ /]");
        if (load.length > 4) {
            node.putObject("rlimit").put("time", time).put("maxpid", Long.parseLong(Host.firstLine("/proc/sys/kernel/pid_max"))).put("curproc", Long.parseLong(load[4]));
        }
    }

    private void pod(ObjectNode into, PodFigure pod) throws IOException {
        into.putObject("podRef").put("name", pod.name()).put("namespace", pod.namespace()).put("uid", pod.uid());
        into.put("startTime", seconds(pod.started()));
        ArrayNode containers = into.putArray("containers");
        long nanoCores = 0, stored = 0;
        for (ContainerFigure each : pod.containers()) {
            Usage usage = usages.get(pod.uid() + "/" + each.name());
            long cores = usage == null ? 0 : usage.cpuNanoCores(), logs = pods.logBytes(pod, each.name());
            container(containers.addObject(), each, cores, logs);
            nanoCores += cores;
            stored += logs + each.stats().getWritableLayer().getUsedBytes().getValue();
        }
        into.putObject("cpu").put("time", seconds(pod.time())).put("usageNanoCores", nanoCores).put("usageCoreNanoSeconds", pod.cpuNanos());
        into.putObject("memory").put("time", seconds(pod.time())).put("workingSetBytes", pod.workingSetBytes());
        network(into, pods.network(pod), "eth0");
        disk(into.putObject("ephemeral-storage")).put("usedBytes", stored);
    }

    private void container(ObjectNode into, ContainerFigure container, long nanoCores, long logs) throws IOException {
        String at = seconds(container.time());
        var memory = container.stats().getMemory();
        var layer = container.stats().getWritableLayer();
        into.put("name", container.name()).put("startTime", seconds(container.started()));
        into.putObject("cpu").put("time", at).put("usageNanoCores", nanoCores).put("usageCoreNanoSeconds", container.cpuNanos());
        ObjectNode bytes = into.putObject("memory").put("time", at);
        if (memory.hasUsageBytes()) bytes.put("usageBytes", memory.getUsageBytes().getValue());
        bytes.put("workingSetBytes", memory.getWorkingSetBytes().getValue());
        if (memory.hasRssBytes()) bytes.put("rssBytes", memory.getRssBytes().getValue());
        ObjectNode root = disk(into.putObject("rootfs"));
        if (layer.hasUsedBytes()) root.put("usedBytes", layer.getUsedBytes().getValue());
        if (layer.hasInodesUsed()) root.put("inodesUsed", layer.getInodesUsed().getValue());
        disk(into.putObject("logs")).put("usedBytes", logs);
    }

    private ObjectNode disk(ObjectNode into) throws IOException {
        return into.put("time", time).put("availableBytes", disk.getUsableSpace()).put("capacityBytes", disk.getTotalSpace());
    }

    private void network(ObjectNode into, List<NetworkCounters> interfaces, String main) {
        if (interfaces.isEmpty()) return;
        ObjectNode network = into.putObject("network").put("time", time);
        interfaces.stream().filter(i -> i.name().equals(main)).findFirst().ifPresent(i -> counters(network, i));
        ArrayNode all = network.putArray("interfaces");
        interfaces.forEach(i -> counters(all.addObject(), i));
    }

    private static void counters(ObjectNode into, NetworkCounters of) {
        into.put("name", of.name()).put("rxBytes", of.rxBytes()).put("rxErrors", of.rxErrors()).put("txBytes", of.txBytes()).put("txErrors", of.txErrors());
    }

    private static Instant booted() throws IOException {
        return Files.readAllLines(Path.of("/proc/stat")).stream().filter(l -> l.startsWith("btime ")).findFirst()
                .map(l -> Instant.ofEpochSecond(Long.parseLong(l.substring(6).strip()))).orElse(Instant.EPOCH);
    }

    private static String seconds(Instant time) { return time.truncatedTo(ChronoUnit.SECONDS).toString(); }
}
