package io.skerry.appliance.server;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.node.NodeConfig;
import io.skerry.node.host.Host;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What can be found wrong before anything is started, so that nothing half-started is left. */
final class Preflight {
    /** sockaddr_un holds 108 bytes; containerd adds the longest name below the run folder. */
    private static final int LONGEST_RUN_DIR = 108 - "/containerd/containerd.sock.ttrpc".length() - 1;

    /** Programs by the Debian package that has them. */
    private static final Map<String, String> PROGRAMS = new LinkedHashMap<>();

    static {
        PROGRAMS.put("containerd", "containerd");
        PROGRAMS.put("ctr", "containerd");
        PROGRAMS.put("runc", "runc");
        PROGRAMS.put("nft", "nftables");
        PROGRAMS.put("ip", "iproute2");
        PROGRAMS.put("catatonit", "catatonit");
    }

    private static final List<String> CNI_PLUGINS = List.of("bridge", "host-local", "loopback");

    private Preflight() {}

    /** @throws UserError one line about the first thing that is wrong */
    static void check(ServerOptions options) {
        root();
        folder(options.dataDir, "data folder", "--data-dir");
        folder(options.runDir, "run folder", "--run-dir");
        if (options.runDir.toAbsolutePath().toString().length() > LONGEST_RUN_DIR) {
            throw new UserError("the run folder " + options.runDir.toAbsolutePath() + " has a path too long for Unix sockets (over "
                    + LONGEST_RUN_DIR + " characters); choose a shorter one with --run-dir");
        }
        programs(System.getenv().getOrDefault("PATH", ""));
        port(options);
    }

    private static void root() {
        try {
            if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
                throw new UserError("must be run as root: containers, network namespaces and nftables need it");
            }
        } catch (IOException e) {
            throw new UserError("cannot read /proc: " + e.getMessage() + "; is it mounted?", e);
        }
    }

    static void folder(Path folder, String what, String flag) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".preflight", ""));
        } catch (IOException e) {
            String why = Files.exists(folder) && !Files.isDirectory(folder) ? "it is not a folder" : reason(e);
            throw new UserError("cannot use the " + what + " " + folder + ": " + why + "; choose another with " + flag, e);
        }
    }

    static void programs(String path) {
        Set<String> missing = new LinkedHashSet<>();
        Set<String> packages = new LinkedHashSet<>();
        PROGRAMS.forEach((program, debian) -> {
            if (Host.which(program, path + ":/usr/sbin:/sbin").isEmpty()) {
                missing.add(program);
                packages.add(debian);
            }
        });
        for (String plugin : CNI_PLUGINS) {
            if (NodeConfig.CNI_BIN_DIRS.stream().noneMatch(folder -> Files.isExecutable(folder.resolve(plugin)))) {
                missing.add("the CNI plugin " + plugin);
                packages.add("containernetworking-plugins");
            }
        }
        if (!missing.isEmpty()) {
            throw new UserError("not installed: " + String.join(", ", missing) + "; on Debian: apt-get install " + String.join(" ", packages));
        }
    }

    /** @throws UserError naming the flag when nothing can listen there, on any machine */
    static void listener(ServerOptions options) {
        if (options.httpsListenPort < 1 || options.httpsListenPort > 65535) {
            throw new UserError("--https-listen-port " + options.httpsListenPort + " is not a port; it must be 1 to 65535");
        }
        try {
            InetAddress.ofLiteral(options.bindAddress);
        } catch (IllegalArgumentException e) {
            throw new UserError("--bind-address " + options.bindAddress + " is not an IP address", e);
        }
    }

    private static void port(ServerOptions options) {
        listener(options);
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(InetAddress.ofLiteral(options.bindAddress), options.httpsListenPort));
        } catch (IOException e) {
            throw new UserError("cannot listen on " + options.bindAddress + " port " + options.httpsListenPort + ": " + reason(e)
                    + "; is another skerry running? Stop it, or choose another port with --https-listen-port", e);
        }
    }

    /** NIO's exceptions often say no more than the path. */
    private static String reason(IOException e) {
        return switch (e) {
            case java.nio.file.AccessDeniedException denied -> "permission denied";
            case java.nio.file.FileAlreadyExistsException exists -> exists.getFile() + " is in the way and not a folder";
            case java.nio.file.FileSystemException other when other.getReason() != null -> other.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }
}
