package io.skerry.node.images;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.node.Rig;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OciArchiveTest {
    @Test
    void sameContentsGiveTheSameBytes(@TempDir Path dir) throws Exception {
        Path a = dir.resolve("a.tar"), b = dir.resolve("b.tar");
        Rig.busybox("x.test/y:1").write(a);
        Thread.sleep(1100);
        Rig.busybox("x.test/y:1").write(b);
        assertThat(Files.mismatch(a, b)).isEqualTo(-1);
        try (var files = Files.list(dir)) {
            assertThat(files).containsExactlyInAnyOrder(a, b);
        }
    }

    @Test
    void tarReadsItsLayers(@TempDir Path dir) throws Exception {
        Path tree = Files.createDirectories(dir.resolve("tree/sub"));
        Files.writeString(tree.resolve("hello"), "hi");
        Files.createSymbolicLink(tree.resolve("link"), Path.of("hello"));
        String deep = "d".repeat(90) + "/" + "e".repeat(90);
        Path archive = dir.resolve("i.tar");
        OciArchive.image("x.test/y:1").layer(new OciArchive.Layer().tree("opt", dir.resolve("tree")).file(deep, 0600, "deep")).write(archive);
        Path out = Files.createDirectory(dir.resolve("out")), root = Files.createDirectory(dir.resolve("root"));
        run("tar", "-xf", archive.toString(), "-C", out.toString());
        Path layer;
        try (var blobs = Files.list(out.resolve("blobs/sha256"))) {
            layer = blobs.max(java.util.Comparator.comparingLong(f -> f.toFile().length())).orElseThrow();
        }
        run("tar", "-xf", layer.toString(), "-C", root.toString());
        assertThat(root.resolve("opt/sub/link")).isSymbolicLink().hasContent("hi");
        assertThat(root.resolve(deep)).hasContent("deep");
        assertThat(Files.getPosixFilePermissions(root.resolve(deep)).size()).isEqualTo(2);
    }

    private static void run(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }
}
