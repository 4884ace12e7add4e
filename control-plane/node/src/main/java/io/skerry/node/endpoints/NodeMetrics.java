package io.skerry.node.endpoints;

import io.skerry.apiserver.ApiServerConfig;
import io.skerry.node.NodeConfig;
import io.skerry.node.endpoints.PodFigures.ContainerFigure;
import io.skerry.node.endpoints.PodFigures.PodFigure;
import io.skerry.node.host.Host;
import io.skerry.node.host.Machine;
import io.skerry.node.host.NetworkCounters;
import io.skerry.node.stats.UsageMeter.Reading;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;

/** The node's figures for Prometheus, under the names that kubelet and the cAdvisor in it give them. */
final class NodeMetrics {
    private static final String COUNTER = "counter", GAUGE = "gauge";

    private NodeMetrics() {
    }

    /** {@code /metrics/resource} (KEP-727; k8s.io/kubernetes, pkg/kubelet/metrics/collectors). */
    static MetricsText resource(Reading reading, List<PodFigure> pods) {
        var text = new MetricsText();
        for (PodFigure pod : pods) {
            for (ContainerFigure c : pod.containers()) {
                String[] labels = {"container", c.name(), "namespace", pod.namespace(), "pod", pod.name()};
                text.add("container_cpu_usage_seconds_total", COUNTER, "[STABLE] Cumulative cpu time consumed by the container in core-seconds", MetricsText.seconds(c.cpuNanos()), c.time(), labels);
                text.add("container_memory_working_set_bytes", GAUGE, "[STABLE] Current working set of the container in bytes", c.stats().getMemory().getWorkingSetBytes().getValue(), c.time(), labels);
                text.add("container_start_time_seconds", GAUGE, "[STABLE] Start time of the container since unix epoch in seconds", MetricsText.seconds(c.started()), null, labels);
            }
        }
        text.add("node_cpu_usage_seconds_total", COUNTER, "[STABLE] Cumulative cpu time consumed by the node in core-seconds", MetricsText.seconds(reading.cpuNanos()), reading.time());
        text.add("node_memory_working_set_bytes", GAUGE, "[STABLE] Current working set of the node in bytes", Machine.workingSetBytes(), reading.time());
        for (PodFigure pod : pods) {
            String[] labels = {"namespace", pod.namespace(), "pod", pod.name()};
            text.add("pod_cpu_usage_seconds_total", COUNTER, "[STABLE] Cumulative cpu time consumed by the pod in core-seconds", MetricsText.seconds(pod.cpuNanos()), pod.time(), labels);
            text.add("pod_memory_working_set_bytes", GAUGE, "[STABLE] Current working set of the pod in bytes", pod.workingSetBytes(), pod.time(), labels);
        }
        return text.add("resource_scrape_error", GAUGE, "[STABLE] 1 if there was an error while getting container metrics, 0 otherwise", 0, null);
    }

    /** {@code /metrics/cadvisor}: of cAdvisor's metrics those that the runtime and the kernel tell without more work. */
    static MetricsText cadvisor(Reading reading, List<PodFigure> pods, PodFigures figures) {
        var text = new MetricsText();
        String[] machine = labels("", "/", "", "", "", "");
        cpu(text, reading.cpuNanos(), reading.time(), machine);
        text.add("container_memory_working_set_bytes", GAUGE, "Current working set in bytes.", Machine.workingSetBytes(), reading.time(), machine);
        for (PodFigure pod : pods) {
            for (ContainerFigure c : pod.containers()) container(text, pod, c);
            for (NetworkCounters each : figures.network(pod)) network(text, pod, each);
        }
        text.add("machine_cpu_cores", GAUGE, "Number of logical CPU cores.", Machine.cpus(), null);
        return text.add("machine_memory_bytes", GAUGE, "Amount of memory installed on the machine.", Machine.memoryBytes(), null);
    }

    private static void container(MetricsText text, PodFigure pod, ContainerFigure c) {
        String[] labels = labels(c.name(), c.container().getId(), c.container().getImage().getImage(), c.container().getId(), pod.namespace(), pod.name());
        var memory = c.stats().getMemory();
        cpu(text, c.cpuNanos(), c.time(), labels);
        text.add("container_last_seen", GAUGE, "Last time a container was seen by the exporter", c.time().getEpochSecond(), null, labels);
        text.add("container_memory_working_set_bytes", GAUGE, "Current working set in bytes.", memory.getWorkingSetBytes().getValue(), c.time(), labels);
        if (memory.hasUsageBytes()) text.add("container_memory_usage_bytes", GAUGE, "Current memory usage in bytes, including all memory regardless of when it was accessed", memory.getUsageBytes().getValue(), c.time(), labels);
        if (memory.hasRssBytes()) text.add("container_memory_rss", GAUGE, "Size of RSS in bytes.", memory.getRssBytes().getValue(), c.time(), labels);
        if (c.stats().getWritableLayer().hasUsedBytes()) text.add("container_fs_usage_bytes", GAUGE, "Number of bytes that are consumed by the container on this filesystem.", c.stats().getWritableLayer().getUsedBytes().getValue(), c.time(), labels);
        text.add("container_start_time_seconds", GAUGE, "Start time of the container since unix epoch in seconds.", MetricsText.seconds(c.started()), null, labels);
    }

    private static void cpu(MetricsText text, long nanos, Instant time, String[] labels) {
        String[] all = Arrays.copyOf(labels, labels.length + 2);
        all[labels.length] = "cpu";
        all[labels.length + 1] = "total";
        text.add("container_cpu_usage_seconds_total", COUNTER, "Cumulative cpu time consumed in seconds.", MetricsText.seconds(nanos), time, all);
    }

    private static void network(MetricsText text, PodFigure pod, NetworkCounters of) {
        String[] labels = {"container", "", "image", "", "interface", of.name(), "namespace", pod.namespace(), "pod", pod.name()};
        network(text, "receive_bytes", "bytes received", of, NetworkCounters::rxBytes, labels);
        network(text, "receive_errors", "errors encountered while receiving", of, NetworkCounters::rxErrors, labels);
        network(text, "receive_packets", "packets received", of, NetworkCounters::rxPackets, labels);
        network(text, "receive_packets_dropped", "packets dropped while receiving", of, NetworkCounters::rxDropped, labels);
        network(text, "transmit_bytes", "bytes transmitted", of, NetworkCounters::txBytes, labels);
        network(text, "transmit_errors", "errors encountered while transmitting", of, NetworkCounters::txErrors, labels);
        network(text, "transmit_packets", "packets transmitted", of, NetworkCounters::txPackets, labels);
        network(text, "transmit_packets_dropped", "packets dropped while transmitting", of, NetworkCounters::txDropped, labels);
    }

    private static void network(MetricsText text, String what, String help, NetworkCounters of, ToLongFunction<NetworkCounters> value, String[] labels) {
        text.add("container_network_" + what + "_total", COUNTER, "Cumulative count of " + help, value.applyAsLong(of), null, labels);
    }

    private static String[] labels(String container, String id, String image, String name, String namespace, String pod) {
        return new String[] {"container", container, "id", id, "image", image, "name", name, "namespace", namespace, "pod", pod};
    }

    /** {@code /metrics}: of the node agent itself. The process is the whole server's. */
    static MetricsText agent(NodeConfig config, List<PodFigure> pods) throws IOException {
        var text = new MetricsText();
        text.add("kubelet_node_name", GAUGE, "[ALPHA] The node's name. The count is always 1.", 1, null, "node", config.nodeName());
        text.add("kubelet_running_containers", GAUGE, "[ALPHA] Number of containers currently running", pods.stream().mapToInt(p -> p.containers().size()).sum(), null, "container_state", "running");
        text.add("kubelet_running_pods", GAUGE, "[ALPHA] Number of pods that have a running pod sandbox", pods.size(), null);
        text.add("kubernetes_build_info", GAUGE, "[ALPHA] A metric with a constant '1' value labeled by the version that is served.", 1, null, "git_version", ApiServerConfig.GIT_VERSION);
        ProcessHandle.current().info().totalCpuDuration().ifPresent(cpu ->
                text.add("process_cpu_seconds_total", COUNTER, "Total user and system CPU time spent in seconds.", MetricsText.seconds(cpu.toNanos()), null));
        ProcessHandle.current().info().startInstant().ifPresent(start ->
                text.add("process_start_time_seconds", GAUGE, "Start time of the process since unix epoch in seconds.", MetricsText.seconds(start), null));
        return text.add("process_resident_memory_bytes", GAUGE, "Resident memory size in bytes.", Host.residentBytes(), null);
    }
}
