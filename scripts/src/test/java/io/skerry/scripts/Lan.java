package io.skerry.scripts;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * A network of several machines, each of them a network namespace; this host has an address there, too. The switch between them is in a namespace of its
 * own, so that no rule of this host looks at what they tell each other.
 */
final class Lan implements AutoCloseable {
    /** What everything made here has in its name. */
    static final String NAME = "skerrylan";
    /** RFC 5737's last network for documentation: nobody's. */
    private static final String NETWORK = "203.0.113.";
    /** This host's address. */
    static final String HOST = NETWORK + 1;
    private static final String HOST_LINK = NAME + "0";

    private final Deque<String> namespaces = new ArrayDeque<>();

    Lan() throws IOException, InterruptedException {
        try {
            namespace(NAME);
            ip("-n", NAME, "link", "add", "name", "switch", "type", "bridge");
            ip("-n", NAME, "link", "set", "dev", "switch", "up");
            ip("link", "add", HOST_LINK, "type", "veth", "peer", "name", "host", "netns", NAME);
            ip("-n", NAME, "link", "set", "dev", "host", "master", "switch", "up");
            ip("addr", "add", HOST + "/24", "dev", HOST_LINK);
            ip("link", "set", "dev", HOST_LINK, "up");
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /**
     * Adds a machine.
     *
     * @param name   a letter or a few
     * @param number the last of its address, 2 to 254
     * @return its address
     */
    String join(String name, int number) throws IOException, InterruptedException {
        String namespace = NAME + "-" + name;
        namespace(namespace);
        ip("link", "add", "eth0", "netns", namespace, "type", "veth", "peer", "name", name, "netns", NAME);
        ip("-n", NAME, "link", "set", "dev", name, "master", "switch", "up");
        ip("-n", namespace, "addr", "add", NETWORK + number + "/24", "dev", "eth0");
        ip("-n", namespace, "link", "set", "dev", "eth0", "up");
        ip("-n", namespace, "route", "add", "default", "via", HOST);
        return NETWORK + number;
    }

    /** What goes before a command to run it on a machine. All else is this host's, control groups included, which ip-netns(8) would hide. */
    static List<String> on(String name) {
        return List.of("nsenter", "--net=/run/netns/" + NAME + "-" + name);
    }

    private void namespace(String name) throws IOException, InterruptedException {
        ip("netns", "add", name);
        namespaces.push(name);
        ip("-n", name, "link", "set", "dev", "lo", "up");
    }

    private static void ip(String... arguments) throws IOException, InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "ip";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Run.of(command).orFail();
    }

    @Override
    public void close() throws IOException, InterruptedException {
        Run.of("ip", "link", "delete", HOST_LINK); // fails when it was not made; with its namespace it would go some time later
        while (!namespaces.isEmpty()) {
            ip("netns", "delete", namespaces.pop());
        }
    }
}
