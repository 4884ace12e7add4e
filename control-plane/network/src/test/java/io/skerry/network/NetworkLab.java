package io.skerry.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.network.cni.CniSetup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A node made of network namespaces: "node" with what {@link CniSetup} makes, pods hung on its bridge by the real CNI
 * plugins, and "outside", a host of the node's LAN (node 198.51.100.1, outside 198.51.100.2) that is its default route.
 */
public final class NetworkLab implements AutoCloseable {

    public static final String NODE_IP = "198.51.100.1";
    public static final String OUTSIDE_IP = "198.51.100.2";
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String id = "sk" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
    private final Deque<String> namespaces = new ArrayDeque<>();
    private final Commands host = new Commands(List.of());
    public final String node;
    public final String outside;
    public final NetworkConfig config;
    public final Commands commands;
    private final Path plugins;

    /** A pod's namespace and address. */
    public record Pod(String namespace, String ip) {}

    public NetworkLab(Path folder) {
        node = namespace("node");
        outside = namespace("out");
        config = NetworkConfig.defaults("node-1", folder.resolve("run"), folder.resolve("net.d")).withCommandPrefix(List.of("ip", "netns", "exec", node));
        commands = new Commands(config.commandPrefix());
        host.run("ip", "link", "add", "uplink", "netns", node, "type", "veth", "peer", "name", "uplink", "netns", outside);
        configure(node, NODE_IP, OUTSIDE_IP);
        configure(outside, OUTSIDE_IP, null);
        commands.feed("0", "tee", "/proc/sys/net/ipv4/ip_forward"); // a new namespace has it from the host
        plugins = new CniSetup(config).start();
    }

    private String namespace(String name) {
        String full = id + "-" + name;
        host.run("ip", "netns", "add", full);
        namespaces.push(full);
        host.run("ip", "-n", full, "link", "set", "lo", "up");
        return full;
    }

    private void configure(String namespace, String address, String gateway) {
        host.run("ip", "-n", namespace, "addr", "add", address + "/24", "dev", "uplink");
        host.run("ip", "-n", namespace, "link", "set", "uplink", "up");
        if (gateway != null) {
            host.run("ip", "-n", namespace, "route", "add", "default", "via", gateway);
        }
    }

    /** Does with the configuration that was written what a container runtime does. */
    public Pod pod(String name) throws IOException, InterruptedException {
        String namespace = namespace(name);
        JsonNode list = Json.parse(Files.readAllBytes(config.cniConfDir().resolve(CniSetup.FILE)));
        JsonNode result = null;
        for (JsonNode plugin : list.path("plugins")) {
            ObjectNode input = plugin.deepCopy();
            input.put("cniVersion", list.path("cniVersion").asText()).put("name", list.path("name").asText());
            if (result != null) {
                input.set("prevResult", result);
            }
            var builder = new ProcessBuilder("ip", "netns", "exec", node, plugins.resolve(plugin.path("type").asText()).toString());
            builder.environment().putAll(java.util.Map.of("CNI_COMMAND", "ADD", "CNI_CONTAINERID", namespace, "CNI_NETNS", "/run/netns/" + namespace,
                "CNI_IFNAME", "eth0", "CNI_PATH", plugins.toString()));
            Process process = builder.start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(Json.bytes(input));
            }
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("CNI plugin " + plugin.path("type") + ": " + out);
            }
            result = Json.parse(out);
        }
        String address = result.path("ips").path(0).path("address").asText();
        return new Pod(namespace, address.substring(0, address.indexOf('/')));
    }

    @Override
    public void close() {
        while (!namespaces.isEmpty()) {
            host.run("ip", "netns", "delete", namespaces.pop());
        }
    }
}
