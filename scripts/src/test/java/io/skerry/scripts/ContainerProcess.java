package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/** The first process of a pod's container as this machine sees it. From within, it could neither be killed nor see the cgroup around its own. */
record ContainerProcess(ProcessHandle handle) {

    /** Of the pod's first container. */
    static ContainerProcess of(Kubectl kubectl, String namespace, String pod) throws IOException, InterruptedException {
        String id = kubectl.out("get", "pod", pod, "-n", namespace, "-o", "jsonpath={.status.containerStatuses[0].containerID}").replace("containerd://", "");
        if (id.isEmpty()) {
            throw new IOException("the container of pod " + pod + " does not run yet"); // and every process would do
        }
        return new ContainerProcess(ProcessHandle.allProcesses().filter(process -> cgroups(process).contains(id)).min(Comparator.comparing(ProcessHandle::pid)).orElseThrow());
    }

    /** The limit of the pod's cgroup, which is around those of its containers, in bytes (cgroups(7); version 1 or 2). */
    long podMemoryLimit() throws IOException {
        for (String line : cgroups(handle).lines().toList()) {
            String[] parts = line.split(":", 3); // hierarchy, its controllers, path
            boolean first = List.of(parts[1].split(",")).contains("memory");
            Path limit = Path.of("/sys/fs/cgroup", first ? "memory" : "", parts[2]).getParent().resolve(first ? "memory.limit_in_bytes" : "memory.max");
            if (Files.exists(limit)) {
                return Long.parseLong(Files.readString(limit).strip());
            }
        }
        throw new IOException("process " + handle.pid() + " is in no cgroup that limits memory");
    }

    private static String cgroups(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc/" + process.pid() + "/cgroup"));
        } catch (IOException e) {
            return ""; // ended
        }
    }
}
