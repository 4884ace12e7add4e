package io.skerry.node;

import io.fabric8.kubernetes.api.model.Taint;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a node is told about itself.
 *
 * @param nodeName      metadata.name of the Node object and what pods carry in spec.nodeName
 * @param dataDir       the whole appliance's data folder; the node keeps to {@code agent/} in it
 * @param runDir        for what need not outlive a reboot: sockets, containerd's state
 * @param nodeIp        InternalIP of the node
 * @param podCidr       the node's part of the cluster CIDR, e.g. 10.42.0.0/24; written to Node.spec when that is empty
 * @param cniConfDir    where the network writes its *.conflist
 * @param cniBinDirs    where CNI plugins are looked for, first match wins; containerd takes one folder, so the first with a {@code bridge} or {@code loopback} plugin is used
 * @param clusterDns    nameserver of pods with dnsPolicy ClusterFirst; empty gives them the host's
 * @param clusterDomain e.g. cluster.local
 * @param labels        added to the node's own labels
 * @param taints        put on the Node when it registers for the first time
 * @param cgroupRoot    name of the cgroup above all pods, e.g. kubepods
 * @param maxPods       capacity "pods"
 */
public record NodeConfig(String nodeName, Path dataDir, Path runDir, String nodeIp, String podCidr, Path cniConfDir, List<Path> cniBinDirs,
                         List<String> clusterDns, String clusterDomain, Map<String, String> labels, List<Taint> taints, String cgroupRoot, int maxPods) {

    /** Where distributions put the CNI plugins: Debian, then everybody else. */
    public static final List<Path> CNI_BIN_DIRS = List.of(Path.of("/usr/lib/cni"), Path.of("/opt/cni/bin"), Path.of("/usr/libexec/cni"));

    public NodeConfig {
        cniBinDirs = List.copyOf(cniBinDirs);
        clusterDns = List.copyOf(clusterDns);
        labels = Map.copyOf(labels);
        taints = List.copyOf(taints);
    }

    /** A server's node with k3s's addresses and role label, and everything else as upstream has it. */
    public static NodeConfig of(String nodeName, Path dataDir, Path runDir, String nodeIp) {
        return new NodeConfig(nodeName, dataDir.toAbsolutePath(), runDir.toAbsolutePath(), nodeIp, "10.42.0.0/24", dataDir.toAbsolutePath().resolve("agent/etc/cni/net.d"),
                CNI_BIN_DIRS, List.of("10.43.0.10"), "cluster.local", Map.of("node-role.kubernetes.io/control-plane", "true"), List.of(), "kubepods", 110);
    }

    public NodeConfig withPodCidr(String cidr) {
        return new NodeConfig(nodeName, dataDir, runDir, nodeIp, cidr, cniConfDir, cniBinDirs, clusterDns, clusterDomain, labels, taints, cgroupRoot, maxPods);
    }

    public NodeConfig withCni(Path confDir, List<Path> binDirs) {
        return new NodeConfig(nodeName, dataDir, runDir, nodeIp, podCidr, confDir, binDirs, clusterDns, clusterDomain, labels, taints, cgroupRoot, maxPods);
    }

    public NodeConfig withDns(List<String> servers, String domain) {
        return new NodeConfig(nodeName, dataDir, runDir, nodeIp, podCidr, cniConfDir, cniBinDirs, servers, domain, labels, taints, cgroupRoot, maxPods);
    }

    /** @param more put over the labels there are */
    public NodeConfig withLabelsAndTaints(Map<String, String> more, List<Taint> given) {
        var all = new HashMap<>(labels);
        all.putAll(more);
        return new NodeConfig(nodeName, dataDir, runDir, nodeIp, podCidr, cniConfDir, cniBinDirs, clusterDns, clusterDomain, all, given, cgroupRoot, maxPods);
    }

    public NodeConfig withCgroupRoot(String name) {
        return new NodeConfig(nodeName, dataDir, runDir, nodeIp, podCidr, cniConfDir, cniBinDirs, clusterDns, clusterDomain, labels, taints, name, maxPods);
    }

    public NodeConfig withMaxPods(int pods) {
        return new NodeConfig(nodeName, dataDir, runDir, nodeIp, podCidr, cniConfDir, cniBinDirs, clusterDns, clusterDomain, labels, taints, cgroupRoot, pods);
    }

    public Path agentDir() { return dataDir.resolve("agent"); }

    /** OCI archives put here are imported, as k3s does. */
    public Path imagesDir() { return agentDir().resolve("images"); }

    /** A folder a pod, named by its uid: volumes, termination messages, its hosts file. */
    public Path podsDir() { return agentDir().resolve("pods"); }

    /** {@code <namespace>_<pod>_<uid>/<container>/<restart>.log}, kubelet's layout. */
    public Path podLogsDir() { return agentDir().resolve("logs/pods"); }

    public Path containerdDir() { return agentDir().resolve("containerd"); }

    public Path containerdStateDir() { return runDir.resolve("containerd"); }

    public Path containerdSocket() { return runDir.resolve("containerd/containerd.sock"); }

    /** containerd's hosts.toml files, one folder a registry. */
    public Path registryConfigDir() { return agentDir().resolve("etc/containerd/certs.d"); }
}
