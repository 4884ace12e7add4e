package io.skerry.apiserver.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    @TempDir
    Path folder;

    @Test
    void whatIsSoAlreadyIsNotWrittenAgain() throws Exception {
        Path file = folder.resolve("a");
        assertThat(AtomicFile.update(file, new byte[] {1}, "rw-------")).isTrue();
        Object inode = Files.getAttribute(file, "unix:ino");
        assertThat(AtomicFile.update(file, new byte[] {1}, "rw-------")).isFalse();
        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(inode);
        assertThat(AtomicFile.update(file, new byte[] {1}, "rw-r-----")).isTrue();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-r-----");
        assertThat(AtomicFile.update(file, new byte[] {2}, "rw-r-----")).isTrue();
        assertThat(file).hasBinaryContent(new byte[] {2});
    }

    @Test
    void aFullDiskLeavesTheOldFileAndNoDraft() throws Exception {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        assertThat(new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk.toString()).inheritIO().start().waitFor()).as("mount; this test needs root").isZero();
        try {
            Path file = disk.resolve("a");
            AtomicFile.write(file, new byte[] {1}, "rw-------");
            assertThatThrownBy(() -> AtomicFile.update(file, new byte[100_000], "rw-------")).isInstanceOf(IOException.class).hasMessageContaining("No space left");
            assertThat(file).hasBinaryContent(new byte[] {1});
            assertThat(disk.toFile().list()).containsExactly("a");
        } finally {
            new ProcessBuilder("umount", disk.toString()).inheritIO().start().waitFor();
        }
    }
}
