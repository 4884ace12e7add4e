package io.skerry.network.dns;

import io.skerry.network.Cidr;
import io.skerry.network.NetworkConfig;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/** The name servers that get what the cluster does not know; follows the file as DHCP changes it. */
final class ResolvConf {

    private static final int PORT = 53;

    private final NetworkConfig config;
    private final List<InetSocketAddress> fixed;
    private FileTime readAt;
    private List<InetSocketAddress> servers = List.of();

    ResolvConf(NetworkConfig config) {
        this.config = config;
        this.fixed = config.upstreams().stream().map(ResolvConf::address).toList();
    }

    /** In order of preference; empty when there are none. */
    synchronized List<InetSocketAddress> servers() {
        if (!fixed.isEmpty()) {
            return fixed;
        }
        Path file = config.resolvConf();
        try {
            FileTime modified = Files.getLastModifiedTime(file);
            if (!modified.equals(readAt)) {
                servers = parse(Files.readAllLines(file), config.dnsIp());
                readAt = modified;
            }
        } catch (IOException e) {
            servers = List.of(); // a device without a link may have no such file yet
            readAt = null;
        }
        return servers;
    }

    /** Leaves out this server itself, which would be asked in a circle. */
    static List<InetSocketAddress> parse(List<String> lines, String self) {
        var found = new ArrayList<InetSocketAddress>();
        for (String line : lines) {
            String[] word = line.strip().split("\\s+");
            if (word.length > 1 && word[0].equals("nameserver") && !word[1].equals(self) && (Cidr.isAddress(word[1]) || word[1].contains(":"))) {
                found.add(new InetSocketAddress(word[1], PORT));
            }
        }
        return List.copyOf(found);
    }

    private static InetSocketAddress address(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon > 0 && text.indexOf(':') == colon ? text.substring(0, colon) : text;
        if (!Cidr.isAddress(host) && !host.contains(":")) {
            throw new IllegalArgumentException("upstream name server '" + text + "' is not an address; write it as 9.9.9.9 or 9.9.9.9:53");
        }
        return new InetSocketAddress(host, host.length() == text.length() ? PORT : Integer.parseInt(text.substring(colon + 1)));
    }
}
