package io.skerry.network;

import java.nio.file.Path;
import java.util.List;

/**
 * A node's network.
 *
 * @param nodeName which endpoints are local is told by this
 * @param podCidr this node's pods; the first address is the bridge's
 * @param clusterCidr all pods of the cluster
 * @param serviceCidr all ClusterIPs
 * @param clusterDomain the DNS zone, such as cluster.local
 * @param dnsIp the DNS server's ClusterIP; it is an address of the bridge, so no rule has to translate it
 * @param dnsPort 53, or 0 for any free one
 * @param bridge the bridge that pods hang on
 * @param mtu of the pods' interfaces, in bytes; 0 leaves it to the kernel
 * @param cniConfDir where the runtime looks for CNI configurations
 * @param cniBinDirs where CNI plugins may be; the first that has them is used
 * @param stateDir run-time state (address leases, former sysctl values); meant to be empty after a boot
 * @param resolvConf the file whose name servers get what is outside the zone; read again when it changes
 * @param upstreams name servers to use instead, as "address" or "address:port"; empty to use the file
 * @param commandPrefix put before every command (ip, nft, conntrack, sh), such as "ip netns exec x"; empty for the host's own network
 */
public record NetworkConfig(String nodeName, Cidr podCidr, Cidr clusterCidr, Cidr serviceCidr, String clusterDomain, String dnsIp, int dnsPort, String bridge, int mtu,
                            Path cniConfDir, List<Path> cniBinDirs, Path stateDir, Path resolvConf, List<String> upstreams, List<String> commandPrefix) {

    public NetworkConfig {
        if (!Cidr.isAddress(dnsIp)) {
            throw new IllegalArgumentException("cluster DNS '" + dnsIp + "' is not an IPv4 address");
        }
        if (bridge.isEmpty() || bridge.length() > 15) {
            throw new IllegalArgumentException("bridge name '" + bridge + "' has to have 1 to 15 characters");
        }
        cniBinDirs = List.copyOf(cniBinDirs);
        upstreams = List.copyOf(upstreams);
        commandPrefix = List.copyOf(commandPrefix);
    }

    /** k3s' addresses and names. */
    public static NetworkConfig defaults(String nodeName, Path runDir, Path cniConfDir) {
        return new NetworkConfig(nodeName, Cidr.parse("10.42.0.0/24"), Cidr.parse("10.42.0.0/16"), Cidr.parse("10.43.0.0/16"), "cluster.local", "10.43.0.10", 53,
            "cni0", 0, cniConfDir, List.of(Path.of("/usr/lib/cni"), Path.of("/opt/cni/bin"), Path.of("/usr/libexec/cni")), runDir.resolve("network"),
            Path.of("/etc/resolv.conf"), List.of(), List.of());
    }

    public NetworkConfig withCidrs(String podCidr, String clusterCidr, String serviceCidr) {
        return new NetworkConfig(nodeName, Cidr.parse(podCidr), Cidr.parse(clusterCidr), Cidr.parse(serviceCidr), clusterDomain, dnsIp, dnsPort, bridge, mtu,
            cniConfDir, cniBinDirs, stateDir, resolvConf, upstreams, commandPrefix);
    }

    public NetworkConfig withDns(String clusterDomain, String dnsIp, int dnsPort, Path resolvConf, List<String> upstreams) {
        return new NetworkConfig(nodeName, podCidr, clusterCidr, serviceCidr, clusterDomain, dnsIp, dnsPort, bridge, mtu,
            cniConfDir, cniBinDirs, stateDir, resolvConf, upstreams, commandPrefix);
    }

    public NetworkConfig withBridge(String bridge, int mtu) {
        return new NetworkConfig(nodeName, podCidr, clusterCidr, serviceCidr, clusterDomain, dnsIp, dnsPort, bridge, mtu,
            cniConfDir, cniBinDirs, stateDir, resolvConf, upstreams, commandPrefix);
    }

    public NetworkConfig withCommandPrefix(List<String> commandPrefix) {
        return new NetworkConfig(nodeName, podCidr, clusterCidr, serviceCidr, clusterDomain, dnsIp, dnsPort, bridge, mtu,
            cniConfDir, cniBinDirs, stateDir, resolvConf, upstreams, commandPrefix);
    }

    /** The nftables table of the service rules, a node's own: several nodes can stand on one host. */
    public String proxyTable() {
        return bridge + "-proxy";
    }

    /** The bridge's address, by which pods reach their node. */
    public String gateway() {
        return podCidr.address(1L);
    }
}
