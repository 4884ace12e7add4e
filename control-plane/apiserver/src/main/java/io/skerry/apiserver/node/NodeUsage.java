package io.skerry.apiserver.node;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a node and its running containers use.
 *
 * @param node everything on the machine
 */
public record NodeUsage(Usage node, List<ContainerUsage> containers) {

    /**
     * @param time         end of the window
     * @param window       what CPU is averaged over
     * @param cpuNanoCores CPU in billionths of a core
     * @param memoryBytes  the working set: what the kernel could not take back at once
     */
    public record Usage(Instant time, Duration window, long cpuNanoCores, long memoryBytes) {
    }

    public record ContainerUsage(String podUid, String container, Usage usage) {
    }
}
