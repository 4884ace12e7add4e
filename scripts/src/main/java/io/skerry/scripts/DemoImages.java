package io.skerry.scripts;

import io.skerry.node.images.OciArchive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The demo fleet's container images, made of Debian's static busybox: there is no registry to pull them from. */
final class DemoImages {
    private static final Path BUSYBOX = Path.of("/bin/busybox");

    private DemoImages() {}

    /** Puts one OCI archive an image into the appliance's images folder; what is there already is left. */
    static void write(Path folder) throws IOException, InterruptedException {
        Files.createDirectories(folder);
        for (String name : new String[] {"demo-web", "demo-hello"}) {
            Path archive = folder.resolve(name + ".tar");
            if (!Files.exists(archive)) {
                OciArchive.image("docker.io/skerry/" + name + ":1").layer(busybox()).command("sh").write(archive);
            }
        }
    }

    private static OciArchive.Layer busybox() throws IOException, InterruptedException {
        OciArchive.Layer layer = new OciArchive.Layer()
                .directory("bin", 0755).directory("etc", 0755).directory("tmp", 01777).directory("www", 0755)
                .file("bin/busybox", 0755, BUSYBOX)
                .file("etc/passwd", 0644, "root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n")
                .file("etc/group", 0644, "root:x:0:\nnobody:x:65534:\n");
        for (String applet : Run.of(BUSYBOX.toString(), "--list").orFail().out().lines().toList()) {
            if (!applet.equals("busybox")) {
                layer.symlink("bin/" + applet, "busybox");
            }
        }
        return layer;
    }
}
