package io.skerry.network.cni;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.network.Cidr;
import io.skerry.network.Commands;
import io.skerry.network.NetworkConfig;
import io.skerry.network.NetworkException;
import io.skerry.network.Sysctls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;

/**
 * The node's end of the pod network: the bridge with its addresses and routes, forwarding, and the CNI configuration by
 * which the container runtime hangs pods on it.
 *
 * @see <a href="https://www.cni.dev/docs/spec/">CNI specification 1.0.0</a>
 */
public final class CniSetup {

    /** Sorted before what other software may have put there: the runtime takes the first. */
    public static final String FILE = "10-skerry.conflist";
    private static final List<String> PLUGINS = List.of("bridge", "host-local", "loopback");

    private final NetworkConfig config;
    private final Commands commands;

    public CniSetup(NetworkConfig config) {
        this.config = config;
        this.commands = new Commands(config.commandPrefix());
    }

    /**
     * Makes what is missing; does not disturb what is right.
     *
     * @return the folder of the CNI plugins, for the runtime's configuration
     * @throws NetworkException when plugins are missing or the bridge cannot be made
     */
    public Path start() {
        Path plugins = plugins();
        bridge();
        bridgeNetfilter();
        var sysctls = new Sysctls(commands, config.stateDir().resolve("sysctl"));
        sysctls.set("net.ipv4.ip_forward", "1");
        sysctls.set("net.bridge.bridge-nf-call-iptables", "1");
        sysctls.set("net.ipv4.conf." + config.bridge() + ".route_localnet", "1"); // answers to 127.0.0.1:nodePort; see the proxy's guard
        writeConflist();
        return plugins;
    }

    /** Where the runtime keeps which pod has which address. */
    public static Path leases(NetworkConfig config) {
        return config.stateDir().resolve("ipam");
    }

    private Path plugins() {
        for (Path folder : config.cniBinDirs()) {
            if (PLUGINS.stream().allMatch(plugin -> Files.isExecutable(folder.resolve(plugin)))) {
                return folder;
            }
        }
        throw new NetworkException("no CNI plugins (" + String.join(", ", PLUGINS) + ") in any of " + config.cniBinDirs()
            + "; install the package containernetworking-plugins");
    }

    private void bridge() {
        String name = config.bridge();
        if (commands.attempt("", "ip", "link", "show", "dev", name).exit() != 0) {
            // Without a fixed address a bridge takes the lowest of its ports', and neighbours lose it when a pod comes or goes.
            commands.run("ip", "link", "add", name, "address", mac(config.gateway()), "type", "bridge");
        }
        if (config.mtu() > 0) {
            commands.run("ip", "link", "set", name, "mtu", String.valueOf(config.mtu()));
        }
        String gateway = config.gateway() + "/" + config.podCidr().bits();
        String present = commands.run("ip", "-4", "-o", "addr", "show", "dev", name);
        int first = present.indexOf(" inet ");
        if (first < 0 || !present.startsWith(" inet " + gateway + " ", first)) {
            // The bridge plugin looks at the first address only and gives up when that is another one.
            commands.run("ip", "-4", "addr", "flush", "dev", name);
            commands.run("ip", "addr", "add", gateway, "dev", name);
        }
        commands.run("ip", "addr", "replace", config.dnsIp() + "/32", "dev", name);
        commands.run("ip", "link", "set", name, "up");
        // So that the node itself reaches services when it has no default route, with an address that every pod knows. Rules
        // translate the destination; by lo, as a way back out to the pods would make the kernel send redirects instead of rejects.
        commands.run("ip", "route", "replace", config.serviceCidr().toString(), "dev", "lo", "src", config.gateway());
    }

    /** Without it the answer of a pod to another one on the same bridge goes past the translation of the service's address. */
    private void bridgeNetfilter() {
        String probe = "/proc/sys/net/bridge/bridge-nf-call-iptables";
        if (commands.attempt("", "test", "-e", probe).exit() != 0) {
            commands.attempt("", "modprobe", "br_netfilter");
            if (commands.attempt("", "test", "-e", probe).exit() != 0) {
                throw new NetworkException("the kernel has no br_netfilter (" + probe + " is missing, modprobe did not help); pods could not reach services of their own node");
            }
        }
    }

    private static String mac(String address) {
        int number = Cidr.number(address);
        return String.format("0a:58:%02x:%02x:%02x:%02x", number >>> 24, number >>> 16 & 255, number >>> 8 & 255, number & 255);
    }

    private void writeConflist() {
        Path file = config.cniConfDir().resolve(FILE);
        byte[] content = Json.bytes(conflist());
        try {
            Files.createDirectories(file.getParent());
            if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), content)) {
                return; // the runtime watches the folder and reloads for nothing
            }
            Path temporary = file.resolveSibling(FILE + ".new"); // a name that the runtime doesn't read
            Files.write(temporary, content);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new NetworkException("cannot write the CNI configuration " + file + ": " + e.getMessage() + "; check the folder's owner and mode", e);
        }
    }

    private ObjectNode conflist() {
        ObjectNode list = Json.object();
        list.put("cniVersion", "1.0.0").put("name", "skerry");
        var plugins = list.putArray("plugins");
        ObjectNode bridge = plugins.addObject();
        bridge.put("type", "bridge").put("bridge", config.bridge()).put("isGateway", true).put("hairpinMode", true); // a pod may reach itself by its service
        if (config.mtu() > 0) {
            bridge.put("mtu", config.mtu());
        }
        ObjectNode ipam = bridge.putObject("ipam");
        ipam.put("type", "host-local").put("dataDir", leases(config).toString());
        ipam.putArray("ranges").addArray().addObject().put("subnet", config.podCidr().toString()).put("gateway", config.gateway());
        ipam.putArray("routes").addObject().put("dst", "0.0.0.0/0");
        return list;
    }
}
