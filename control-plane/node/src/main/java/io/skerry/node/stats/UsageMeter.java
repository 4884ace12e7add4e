package io.skerry.node.stats;

import io.skerry.apiserver.node.NodeUsage;
import io.skerry.apiserver.node.NodeUsage.ContainerUsage;
import io.skerry.apiserver.node.NodeUsage.Usage;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.ContainerStats;
import io.skerry.node.cri.v1.ListContainerStatsRequest;
import io.skerry.node.host.Cgroups;
import io.skerry.node.host.Machine;
import io.skerry.node.pods.Names;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures what the node and its containers use, when somebody asks: counters of CPU are read twice. For who asks regularly, such as an autoscaler, the
 * first reading is that of the time before; who asks after a pause waits for a short window. In between nothing is read.
 */
public final class UsageMeter {
    /** The shortest time that is worth averaging over; who asks again earlier gets the same answer. */
    private static final Duration SHORTEST = Duration.ofSeconds(1);
    /** An average over longer than this says nothing about now. */
    private static final Duration LONGEST = Duration.ofSeconds(60);

    private final Cri cri;
    private final Cgroups cgroups;
    private Reading last;
    private NodeUsage answer;

    /**
     * Counters at one time.
     *
     * @param cpuNanos   of everything on the machine
     * @param containers by id, those that run
     */
    public record Reading(Instant time, long cpuNanos, Map<String, ContainerStats> containers) { }

    /** @param reading at the end of the window that usage is averaged over */
    public record Measured(NodeUsage usage, Reading reading) { }

    public UsageMeter(Cri cri, Cgroups cgroups) {
        this.cri = cri;
        this.cgroups = cgroups;
    }

    /**
     * Takes up to a second; one measures for all who ask meanwhile.
     *
     * @throws IOException when the machine's counters cannot be read
     * @throws io.grpc.StatusRuntimeException when the container runtime does not answer
     */
    public NodeUsage usage() throws IOException, InterruptedException { return measured().usage(); }

    /** As {@link #usage}, with the counters. */
    public synchronized Measured measured() throws IOException, InterruptedException {
        Duration age = last == null ? LONGEST : Duration.between(last.time, Instant.now());
        if (answer != null && !age.isNegative() && age.compareTo(SHORTEST) < 0) return new Measured(answer, last);
        Reading before = last;
        if (before == null || age.isNegative() || age.compareTo(LONGEST) >= 0) {
            before = read();
            Thread.sleep(SHORTEST);
        }
        Reading now = read();
        answer = between(before, now);
        last = now;
        return new Measured(answer, last);
    }

    /**
     * The counters alone, at once.
     *
     * @throws IOException when the machine's counters cannot be read
     * @throws io.grpc.StatusRuntimeException when the container runtime does not answer
     */
    public Reading read() throws IOException {
        var containers = new HashMap<String, ContainerStats>();
        for (ContainerStats stats : cri.runtime().listContainerStats(ListContainerStatsRequest.getDefaultInstance()).getStatsList()) {
            // of one that has ended the runtime has no counters
            if (stats.getCpu().hasUsageCoreNanoSeconds()) containers.put(stats.getAttributes().getId(), stats);
        }
        return new Reading(Instant.now(), cgroups.cpuNanos(), containers);
    }

    private static NodeUsage between(Reading before, Reading now) {
        List<ContainerUsage> containers = now.containers.values().stream().map(stats -> container(stats, before)).toList();
        return new NodeUsage(usage(before.time, before.cpuNanos, now.time, now.cpuNanos, Machine.workingSetBytes()), containers);
    }

    private static ContainerUsage container(ContainerStats stats, Reading before) {
        ContainerStats first = before.containers.get(stats.getAttributes().getId());
        // one that is new since then has used all it has in this window
        Instant from = first == null ? before.time : time(first);
        long used = first == null ? 0 : first.getCpu().getUsageCoreNanoSeconds().getValue();
        return new ContainerUsage(stats.getAttributes().getLabelsOrDefault(Names.POD_UID, ""), stats.getAttributes().getMetadata().getName(),
                usage(from, used, time(stats), stats.getCpu().getUsageCoreNanoSeconds().getValue(), stats.getMemory().getWorkingSetBytes().getValue()));
    }

    private static Usage usage(Instant from, long cpuBefore, Instant to, long cpuNow, long memory) {
        Duration window = Duration.between(from, to);
        double seconds = Math.max(window.toNanos(), 1) / 1e9;
        return new Usage(to, window, Math.max(0, Math.round((cpuNow - cpuBefore) / seconds)), Math.max(0, memory));
    }

    private static Instant time(ContainerStats stats) { return Instant.ofEpochSecond(0, stats.getCpu().getTimestamp()); }
}
