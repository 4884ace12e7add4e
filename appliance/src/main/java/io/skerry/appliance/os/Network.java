package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * How the machine is connected to the world outside: by its physical interfaces and what is stacked on them (VLANs), not by the pods'.
 *
 * @param links     physical interfaces
 * @param addressed interfaces with an address that is good for more than their own link
 * @param routed    interfaces that a default route leads to, of IPv4 or IPv6
 */
record Network(Map<String, Link> links, Set<String> addressed, Set<String> routed) {
    /** What a physical interface hears. */
    enum Link {
        /** Something answers at the other end. */
        CARRIER,
        /** Its cable is out, or what it leads to is off. */
        UNPLUGGED,
        /** Nobody brought it up, or it is a radio without a network: which says nothing of a cable. */
        SILENT
    }

    private static final int UP = 1, REJECT = 0x200;

    /** This machine's. */
    static Network system() throws IOException {
        return read(Path.of("/sys"), Path.of("/proc/net"));
    }

    /** @param net a process's {@code /proc/PID/net} (proc_pid_net(5)) */
    static Network read(Path sys, Path net) throws IOException {
        Path folder = sys.resolve("class/net");
        Map<String, Link> links = new TreeMap<>();
        for (Path each : list(folder)) {
            if (Files.exists(each.resolve("device"))) {
                links.put(each.getFileName().toString(), link(each));
            }
        }
        Set<String> addressed = new TreeSet<>();
        Set<String> routed = new TreeSet<>();
        for (String[] words : table(net.resolve("route"))) {
            // Interface, destination and gateway, flags, ..., mask: addresses as the machine's words in hexadecimal; the first line are titles.
            if (words.length < 8 || words[0].equals("Iface")) {
                continue;
            }
            int flags = Integer.parseInt(words[3], 16);
            boolean isDefault = words[1].equals("00000000") && words[7].equals("00000000");
            if (isDefault && (flags & UP) != 0 && (flags & REJECT) == 0) {
                routed.add(words[0]);
            } else if (!isDefault && !words[1].equals("0000FEA9") && !words[1].equals("A9FE0000") && isOutside(folder, words[0])) {
                // An address brings a route to its network; 169.254.0.0/16 is for the link alone.
                addressed.add(words[0]);
            }
        }
        for (String[] words : table(net.resolve("ipv6_route"))) {
            boolean isDefault = words.length == 10 && words[0].equals("0".repeat(32)) && words[1].equals("00");
            if (isDefault && (Integer.parseUnsignedInt(words[8], 16) & REJECT) == 0 && !words[9].equals("lo")) {
                routed.add(words[9]);
            }
        }
        for (String[] words : table(net.resolve("if_inet6"))) {
            // Address, index, prefix, scope (00 is global), flags, interface.
            if (words.length == 6 && words[3].equals("00") && isOutside(folder, words[5])) {
                addressed.add(words[5]);
            }
        }
        return new Network(links, addressed, routed);
    }

    private static List<Path> list(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> found = Files.list(folder)) {
            return found.toList();
        }
    }

    private static Link link(Path each) {
        try {
            if (Files.readString(each.resolve("carrier")).strip().equals("1")) {
                return Link.CARRIER;
            }
            return Files.exists(each.resolve("phy80211")) ? Link.SILENT : Link.UNPLUGGED;
        } catch (IOException e) {
            // An interface that is down answers EINVAL.
            return Link.SILENT;
        }
    }

    /** Whether an interface is a physical one, or stacked on one. */
    private static boolean isOutside(Path folder, String name) throws IOException {
        if (Files.exists(folder.resolve(name).resolve("device"))) {
            return true;
        }
        for (Path entry : list(folder.resolve(name))) {
            String file = entry.getFileName().toString();
            if (file.startsWith("lower_") && isOutside(folder, file.substring("lower_".length()))) {
                return true;
            }
        }
        return false;
    }

    private static List<String[]> table(Path file) throws IOException {
        try {
            return Files.readAllLines(file).stream().map(line -> line.strip().split("\\s+")).toList();
        } catch (NoSuchFileException e) {
            // A kernel without IPv6.
            return List.of();
        }
    }

    /** Adds itself to what is known of the device before an update. {@code links} says which had a carrier. */
    void write(ObjectNode before) {
        ObjectNode carriers = before.putObject("links");
        links.forEach((name, link) -> carriers.put(name, link == Link.CARRIER));
        ObjectNode network = before.putObject("network");
        addressed.forEach(network.putArray("addressed")::add);
        routed.forEach(network.putArray("routed")::add);
    }

    /** What there was and is not any more, "" when nothing is lost. @param before see {@link #write}; empty when nothing is known */
    String lost(JsonNode before) {
        if (!before.at("/network/routed").isEmpty() && routed.isEmpty()) {
            return "there is no default route, and there was one by " + names(before.at("/network/routed"));
        }
        if (!before.at("/network/addressed").isEmpty() && addressed.isEmpty()) {
            return "no network interface has an address, and before had one: " + names(before.at("/network/addressed"));
        }
        return "";
    }

    /** Interfaces that had a carrier before and do not exist any more: their driver is missing, or they were pulled out. */
    List<String> gone(JsonNode before) {
        return connected(before).stream().filter(name -> !links.containsKey(name)).toList();
    }

    /** Whether a lost network is nobody's fault but the cable's: all that had a carrier before are there, up, and hear nothing. */
    boolean isUnplugged(JsonNode before) {
        List<String> connected = connected(before);
        return !connected.isEmpty() && connected.stream().allMatch(name -> links.get(name) == Link.UNPLUGGED);
    }

    private static List<String> connected(JsonNode before) {
        return before.path("links").properties().stream().filter(link -> link.getValue().asBoolean()).map(Map.Entry::getKey).toList();
    }

    private static String names(JsonNode array) {
        List<String> names = new ArrayList<>();
        array.forEach(name -> names.add(name.asText()));
        return String.join(", ", names);
    }
}
