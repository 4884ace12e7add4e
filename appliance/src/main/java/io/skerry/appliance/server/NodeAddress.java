package io.skerry.appliance.server;

import java.io.IOException;
import java.net.DatagramSocket;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.Optional;

/** Which of this machine's addresses a node goes by. */
final class NodeAddress {
    /** Any address outside: the kernel is only asked which way it would send. No packet leaves. */
    private static final InetSocketAddress OUTSIDE = new InetSocketAddress(InetAddress.ofLiteral("192.0.2.1"), 9);

    private NodeAddress() {}

    /** The source address of the default route; else, with no route out, any address of a device that is up; else the given one. */
    static String find(String podGateway) {
        return ofDefaultRoute().or(NodeAddress::ofAnyDevice).orElse(podGateway);
    }

    private static Optional<String> ofDefaultRoute() {
        try (DatagramSocket socket = new DatagramSocket()) {
            socket.connect(OUTSIDE);
            return socket.getLocalAddress() instanceof Inet4Address address && usable(address)
                    ? Optional.of(address.getHostAddress()) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Optional<String> ofAnyDevice() {
        try {
            return NetworkInterface.networkInterfaces()
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> address instanceof Inet4Address && usable(address))
                    .map(InetAddress::getHostAddress).findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether others can reach it. */
    static boolean usable(InetAddress address) {
        return !address.isLoopbackAddress() && !address.isAnyLocalAddress() && !address.isLinkLocalAddress();
    }
}
