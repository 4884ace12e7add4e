package io.skerry.node.volumes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.node.volumes.AtomicWriter.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicWriterTest {
    @TempDir Path dir;

    @Test
    void replacesAllAtOnce() throws Exception {
        AtomicWriter.write(dir, Map.of("a", text("1"), "d/b", text("2")), null);
        Path first = dir.resolve("..data").toRealPath();
        assertThat(dir.resolve("a")).isSymbolicLink().hasContent("1");
        assertThat(dir.resolve("d/b")).hasContent("2");
        assertThat(Files.readSymbolicLink(dir.resolve("a"))).hasToString("..data/a");
        AtomicWriter.write(dir, Map.of("a", text("3"), "c", new Content("4".getBytes(), 0400, 12L)), 34L);
        assertThat(dir.resolve("a")).hasContent("3");
        assertThat(dir.resolve("d")).doesNotExist();
        assertThat(first).doesNotExist();
        assertThat(Files.getAttribute(dir.resolve("c"), "unix:uid")).isEqualTo(12);
        assertThat(Files.getAttribute(dir.resolve("c"), "unix:gid")).isEqualTo(34);
        assertThat(Ownership.mode(dir.resolve("c").toRealPath())).isEqualTo(0440);
        try (var files = Files.list(dir)) {
            assertThat(files.filter(f -> f.getFileName().toString().startsWith(".."))).hasSize(2);
        }
    }

    @Test
    void clearsWhatAPowerCutLeft() throws Exception {
        Files.createDirectory(dir.resolve("..vhalf"));
        Files.createSymbolicLink(dir.resolve("..data_tmp"), Path.of("..vhalf"));
        AtomicWriter.write(dir, Map.of("a", text("1")), null);
        assertThat(dir.resolve("..vhalf")).doesNotExist();
        assertThat(dir.resolve("a")).hasContent("1");
    }

    @Test
    void refusesToLeaveTheVolume() {
        assertThatThrownBy(() -> AtomicWriter.write(dir.resolve("v"), Map.of("../x", text("1")), null)).isInstanceOf(IOException.class).hasMessage("path \"../x\" leaves the volume");
        assertThat(dir.resolve("x")).doesNotExist();
    }

    private static Content text(String text) { return new Content(text.getBytes(), 0644, null); }
}
