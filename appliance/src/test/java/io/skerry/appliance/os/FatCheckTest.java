package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a real FAT file system in a file, which mtools fills, as no test machine need be able to mount one. */
class FatCheckTest {
    @TempDir
    Path folder;
    private Path fat;
    private Path mark;

    @BeforeEach
    void fileSystem() throws Exception {
        fat = folder.resolve("fat.img");
        mark = folder.resolve("checked");
        Command.run("mkfs.vfat", "-C", fat.toString(), "65536");
        Files.write(folder.resolve("kernel"), new byte[8 << 20]);
        Command.run("mcopy", "-i", fat.toString(), folder.resolve("kernel").toString(), "::kernel");
        Files.writeString(folder.resolve("entry"), "slot a");
        Command.run("mcopy", "-i", fat.toString(), folder.resolve("entry").toString(), "::entry");
    }

    /** As a power cut leaves it: the clusters are taken, the directory entry is not there. */
    private void loseTheKernelsEntry() throws IOException {
        byte[] all = Files.readAllBytes(fat);
        int entry = new String(all, StandardCharsets.ISO_8859_1).indexOf("KERNEL     ");
        assertThat(entry).isPositive();
        try (FileChannel channel = FileChannel.open(fat, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {(byte) 0xe5}), entry);
        }
    }

    private String files() throws IOException {
        return Command.run("mdir", "-b", "-i", fat.toString(), "::");
    }

    @Test
    void lostClustersBecomeAFileThatCanBeDeleted() throws Exception {
        loseTheKernelsEntry();
        assertThat(files()).isEqualTo("::/entry");
        FatCheck.once(fat, mark);
        assertThat(files()).contains("::/FSCK0000.REC").contains("::/entry");
        assertThat(Command.run("mtype", "-i", fat.toString(), "::entry")).isEqualTo("slot a");
        Command.run("fsck.vfat", "-n", fat.toString());
    }

    @Test
    void onlyWhatTheCheckMadeIsDeleted() throws Exception {
        Path mounted = Files.createDirectories(folder.resolve("mounted"));
        for (String name : new String[] {"FSCK0000.REC", "FSCK0012.REC", "fsck.rec", "loader"}) {
            Files.writeString(mounted.resolve(name), "");
        }
        FatCheck.deleteRecovered(mounted);
        assertThat(mounted).isDirectoryNotContaining("glob:**/FSCK*").isDirectoryContaining("glob:**/fsck.rec").isDirectoryContaining("glob:**/loader");
    }

    @Test
    void isDoneOnceABoot() throws Exception {
        FatCheck.once(fat, mark);
        loseTheKernelsEntry();
        FatCheck.once(fat, mark);
        assertThat(files()).isEqualTo("::/entry");
    }

    @Test
    void whatCannotBeCheckedStopsNothing() throws Exception {
        Files.write(fat, new byte[512]);
        FatCheck.once(fat, mark);
        assertThat(mark).exists();
    }
}
