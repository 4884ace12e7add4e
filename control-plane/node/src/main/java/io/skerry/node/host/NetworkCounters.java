package io.skerry.node.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What has passed one network interface since it was made (proc_pid_net(5), {@code net/dev}).
 *
 * @param rxErrors packets that were damaged when they came
 */
public record NetworkCounters(String name, long rxBytes, long rxPackets, long rxErrors, long rxDropped, long txBytes, long txPackets, long txErrors, long txDropped) {

    /** Of the interfaces in this machine's own namespace, without loopback and the ends of pods' links. */
    public static List<NetworkCounters> ofMachine() throws IOException {
        return read(Path.of("/proc/self/net/dev")).stream().filter(i -> !i.name.startsWith("veth")).toList();
    }

    /** Of those in the namespace of a process, without loopback; none when it has ended, or has the machine's own namespace. */
    public static List<NetworkCounters> ofProcess(long pid) {
        try {
            Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/net")), its = Files.readSymbolicLink(Path.of("/proc/" + pid + "/ns/net"));
            return own.equals(its) ? List.of() : read(Path.of("/proc/" + pid + "/net/dev"));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** The interface of the default route in the machine's namespace; "" when there is none. */
    public static String defaultInterface() {
        try (var lines = Files.lines(Path.of("/proc/self/net/route"))) {
            return lines.map(l -> l.split("\t")).filter(row -> row.length > 7 && row[1].equals("00000000") && row[7].equals("00000000")).map(row -> row[0]).findFirst().orElse("");
        } catch (IOException e) {
            return "";
        }
    }

    private static List<NetworkCounters> read(Path file) throws IOException {
        var found = new ArrayList<NetworkCounters>();
        for (String line : Files.readAllLines(file)) {
            int colon = line.indexOf(':');
            String name = colon < 0 ? "lo" : line.substring(0, colon).strip();
            if (name.equals("lo")) continue; // and the two lines of headings
            long[] n = Arrays.stream(line.substring(colon + 1).strip().split("\\s+")).mapToLong(Long::parseUnsignedLong).toArray();
            found.add(new NetworkCounters(name, n[0], n[1], n[2], n[3], n[8], n[9], n[10], n[11]));
        }
        return found;
    }
}
