package io.skerry.node;

import io.skerry.node.containerd.ContainerdSupervisor;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.ListPodSandboxRequest;
import io.skerry.node.cri.v1.PodSandbox;
import io.skerry.node.cri.v1.RemovePodSandboxRequest;
import io.skerry.node.cri.v1.StopPodSandboxRequest;
import io.skerry.node.host.Cgroups;
import io.skerry.node.host.Host;
import io.skerry.node.host.Mounts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;

/**
 * Takes away everything that the node of a data folder has on this machine: pods with their network, containerd, shims, mounts, cgroups.
 * Files stay. For {@code scripts/down} and uninstalling; an ordinary stop keeps pods running.
 */
public final class Teardown {
    private Teardown() {
    }

    /**
     * Idempotent. No skerry may run on the data folder.
     *
     * @return what could not be removed, in plain words; empty when all is gone
     */
    public static List<String> run(NodeConfig config) {
        var left = new ArrayList<String>();
        var containerd = new ContainerdSupervisor(config, Host.detect());
        boolean everStarted = Files.exists(config.containerdStateDir());
        if (everStarted) {
            try {
                containerd.start(); // adopted when it runs: only containerd can give the pods' addresses back to CNI and knows its shims
                removePods(config, left);
            } catch (IOException e) {
                left.add("pods: " + e.getMessage());
            } finally {
                containerd.close();
            }
        }
        killShims(config);
        try {
            Mounts.unmountInside(config.dataDir());
            Mounts.unmountInside(config.runDir());
        } catch (IOException e) {
            left.add("mounts: " + e.getMessage());
        }
        left.addAll(Cgroups.removeAll(config.cgroupRoot(), Host.detect()));
        return left;
    }

    /** Shims that containerd no longer knew, with all that runs below them. They are ours when they were told our socket. */
    private static void killShims(NodeConfig config) {
        String socket = config.containerdSocket().toString();
        ProcessHandle.allProcesses().filter(p -> {
            List<String> words = arguments(p.pid());
            return !words.isEmpty() && words.getFirst().endsWith("containerd-shim-runc-v2") && words.contains(socket);
        }).forEach(shim -> {
            shim.descendants().forEach(ProcessHandle::destroyForcibly);
            shim.destroyForcibly();
        });
    }

    private static List<String> arguments(long pid) {
        try {
            return List.of(Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1).split("\0"));
        } catch (IOException e) {
            return List.of(); // ended meanwhile
        }
    }

    private static void removePods(NodeConfig config, List<String> left) {
        try (var cri = new Cri(config.containerdSocket()); var tasks = Executors.newVirtualThreadPerTaskExecutor()) {
            List<PodSandbox> pods = cri.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance()).getItemsList();
            List<CompletableFuture<Void>> removals = pods.stream().map(pod -> CompletableFuture.runAsync(() -> {
                cri.runtime().stopPodSandbox(StopPodSandboxRequest.newBuilder().setPodSandboxId(pod.getId()).build());
                cri.runtime().removePodSandbox(RemovePodSandboxRequest.newBuilder().setPodSandboxId(pod.getId()).build());
            }, tasks)).toList();
            for (int i = 0; i < pods.size(); i++) {
                try {
                    removals.get(i).join();
                } catch (RuntimeException e) {
                    left.add("pod " + pods.get(i).getMetadata().getNamespace() + "/" + pods.get(i).getMetadata().getName() + ": " + e.getCause().getMessage());
                }
            }
        }
    }
}
