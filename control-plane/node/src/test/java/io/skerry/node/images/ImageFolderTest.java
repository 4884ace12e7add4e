package io.skerry.node.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.skerry.node.Rig;
import io.skerry.node.cri.v1.Image;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class ImageFolderTest {
    @Test
    void importsAtStartAndOnChangeButNotTwice() throws Exception {
        try (var rig = new Rig().start()) {
            Path folder = rig.config.imagesDir();
            Rig.busybox("skerry.test/one:1").write(folder.resolve("one.tar"));
            Files.writeString(folder.resolve("broken.tar"), "this is no tar");
            Files.writeString(folder.resolve("notes.txt"), "nor is this");
            var changes = new AtomicInteger();
            try (var images = new ImageFolder(rig.config, rig.images, changes::incrementAndGet)) {
                images.start();
                assertThat(rig.images.find("skerry.test/one:1")).isPresent();
                assertThat(images.pinned()).containsExactly("skerry.test/one:1");
                assertThat(changes).hasValue(1);

                Rig.busybox("skerry.test/two:1").write(folder.resolve("two.tar"));
                Process gzip = new ProcessBuilder("gzip", folder.resolve("two.tar").toString()).start();
                assertThat(gzip.waitFor()).isZero();
                await().atMost(Duration.ofSeconds(15)).until(() -> rig.images.find("skerry.test/two:1").isPresent() && images.pinned().contains("skerry.test/two:1"));

                String before = rig.images.find("skerry.test/one:1").map(Image::getId).orElseThrow();
                Rig.busybox("skerry.test/one:1").command("/bin/true").write(folder.resolve("one.tar"));
                await().atMost(Duration.ofSeconds(15)).until(() -> !rig.images.find("skerry.test/one:1").map(Image::getId).orElseThrow().equals(before));
                Files.delete(folder.resolve("two.tar.gz"));
                await().atMost(Duration.ofSeconds(5)).until(() -> images.pinned().size() == 1);
            }
            try (var again = new ImageFolder(rig.config, rig.images, changes::incrementAndGet)) {
                int seen = changes.get();
                again.start();
                assertThat(changes).as("unchanged archives are not read again").hasValue(seen);
                assertThat(again.pinned()).containsExactly("skerry.test/one:1");
            }
            rig.images.remove("skerry.test/one:1");
            try (var after = new ImageFolder(rig.config, rig.images, changes::incrementAndGet)) {
                after.start();
                assertThat(rig.images.find("skerry.test/one:1")).as("an image that has gone comes back").isPresent();
            }
        }
    }
}
