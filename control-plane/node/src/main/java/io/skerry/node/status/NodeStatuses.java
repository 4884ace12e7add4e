package io.skerry.node.status;

import io.fabric8.kubernetes.api.model.ContainerImage;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.NodeSystemInfo;
import io.fabric8.kubernetes.api.model.NodeSystemInfoBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.node.NodeConfig;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.Image;
import io.skerry.node.host.Host;
import io.skerry.node.host.Machine;
import io.skerry.node.images.ImageStore;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Node.status: what the machine has, and how it is. Reasons and messages are kubelet's. */
public final class NodeStatuses {
    private static final double MIN_DISK_FREE = 0.10;
    private static final int MAX_IMAGES = 50;

    private final NodeConfig config;
    private final Cri cri;
    private final ImageStore images;
    private final NodeSystemInfo info;

    public NodeStatuses(NodeConfig config, Cri cri, ImageStore images) {
        this.config = config;
        this.cri = cri;
        this.images = images;
        var version = cri.version();
        info = new NodeSystemInfoBuilder().withArchitecture(Machine.architecture()).withOperatingSystem("linux").withKernelVersion(Host.firstLine("/proc/sys/kernel/osrelease"))
                .withOsImage(osRelease("PRETTY_NAME")).withMachineID(Host.firstLine("/etc/machine-id")).withSystemUUID(Host.firstLine("/sys/class/dmi/id/product_uuid"))
                .withBootID(Host.firstLine("/proc/sys/kernel/random/boot_id")).withContainerRuntimeVersion(version.getRuntimeName() + "://" + version.getRuntimeVersion())
                .withKubeletVersion(ApiServerConfig.GIT_VERSION).withKubeProxyVersion("").build();
    }

    /** @param before the status in the API, whose foreign conditions and transition times are kept; may be null */
    public NodeStatus now(NodeStatus before) throws IOException {
        FileStore disk = Files.getFileStore(config.agentDir());
        Map<String, Quantity> capacity = new LinkedHashMap<>(), allocatable;
        capacity.put("cpu", new Quantity(Integer.toString(Machine.cpus())));
        capacity.put("memory", new Quantity(Machine.memoryBytes() / 1024 + "Ki"));
        capacity.put("ephemeral-storage", new Quantity(disk.getTotalSpace() / 1024 + "Ki"));
        capacity.put("pods", new Quantity(Integer.toString(config.maxPods())));
        capacity.putAll(hugePages());
        allocatable = new LinkedHashMap<>(capacity);
        // what kubelet's default eviction thresholds keep free
        allocatable.put("memory", new Quantity(Machine.allocatableMemoryBytes() / 1024 + "Ki"));
        allocatable.put("ephemeral-storage", new Quantity(Long.toString((long) (disk.getTotalSpace() * (1 - MIN_DISK_FREE)))));
        var builder = new NodeStatusBuilder(before == null ? new NodeStatus() : before).withCapacity(capacity).withAllocatable(allocatable).withNodeInfo(info)
                .withAddresses().addNewAddress(config.nodeIp(), "InternalIP").addNewAddress(config.nodeName(), "Hostname").withConditions(conditions(before, disk)).withImages(images());
        return builder.build();
    }

    private List<NodeCondition> conditions(NodeStatus before, FileStore disk) throws IOException {
        boolean lowMemory = Machine.availableMemoryBytes() < Machine.KEPT_FREE_BYTES, lowDisk = disk.getUsableSpace() < disk.getTotalSpace() * MIN_DISK_FREE;
        String problem = cri.notReady();
        var all = new LinkedHashMap<String, NodeCondition>();
        if (before != null && before.getConditions() != null) before.getConditions().forEach(c -> all.put(c.getType(), c));
        put(all, "MemoryPressure", lowMemory, lowMemory ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory",
                lowMemory ? "kubelet has insufficient memory available" : "kubelet has sufficient memory available");
        put(all, "DiskPressure", lowDisk, lowDisk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure", lowDisk ? "kubelet has disk pressure" : "kubelet has no disk pressure");
        put(all, "PIDPressure", false, "KubeletHasSufficientPID", "kubelet has sufficient PID available");
        put(all, "Ready", problem.isEmpty(), problem.isEmpty() ? "KubeletReady" : "KubeletNotReady", problem.isEmpty() ? "kubelet is posting ready status" : problem);
        return List.copyOf(all.values());
    }

    private static void put(Map<String, NodeCondition> all, String type, boolean value, String reason, String message) {
        String status = value ? "True" : "False", now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        NodeCondition old = all.get(type);
        all.put(type, new NodeCondition(now, old != null && status.equals(old.getStatus()) ? old.getLastTransitionTime() : now, message, reason, status, type));
    }

    private List<ContainerImage> images() {
        return images.list().stream().sorted(Comparator.comparingLong(Image::getSize).reversed()).limit(MAX_IMAGES)
                .map(i -> new ContainerImage(Stream.concat(i.getRepoDigestsList().stream(), i.getRepoTagsList().stream()).toList(), i.getSize())).toList();
    }

    private static Map<String, Quantity> hugePages() {
        var pages = new LinkedHashMap<String, Quantity>();
        try (Stream<Path> sizes = Files.list(Path.of("/sys/kernel/mm/hugepages"))) {
            for (Path size : new ArrayList<>(sizes.toList())) {
                long kilobytes = Long.parseLong(size.getFileName().toString().replaceAll("\\D", "")), count = Long.parseLong(Host.firstLine(size.resolve("nr_hugepages").toString()));
                String name = kilobytes >= 1 << 20 ? (kilobytes >> 20) + "Gi" : (kilobytes >> 10) + "Mi";
                pages.put("hugepages-" + name, new Quantity(count == 0 ? "0" : count * kilobytes + "Ki"));
            }
        } catch (IOException | NumberFormatException e) {
            return Map.of(); // a kernel without them
        }
        return pages;
    }

    private static String osRelease(String key) {
        try (Stream<String> lines = Files.lines(Path.of("/etc/os-release"))) {
            return lines.filter(l -> l.startsWith(key + "=")).findFirst().map(l -> l.substring(key.length() + 1).replace("\"", "")).orElse("Linux");
        } catch (IOException e) {
            return "Linux";
        }
    }
}
