package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.image.Digests;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With a real file system on a loop device. */
class StickTest {
    @TempDir
    Path folder;

    /** As of a stick that was pulled while it was written to. */
    @Test
    void aJournalIsNotReplayed() throws Exception {
        Path content = Files.createDirectory(folder.resolve("content"));
        Files.writeString(content.resolve("skerry.yaml"), "hostname: one\n");
        Path image = folder.resolve("stick.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(32 << 20);
        }
        Path block = Files.write(folder.resolve("block"), new byte[4096]);
        Path commands = Files.writeString(folder.resolve("commands"), "journal_open\njournal_write -b 5000 " + block + "\njournal_close\n");
        run("mke2fs", "-q", "-t", "ext4", "-d", content.toString(), image.toString());
        run("debugfs", "-w", "-f", commands.toString(), image.toString());
        assertThat(run("dumpe2fs", "-h", image.toString())).contains("needs_recovery");
        String before = Digests.sha256(image);
        String device = run("losetup", "--find", "--show", image.toString()).strip();
        try {
            try (Stick stick = Stick.mount(Path.of(device), folder.resolve("run"))) {
                assertThat(stick.folder().resolve("skerry.yaml")).hasContent("hostname: one\n");
            }
            run("sync", image.toString());
        } finally {
            run("losetup", "--detach", device);
        }
        assertThat(Digests.sha256(image)).isEqualTo(before);
    }

    @Test
    void eachFileSystemIsToldInItsOwnWords() {
        assertThat(Stick.options("vfat")).isEqualTo("ro,nosuid,nodev,noexec").isEqualTo(Stick.options("exfat"));
        assertThat(Stick.options("ext4")).isEqualTo("ro,nosuid,nodev,noexec,noload");
        assertThat(Stick.options("xfs")).endsWith(",norecovery");
    }

    private static String run(String... command) throws IOException {
        return Command.run(Duration.ofSeconds(30), command);
    }
}
