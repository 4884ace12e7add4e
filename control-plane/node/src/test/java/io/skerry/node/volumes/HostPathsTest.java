package io.skerry.node.volumes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.HostPathVolumeSource;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HostPathsTest {
    @TempDir Path dir;

    @Test
    void checksAndMakes() throws Exception {
        Path file = Files.writeString(dir.resolve("file"), "x");
        assertThat(resolve("none", "")).isEqualTo(dir.resolve("none"));
        assertThat(resolve("a/b", "DirectoryOrCreate")).isDirectory();
        assertThat(Ownership.mode(dir.resolve("a/b"))).isEqualTo(0755);
        assertThat(resolve("made", "FileOrCreate")).isEmptyFile();
        assertThat(resolve("file", "File")).isEqualTo(file);
        assertThat(HostPaths.resolve("v", new HostPathVolumeSource("/dev/null", "CharDevice"))).exists();
        refused("file", "Directory", "is not a directory");
        refused("a", "File", "is not a file");
        refused("none", "Socket", "is not a socket file");
        refused("none", "BlockDevice", "is not a block device");
        refused("none", "Door", "unknown hostPath type \"Door\"");
    }

    private Path resolve(String path, String type) throws Exception { return HostPaths.resolve("v", new HostPathVolumeSource(dir.resolve(path).toString(), type)); }

    private void refused(String path, String type, String message) {
        assertThatThrownBy(() -> resolve(path, type)).isInstanceOf(VolumeException.class).hasMessageStartingWith("MountVolume.SetUp failed for volume \"v\" : ").hasMessageEndingWith(message);
    }
}
