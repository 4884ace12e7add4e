package io.skerry.node.containerd;

import io.skerry.node.NodeConfig;
import io.skerry.node.host.Host;
import io.skerry.node.images.PauseImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The config.toml (version 2) of our containerd: private root, state and socket, nothing shared with one that the distribution runs. A layer's
 * files are on the disk before containerd says that it has the layer ({@code image_pull_with_sync_fs}, containerd 1.7.14 and later, which older
 * ones pass over): else a power cut leaves empty files in an image that is never unpacked again.
 */
final class ContainerdConfig {
    private ContainerdConfig() {
    }

    static String toml(NodeConfig node, Host host, String snapshotter) {
        return """
                # Written by skerry at every start; changes here are lost.
                version = 2
                root = %s
                state = %s
                disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", \
                "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.blockfile"]

                [grpc]
                  address = %s

                [debug]
                  level = "warn"

                [plugins."io.containerd.grpc.v1.cri"]
                  sandbox_image = %s
                  stream_server_address = "127.0.0.1"
                  stream_server_port = "0"
                  disable_apparmor = %b
                  restrict_oom_score_adj = %b
                  enable_unprivileged_ports = true
                  enable_unprivileged_icmp = true
                  device_ownership_from_security_context = true
                  netns_mounts_under_state_dir = true
                  image_pull_with_sync_fs = true

                [plugins."io.containerd.grpc.v1.cri".containerd]
                  snapshotter = %s
                  disable_snapshot_annotations = true
                  default_runtime_name = "runc"

                [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
                  runtime_type = "io.containerd.runc.v2"

                [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
                  SystemdCgroup = %b
                  Root = %s

                [plugins."io.containerd.grpc.v1.cri".cni]
                  bin_dir = %s
                  conf_dir = %s

                [plugins."io.containerd.grpc.v1.cri".registry]
                  config_path = %s
                """.formatted(quote(node.containerdDir()), quote(node.containerdStateDir()), quote(node.containerdSocket()), quote(PauseImage.NAME), !host.appArmor(),
                !host.mayLowerOomScore(), quote(snapshotter), host.systemd(), quote(node.containerdStateDir().resolve("runc")), quote(cniBinDir(node).orElse(node.cniBinDirs().getFirst())), quote(node.cniConfDir()),
                quote(node.registryConfigDir()));
    }

    /** The first folder that has the plugins our conflists need. */
    static Optional<Path> cniBinDir(NodeConfig node) {
        return node.cniBinDirs().stream().filter(dir -> Files.isExecutable(dir.resolve("loopback")) && Files.isExecutable(dir.resolve("bridge"))).findFirst();
    }

    private static String quote(Object value) {
        return '"' + value.toString().replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
