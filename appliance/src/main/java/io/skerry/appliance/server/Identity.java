package io.skerry.appliance.server;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.machinery.validation.Names;
import io.skerry.network.Cidr;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What follows from the options and the machine: names and addresses.
 *
 * @param nodeName   a DNS-1123 subdomain
 * @param nodeIp     IPv4 address
 * @param podRange   the node's part of the cluster CIDR
 * @param podGateway its first address, which the bridge gets
 * @param apiService ClusterIP of {@code default/kubernetes}, the first of the service CIDR
 */
record Identity(String nodeName, String deviceName, String nodeIp, Cidr podRange, String podGateway, Cidr serviceRange, String apiService) {
    /** @throws UserError naming the flag whose value cannot be */
    static Identity of(ServerOptions options) {
        check(options);
        Cidr pods = Cidr.parse(options.clusterCidr);
        Cidr services = Cidr.parse(options.serviceCidr);
        Cidr podRange = pods.bits() >= 24 ? pods : new Cidr(pods.base(), 24);
        String gateway = podRange.address(1);
        String nodeName = options.nodeName != null ? options.nodeName : name("--node-name", hostName());
        String nodeIp = options.nodeIp != null ? options.nodeIp : NodeAddress.find(gateway);
        return new Identity(nodeName, options.deviceName != null ? options.deviceName : nodeName, nodeIp, podRange, gateway, services, services.address(1));
    }

    /** What can be said without the machine. @throws UserError naming the flag whose value cannot be */
    static void check(ServerOptions options) {
        Cidr pods = range("--cluster-cidr", options.clusterCidr);
        Cidr services = range("--service-cidr", options.serviceCidr);
        if (pods.contains(services.address(0)) || services.contains(pods.address(0))) {
            throw new UserError("--cluster-cidr " + pods + " and --service-cidr " + services + " overlap; choose ranges apart from each other");
        }
        if (!services.contains(ip("--cluster-dns", options.clusterDns))) {
            throw new UserError("--cluster-dns " + options.clusterDns + " is not within --service-cidr " + services);
        }
        if (options.nodeName != null) {
            name("--node-name", options.nodeName);
        }
        if (options.nodeIp != null) {
            ip("--node-ip", options.nodeIp);
        }
        ApiAddress.check(options);
        if (options.deviceName != null) {
            name("--device-name", options.deviceName);
        }
    }

    /** Every name and address that clients may know the API server by. */
    List<String> servingNames(ServerOptions options) {
        Set<String> names = new LinkedHashSet<>(List.of("localhost", "127.0.0.1", nodeName, nodeIp, podGateway, apiService,
                ApiAddress.text(ApiAddress.local(options.bindAddress)), ApiAddress.advertised(options, nodeIp),
                "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + options.clusterDomain));
        names.addAll(options.tlsSan);
        return new ArrayList<>(names);
    }

    private static Cidr range(String flag, String text) {
        try {
            return Cidr.parse(text);
        } catch (IllegalArgumentException e) {
            throw new UserError(flag + ": " + e.getMessage(), e);
        }
    }

    private static String ip(String flag, String text) {
        if (!Cidr.isAddress(text)) {
            throw new UserError(flag + " " + text + " is not an IPv4 address");
        }
        return text;
    }

    private static String name(String flag, String text) {
        if (!Names.dns1123Subdomain(text).isEmpty()) {
            throw new UserError(flag + " '" + text + "' is not a DNS-1123 subdomain: small letters, digits, '-' and '.', first and last a letter or digit");
        }
        return text;
    }

    /** As the kubelet: lower case. */
    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip().toLowerCase(Locale.ROOT);
        } catch (IOException e) {
            throw new UserError("cannot read the host name: " + e.getMessage() + "; give one with --node-name", e);
        }
    }
}
