package io.skerry.node.images;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.node.Rig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ImageStoreTest {
    private static final String NAME = "skerry.test/unfinished:1";

    /** As a power cut leaves it: containerd's records are on the disk, what is in the files of the layer is not. */
    @Test
    void anImportThatWasInterruptedIsDoneAnew() throws Exception {
        try (var rig = new Rig().start()) {
            Path archive = rig.config.agentDir().resolve("unfinished.tar");
            OciArchive.image(NAME).layer(new OciArchive.Layer().file("unfinished-payload", 0644, "all of it")).command("/x").write(archive);
            assertThat(rig.images.importArchive(archive)).containsExactly(NAME);
            assertThat(rig.images.interrupted(archive)).isFalse();
            Files.writeString(payload(rig), "");

            rig.images.importArchive(archive);
            assertThat(payload(rig)).as("containerd unpacks no layer that it has").isEmptyFile();

            new StartedImport(rig.config.agentDir().resolve("etc/import")).write(archive);
            assertThat(rig.images.interrupted(archive)).isTrue();
            assertThat(rig.images.interrupted(archive.resolveSibling("another.tar"))).isFalse();
            assertThat(rig.images.importArchive(archive)).containsExactly(NAME);
            assertThat(payload(rig)).hasContent("all of it");
            assertThat(rig.images.interrupted(archive)).isFalse();
        }
    }

    private static Path payload(Rig rig) throws IOException {
        try (Stream<Path> files = Files.walk(rig.config.containerdDir())) {
            List<Path> found = files.filter(file -> file.endsWith("unfinished-payload")).toList();
            assertThat(found).hasSize(1);
            return found.getFirst();
        }
    }
}
