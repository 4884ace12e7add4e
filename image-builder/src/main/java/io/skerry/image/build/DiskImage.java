package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.layout.BootChain;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.layout.DiskLayout;
import io.skerry.image.layout.Slot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The disk image: a partition table and the partitions' contents, in a sparse file. */
final class DiskImage {
    private static final long SECTOR = 512;
    private static final long MIB = 1 << 20;
    /** Where the four entries of a master boot record are. */
    private static final int MBR_TABLE = 446;
    private static final int MBR_FAT32 = 0x0c;
    private static final int MBR_GPT = 0xee;

    private final Path file;
    private final DiskLayout layout;
    private final List<BlockMap.Range> used = new ArrayList<>();

    private DiskImage(Path file, DiskLayout layout) {
        this.file = file;
        this.layout = layout;
    }

    /** @param identity makes the UUIDs of the disk and its partitions */
    static DiskImage create(Path file, DiskLayout layout, String identity) throws IOException {
        Files.deleteIfExists(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1), layout.size() - 1);
        }
        StringBuilder script = new StringBuilder("label: gpt\nlabel-id: " + Digests.uuid(identity + " disk").toString().toUpperCase(Locale.ROOT)
                + "\nunit: sectors\nfirst-lba: 34\n");
        for (DiskLayout.Partition partition : layout.partitions()) {
            script.append("start=").append(partition.start() / SECTOR).append(", size=").append(partition.size() / SECTOR)
                    .append(", type=").append(partition.type()).append(", uuid=")
                    .append(Digests.uuid(identity + " partition " + partition.label()).toString().toUpperCase(Locale.ROOT))
                    .append(", name=\"").append(partition.label()).append("\"\n");
        }
        Tool.find("sfdisk").run(out -> out.write(script.toString().getBytes(StandardCharsets.UTF_8)),
                List.of("--quiet", "--no-reread", "--no-tell-kernel", "--wipe=never", file.toString()));
        if (layout.boot() == BootChain.TRYBOOT) {
            addHybridMbr(file, layout);
        }
        DiskImage image = new DiskImage(file, layout);
        image.used.add(new BlockMap.Range(0, MIB));
        image.used.add(new BlockMap.Range(layout.size() - MIB, layout.size()));
        return image;
    }

    /**
     * A master boot record with the same FAT partitions by the same numbers, for a Raspberry Pi 3, whose ROM knows no GPT, and for firmware that
     * finds only a GPT's first one. The entry for the GPT comes last; Linux and libfdisk take a record with one for a GPT all the same, and
     * libfdisk leaves it alone when it writes.
     */
    private static void addHybridMbr(Path file, DiskLayout layout) throws IOException {
        ByteBuffer table = ByteBuffer.allocate(4 * 16).order(ByteOrder.LITTLE_ENDIAN);
        for (String label : List.of(DeviceLayout.CONFIG, Slot.A.bootLabel(), Slot.B.bootLabel())) {
            DiskLayout.Partition partition = layout.partition(label);
            addEntry(table, MBR_FAT32, partition.start() / SECTOR, partition.size() / SECTOR);
        }
        addEntry(table, MBR_GPT, 1, layout.partitions().getFirst().start() / SECTOR - 1);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(table.flip(), MBR_TABLE);
        }
    }

    private static void addEntry(ByteBuffer table, int type, long start, long sectors) {
        // Cylinders, heads and sectors cannot tell places so far behind, and say so.
        table.put((byte) 0).put((byte) 0xfe).put((byte) 0xff).put((byte) 0xff).put((byte) type).put((byte) 0xfe).put((byte) 0xff).put((byte) 0xff)
                .putInt((int) start).putInt((int) sectors);
    }

    /**
     * Copies a partition's content to its place, leaving holes where it has zeros.
     *
     * @param meaningful how many of its bytes, from the start, must be written to a card
     */
    void put(String label, Path content, long meaningful) throws IOException {
        DiskLayout.Partition partition = layout.partition(label);
        long size = Files.size(content);
        if (size > partition.size()) {
            throw new IllegalArgumentException(content + " is larger than partition " + label);
        }
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        try (FileChannel in = FileChannel.open(content); FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long at = 0;
            while (at < size) {
                buffer.clear();
                int read = in.read(buffer, at);
                buffer.flip();
                if (!isZero(buffer)) {
                    long to = partition.start() + at;
                    while (buffer.hasRemaining()) {
                        to += out.write(buffer, to);
                    }
                }
                at += read;
            }
        }
        used.add(new BlockMap.Range(partition.start(), partition.start() + meaningful));
    }

    List<BlockMap.Range> used() {
        return List.copyOf(used);
    }

    private static boolean isZero(ByteBuffer buffer) {
        for (int i = buffer.position(); i < buffer.limit(); i++) {
            if (buffer.get(i) != 0) {
                return false;
            }
        }
        return true;
    }
}
