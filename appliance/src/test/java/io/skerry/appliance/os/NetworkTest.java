package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.appliance.os.Network.Link;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Addresses and routes are the kernel's, of a network namespace; which interfaces are hardware, a folder says. */
class NetworkTest {
    private static final String SPACE = "skerry-os-" + ProcessHandle.current().pid();

    @TempDir
    Path sys;
    private Process inside;

    @BeforeEach
    void space() throws Exception {
        Command.run("ip", "netns", "add", SPACE);
        inside = new ProcessBuilder("ip", "netns", "exec", SPACE, "sleep", "300").start();
        ip("link add lan0 type veth peer name far0");
        ip("link add link lan0 name lan0.7 type macvlan mode bridge");
        ip("link add cni0 type bridge");
        for (String name : List.of("lo", "far0", "lan0", "lan0.7", "cni0")) {
            ip("link set " + name + " up");
        }
        Files.createDirectories(sys.resolve("class/net/lan0/device"));
        Files.createDirectories(sys.resolve("class/net/lan0.7/lower_lan0"));
        Files.createDirectories(sys.resolve("class/net/cni0/lower_veth1"));
        Files.createDirectories(sys.resolve("class/net/veth1"));
        // ip becomes the program that it starts, but not before it is in the namespace.
        while (!inside.info().command().orElse("").endsWith("sleep")) {
            assertThat(inside.isAlive()).isTrue();
            Thread.sleep(10);
        }
    }

    @AfterEach
    void end() throws Exception {
        inside.destroyForcibly().waitFor();
        Command.run("ip", "netns", "del", SPACE);
    }

    private static void ip(String arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("ip", "-n", SPACE));
        command.addAll(List.of(arguments.split(" ")));
        Command.run(command.toArray(String[]::new));
    }

    private Network read() throws IOException {
        return Network.read(sys, Path.of("/proc/" + inside.pid() + "/net"));
    }

    @Test
    void anAddressOfThePodsOrOfTheLinkIsNone() throws Exception {
        ip("addr add 10.42.0.1/24 dev cni0");
        ip("addr add 169.254.3.4/16 dev lan0");
        assertThat(read().addressed()).as("and fe80::").isEmpty();
        assertThat(read().routed()).isEmpty();
    }

    @Test
    void addressesAndDefaultRoutesOfBothFamilies() throws Exception {
        ip("addr add 192.0.2.7/24 dev lan0");
        assertThat(read().addressed()).containsExactly("lan0");
        assertThat(read().routed()).isEmpty();
        ip("route add default via 192.0.2.1");
        assertThat(read().routed()).containsExactly("lan0");
        ip("route del default");
        ip("route add unreachable default");
        assertThat(read().routed()).as("a route that says no").isEmpty();
        ip("-6 addr add 2001:db8::7/64 dev lan0.7 nodad");
        assertThat(read().addressed()).as("of what is stacked on it").containsExactly("lan0", "lan0.7");
        ip("-6 route add default via 2001:db8::1 dev lan0.7");
        assertThat(read().routed()).containsExactly("lan0.7");
        ip("addr flush dev lan0");
        ip("link del lan0.7");
        assertThat(read().addressed()).isEmpty();
        assertThat(read().routed()).isEmpty();
    }

    @Test
    void whatTheLinksHear() throws Exception {
        Path folder = sys.resolve("class/net");
        Files.writeString(folder.resolve("lan0/carrier"), "1\n");
        for (String name : List.of("lan1", "wlan0", "wlan1", "down0")) {
            Files.createDirectories(folder.resolve(name).resolve("device"));
        }
        Files.writeString(folder.resolve("lan1/carrier"), "0\n");
        Files.createDirectories(folder.resolve("wlan0/phy80211"));
        Files.writeString(folder.resolve("wlan0/carrier"), "0\n");
        Files.createDirectories(folder.resolve("wlan1/phy80211"));
        Files.writeString(folder.resolve("wlan1/carrier"), "1\n");
        assertThat(read().links()).isEqualTo(Map.of("lan0", Link.CARRIER, "lan1", Link.UNPLUGGED, "wlan0", Link.SILENT, "wlan1", Link.CARRIER, "down0", Link.SILENT));
    }

    /** Whatever this machine has, it can be read. */
    @Test
    void thisMachines() throws Exception {
        assertThat(Network.system().links().keySet()).doesNotContain("lo");
    }
}
