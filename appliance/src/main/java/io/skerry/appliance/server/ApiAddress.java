package io.skerry.appliance.server;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ServerOptions;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;

/** Where the API server is found by whom, as follows from {@code --bind-address} and {@code --advertise-address}. */
final class ApiAddress {
    private ApiAddress() {}

    /** @throws UserError when nothing in the cluster could reach what {@code --advertise-address} names */
    static void check(ServerOptions options) {
        if (options.advertiseAddress != null && !isReachable(options.advertiseAddress)) {
            throw new UserError("--advertise-address " + options.advertiseAddress
                    + " is not an IPv4 address that pods can reach; give one of this machine that is neither loopback nor link-local");
        }
    }

    /** Where clients on this machine reach it: at the address that it is bound to, and on loopback when that is any of them, as k3s. */
    static InetAddress local(String bindAddress) {
        InetAddress bound = InetAddress.ofLiteral(bindAddress);
        return bound.isAnyLocalAddress() ? InetAddress.ofLiteral("127.0.0.1") : bound;
    }

    /** Of {@link #local}, for the administrator's kubeconfig. */
    static String url(ServerOptions options) {
        InetAddress address = local(options.bindAddress);
        String host = text(address);
        return "https://" + (address instanceof Inet6Address ? "[" + host + "]" : host) + ":" + options.httpsListenPort;
    }

    /**
     * The endpoint of service kubernetes: where pods and other servers reach it. As kube-apiserver, what it is told, else what it is bound to; where that is
     * any address, or one that nobody else can reach, the node's.
     */
    static String advertised(ServerOptions options, String nodeIp) {
        if (options.advertiseAddress != null) {
            return options.advertiseAddress;
        }
        return isReachable(options.bindAddress) ? options.bindAddress : nodeIp;
    }

    /** As a certificate has it: IPv6 in full, without a zone. */
    static String text(InetAddress address) {
        return address.getHostAddress().replaceFirst("%.*", "");
    }

    private static boolean isReachable(String text) {
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            // written as everybody does: leading zeros are octal to some
            return address instanceof Inet4Address && address.getHostAddress().equals(text) && NodeAddress.usable(address) && !address.isMulticastAddress();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
