package io.skerry.network.proxy;

import java.util.List;

/**
 * One port of one service, as traffic rules need it.
 *
 * @param name namespace/service:port, for people
 * @param protocol tcp, udp or sctp
 * @param clusterIps the service's own addresses
 * @param externalIps spec.externalIPs and the load balancer's addresses
 * @param nodePort 0 for none
 * @param affinitySeconds 0 for none; how long a client is sent to the same endpoint
 * @param internal the endpoints for traffic to a ClusterIP, by internalTrafficPolicy
 * @param cluster the endpoints for other traffic
 * @param externalLocal externalTrafficPolicy Local: traffic from outside goes only to {@code local}, with its source kept
 * @param local the cluster endpoints on this node
 */
record ServicePort(String name, String protocol, List<String> clusterIps, List<String> externalIps, int port, int nodePort, int affinitySeconds,
                   List<Target> internal, List<Target> cluster, boolean externalLocal, List<Target> local) {

    /** Where traffic can go. */
    record Target(String address, int port) implements Comparable<Target> {

        @Override
        public int compareTo(Target other) {
            int byAddress = address.compareTo(other.address);
            return byAddress != 0 ? byAddress : Integer.compare(port, other.port);
        }

        @Override
        public String toString() {
            return address + ":" + port;
        }
    }
}
