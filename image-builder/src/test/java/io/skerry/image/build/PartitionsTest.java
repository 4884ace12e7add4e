package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.skerry.image.layout.BootChain;
import io.skerry.image.layout.DiskLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Partitions as the programs see them that will read them. */
class PartitionsTest {
    private static final long MIB = 1 << 20;
    private static final long TIME = 1_700_000_000;

    @TempDir
    Path folder;

    @Test
    void sfdiskReadsTheTableThatWasMeant() throws Exception {
        DiskLayout layout = DiskLayout.of(BootChain.EFI, Map.of("esp", 64 * MIB, "config", 32 * MIB, "root", 8 * MIB, "data", 16 * MIB));
        Path disk = folder.resolve("disk.img");
        DiskImage.create(disk, layout, "test");
        JsonNode table = new ObjectMapper().readTree(Tool.find("sfdisk").run("--json", disk.toString())).path("partitiontable");
        assertThat(table.path("label").asText()).isEqualTo("gpt");
        for (DiskLayout.Partition partition : layout.partitions()) {
            JsonNode read = table.path("partitions").path(partition.number() - 1);
            assertThat(read.path("name").asText()).isEqualTo(partition.label());
            assertThat(read.path("start").asLong() * 512).isEqualTo(partition.start());
            assertThat(read.path("size").asLong() * 512).isEqualTo(partition.size());
            assertThat(read.path("type").asText()).isEqualTo(partition.type());
        }
        Path again = folder.resolve("again.img");
        DiskImage.create(again, layout, "test");
        assertThat(Files.mismatch(disk, again)).isEqualTo(-1);
    }

    /** The first boot's own commands (DataPartition) must leave it as it is: libfdisk alone knows both tables. */
    @Test
    void aRaspberryPiFindsItsPartitionsInBothTables() throws Exception {
        DiskLayout layout = DiskLayout.of(BootChain.TRYBOOT, Map.of("boot", 64 * MIB, "config", 64 * MIB, "root", 8 * MIB, "data", 16 * MIB));
        Path disk = folder.resolve("disk.img");
        DiskImage.create(disk, layout, "test");
        try (var channel = Files.newByteChannel(disk, java.nio.file.StandardOpenOption.WRITE)) {
            channel.position((1L << 30) - 1).write(java.nio.ByteBuffer.allocate(1));
        }
        Tool.find("sfdisk").run("--quiet", "--force", "--relocate", "gpt-bak-std", disk.toString());
        Tool.find("sfdisk").run(out -> out.write(", +\n".getBytes()), java.util.List.of("--quiet", "--force", "--partno", "6", disk.toString()));
        JsonNode gpt = partitions(disk);
        assertThat(gpt).extracting(partition -> partition.path("name").asText()).containsExactly("config", "boot-a", "boot-b", "root-a", "root-b", "data");
        assertThat(gpt.path(5).path("size").asLong() * 512).isGreaterThan(700 * MIB);

        // What knows no GPT sees the record alone.
        Path record = folder.resolve("record.img");
        try (var in = java.nio.channels.FileChannel.open(disk); var out = java.nio.channels.FileChannel.open(record, java.nio.file.StandardOpenOption.CREATE,
                java.nio.file.StandardOpenOption.WRITE)) {
            in.transferTo(0, 512, out);
            out.write(java.nio.ByteBuffer.allocate(1), (1L << 30) - 1);
        }
        JsonNode mbr = new ObjectMapper().readTree(Tool.find("sfdisk").run("--json", record.toString())).path("partitiontable");
        assertThat(mbr.path("label").asText()).isEqualTo("dos");
        assertThat(mbr.path("partitions")).extracting(partition -> partition.path("type").asText()).containsExactly("c", "c", "c", "ee");
        for (int i = 0; i < 3; i++) {
            assertThat(mbr.at("/partitions/" + i + "/start")).isEqualTo(gpt.path(i).path("start"));
            assertThat(mbr.at("/partitions/" + i + "/size")).isEqualTo(gpt.path(i).path("size"));
        }
    }

    private static JsonNode partitions(Path disk) throws Exception {
        return new ObjectMapper().readTree(Tool.find("sfdisk").run("--json", disk.toString())).at("/partitiontable/partitions");
    }

    @Test
    void aFatHoldsItsFilesAndWhatIsBeyondItsUseIsEmpty() throws Exception {
        byte[] content = new byte[300_000];
        Arrays.fill(content, (byte) 7);
        Path file = Files.write(folder.resolve("content"), content);
        for (long size : new long[] {32 * MIB, 64 * MIB, 192 * MIB}) {
            Path fat = folder.resolve("fat.img");
            long used = FatImage.write(fat, size, "SKERRY", Map.of("EFI/BOOT/BOOTX64.EFI", file, "skerry.yaml", file), "test", TIME);
            assertThat(Files.size(fat)).isEqualTo(size);
            assertThat(Tool.find("mcopy").run("-i", fat.toString(), "::/EFI/BOOT/BOOTX64.EFI", "-").length()).isEqualTo(content.length);
            byte[] all = Files.readAllBytes(fat);
            assertThat(Arrays.mismatch(all, (int) used, all.length, new byte[all.length], (int) used, all.length)).isEqualTo(-1);
            assertThat(used).isLessThan(size / 2);
            Tool.find("fsck.vfat").run("-n", fat.toString());
            Path again = folder.resolve("again.img");
            FatImage.write(again, size, "SKERRY", Map.of("EFI/BOOT/BOOTX64.EFI", file, "skerry.yaml", file), "test", TIME);
            assertThat(Files.mismatch(fat, again)).isEqualTo(-1);
        }
    }

    @Test
    void aFatThatIsTooSmallIsRefused() throws Exception {
        Path file = Files.write(folder.resolve("content"), new byte[(int) (31 * MIB)]);
        assertThatThrownBy(() -> FatImage.write(folder.resolve("fat.img"), 32 * MIB, "SKERRY", Map.of("a", file), "test", TIME))
                .hasMessageContaining("too much for its 32 MiB");
    }

    @Test
    void theDataPartitionGrowsToLargeDisks() throws Exception {
        Path data = folder.resolve("data.img");
        DataImage.write(data, 64 * MIB, "test", TIME);
        Path again = folder.resolve("again.img");
        DataImage.write(again, 64 * MIB, "test", TIME);
        assertThat(Files.mismatch(data, again)).isEqualTo(-1);
        try (var channel = Files.newByteChannel(data, java.nio.file.StandardOpenOption.WRITE)) {
            channel.position(16L << 30).write(java.nio.ByteBuffer.allocate(1));
        }
        Tool.find("resize2fs").run(data.toString());
        assertThat(Tool.find("dumpe2fs").run("-h", data.toString())).contains("Block count:              4194304", "skerry-data");
    }

    @Test
    void theRootFileSystemIsVerifiedByItsHash() throws Exception {
        FileTree tree = new FileTree();
        tree.addText("etc/hostname", "skerry\n");
        byte[] random = new byte[1 << 20];
        new java.util.Random(1).nextBytes(random);
        tree.put("usr/bin/skerry", FileTree.Entry.file(0755, FileTree.Content.of(random)));
        RootImage root = RootImage.write(folder.resolve("root.img"), tree, "test", TIME, 8 * MIB);
        String[] verify = {"verify", root.file().toString(), root.file().toString(), root.hash(), "--hash-offset=" + root.hashOffset()};
        Tool.find("veritysetup").run(verify);
        assertThat(Tool.find("unsquashfs").run("-ll", root.file().toString())).contains("-rwxr-xr-x root/root", "squashfs-root/usr/bin/skerry");
        RootImage again = RootImage.write(folder.resolve("again.img"), tree, "test", TIME, 8 * MIB);
        assertThat(Files.mismatch(root.file(), again.file())).isEqualTo(-1);

        byte[] bytes = Files.readAllBytes(root.file());
        bytes[5000] ^= 1;
        Files.write(root.file(), bytes);
        assertThatThrownBy(() -> Tool.find("veritysetup").run(verify)).hasMessageContaining("veritysetup failed");
        assertThatThrownBy(() -> RootImage.write(folder.resolve("small.img"), tree, "test", TIME, MIB)).hasMessageContaining("the slot only 1 MiB");
    }

    @Test
    void theKernelsFormatIsReadByCpio() throws Exception {
        FileTree tree = new FileTree();
        tree.put("init", FileTree.Entry.file(0755, FileTree.Content.of("#!/bin/sh\n".getBytes())));
        tree.put("bin", FileTree.Entry.symlink("usr/bin"));
        tree.addText("usr/share/odd", "x");
        Path archive = folder.resolve("initrd.cpio");
        try (var out = Files.newOutputStream(archive)) {
            Cpio.write(tree, out, TIME);
        }
        Path unpacked = Files.createDirectory(folder.resolve("unpacked"));
        Tool.find("cpio").in(unpacked).run(out -> Files.copy(archive, out), java.util.List.of("-idm", "--quiet"));
        assertThat(unpacked.resolve("init")).isExecutable().hasContent("#!/bin/sh");
        assertThat(Files.readSymbolicLink(unpacked.resolve("bin"))).hasToString("usr/bin");
        assertThat(Files.getLastModifiedTime(unpacked.resolve("usr/share/odd")).toMillis()).isEqualTo(TIME * 1000);
    }
}
