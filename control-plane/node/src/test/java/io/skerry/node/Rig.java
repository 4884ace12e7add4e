package io.skerry.node;

import io.skerry.node.containerd.ContainerdSupervisor;
import io.skerry.node.cri.Cri;
import io.skerry.node.host.Host;
import io.skerry.node.images.ImageStore;
import io.skerry.node.images.OciArchive;
import io.skerry.node.images.PauseImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A real containerd in temporary folders, with a bridge, cgroups and images of its own; closing takes all of it away again. */
public final class Rig implements AutoCloseable {
    public static final String BUSYBOX = "skerry.test/busybox:1";
    private static int made;

    public final NodeConfig config;
    public final Host host = Host.detect();
    public final ContainerdSupervisor containerd;
    public Cri cri;
    public ImageStore images;
    private final Path base;
    private final String bridge;

    public Rig() throws IOException {
        int number = (int) (ProcessHandle.current().pid() % 200) + 20;
        String tag = Long.toString(ProcessHandle.current().pid(), 36) + made++;
        base = Files.createTempDirectory("skn");
        bridge = "skt" + tag;
        String subnet = "10.99." + (number + made) % 250;
        config = NodeConfig.of("node-1", base.resolve("data"), base.resolve("run"), "127.0.0.1").withPodCidr(subnet + ".0/24").withCgroupRoot("skerry-test-" + tag)
                .withDns(List.of("10.43.0.10"), "cluster.local");
        Files.createDirectories(config.cniConfDir());
        Files.writeString(config.cniConfDir().resolve("10-test.conflist"), """
                {"cniVersion":"0.4.0","name":"%s","plugins":[
                  {"type":"bridge","bridge":"%s","isGateway":true,"hairpinMode":true,
                   "ipam":{"type":"host-local","dataDir":"%s","ranges":[[{"subnet":"%s.0/24"}]]}},
                  {"type":"portmap","capabilities":{"portMappings":true}}]}
                """.formatted(bridge, bridge, base.resolve("ipam"), subnet));
        containerd = new ContainerdSupervisor(config, host);
    }

    public Rig start() throws IOException {
        containerd.start();
        connect();
        Path pause = base.resolve("pause.tar"), busybox = base.resolve("busybox.tar");
        PauseImage.write(pause);
        images.importArchive(pause);
        busybox(BUSYBOX).write(busybox);
        images.importArchive(busybox);
        return this;
    }

    public void connect() {
        cri = new Cri(config.containerdSocket());
        images = new ImageStore(config, cri);
    }

    public static OciArchive busybox(String name) throws IOException {
        Path binary = Optional.of(Path.of("/bin/busybox")).filter(Files::exists).or(() -> Host.which("busybox")).orElseThrow(() -> new IOException("install the package busybox-static"));
        var layer = new OciArchive.Layer().file("bin/busybox", 0755, binary).directory("tmp", 01777).directory("root", 0700)
                .file("etc/passwd", 0644, "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1000::/:/bin/sh\n").file("etc/group", 0644, "root:x:0:\nweb:x:1000:\n");
        for (String applet : List.of("sh", "cat", "echo", "sleep", "httpd", "id", "ls", "wget", "nslookup", "env", "kill", "nc", "mkdir", "touch", "head", "tail", "seq", "test", "true", "false",
                "stat", "hostname", "stty", "dd", "date", "rm", "mv", "grep", "readlink", "yes", "timeout")) layer.symlink("bin/" + applet, "busybox");
        return OciArchive.image(name).layer(layer).command("/bin/sh");
    }

    @Override
    public void close() throws Exception {
        if (cri != null) cri.close();
        containerd.close();
        List<String> left = Teardown.run(config);
        new ProcessBuilder("ip", "link", "delete", bridge).redirectErrorStream(true).start().waitFor();
        try (var all = Files.walk(base)) {
            for (Path each : all.sorted(java.util.Comparator.reverseOrder()).toList()) Files.delete(each);
        }
        if (!left.isEmpty()) throw new AssertionError("left behind: " + left);
    }
}
