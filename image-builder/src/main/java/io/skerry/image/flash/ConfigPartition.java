package io.skerry.image.flash;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.image.ImageException;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.machinery.json.Json;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * The FAT partition with skerry.yaml of a flashed card or an image file, reached with mtools: nothing is mounted. They work on a copy of it, of
 * which only what differs is written back: on the disk itself they would wait for the lock of {@link DiskClaim}.
 */
public final class ConfigPartition {
    private static final int BLOCK = 64 << 10;
    /** Before the first partition of any image. */
    private static final int TABLE = 1 << 20;
    /** Bytes: more than any image has. */
    private static final long LARGE = 1L << 40;
    private static final String SETTINGS = "::" + DeviceLayout.SETTINGS_FILE;

    private final Path card;
    private final long offset;
    private final long size;

    private ConfigPartition(Path card, long offset, long size) {
        this.card = card;
        this.offset = offset;
        this.size = size;
    }

    /**
     * @param card block device or image file
     * @throws ImageException when it has no partition with the label {@link DeviceLayout#CONFIG}
     */
    public static ConfigPartition of(Path card) throws IOException {
        return of(card, card);
    }

    private static ConfigPartition of(Path card, Path shown) throws IOException {
        JsonNode table = Json.parse(run(List.of("sfdisk", "--json", card.toString()), "", "fdisk").getBytes(StandardCharsets.UTF_8)).path("partitiontable");
        for (JsonNode partition : table.path("partitions")) {
            if (partition.path("name").asText().equals(DeviceLayout.CONFIG)) {
                long sector = table.path("sectorsize").asLong(512);
                return new ConfigPartition(card, partition.path("start").asLong() * sector, partition.path("size").asLong() * sector);
            }
        }
        throw new ImageException(shown + " has no partition with the label " + DeviceLayout.CONFIG + ": it is no skerry image, nor flashed with one");
    }

    /** skerry.yaml of an image, which is unpacked no further than to the end of the partition. */
    static String settingsOf(ImageSource image) throws IOException {
        Path start = Files.createTempFile("skerry-config-", ".img");
        try (InputStream content = image.open(); FileChannel to = FileChannel.open(start, StandardOpenOption.WRITE)) {
            to.write(ByteBuffer.wrap(content.readNBytes(TABLE)), 0);
            // A hole: sfdisk believes no table of a disk that is smaller than its partitions.
            to.write(ByteBuffer.wrap(new byte[1]), LARGE - 1);
            ConfigPartition config = of(start, image.file());
            content.skipNBytes(config.offset - TABLE);
            for (long at = 0; at < config.size; at += BLOCK) {
                to.write(ByteBuffer.wrap(content.readNBytes((int) Math.min(BLOCK, config.size - at))), config.offset + at);
            }
            return config.readSettings();
        } catch (EOFException e) {
            throw new ImageException(image.file() + " ends before its partition " + DeviceLayout.CONFIG + " does; get it again", e);
        } finally {
            Files.delete(start);
        }
    }

    /** skerry.yaml as it is on the card. */
    public String readSettings() throws IOException {
        return onCopy(copy -> run(List.of("mtype", "-i", copy.toString(), SETTINGS), "", "mtools"));
    }

    /** Replaces skerry.yaml, and reads it back. */
    public void writeSettings(String text) throws IOException {
        onCopy(copy -> {
            run(List.of("mcopy", "-i", copy.toString(), "-o", "-", SETTINGS), text, "mtools");
            writeBack(copy);
            return null;
        });
        if (!readSettings().equals(text)) {
            throw new ImageException(card + " does not give back the skerry.yaml that was written: the card or its reader is broken; use another one");
        }
    }

    private interface Work<T> {
        T with(Path copy) throws IOException;
    }

    /** The copy is readable by its owner only: the settings hold secrets. */
    private <T> T onCopy(Work<T> work) throws IOException {
        Path copy = Files.createTempFile("skerry-config-", ".fat");
        try {
            try (CardReader from = new CardReader(card); FileChannel to = FileChannel.open(copy, StandardOpenOption.WRITE)) {
                from.read(offset, offset + size, part -> {
                    while (part.hasRemaining()) {
                        to.write(part);
                    }
                });
            }
            return work.with(copy);
        } finally {
            Files.delete(copy);
        }
    }

    private void writeBack(Path copy) throws IOException {
        try (FileChannel from = FileChannel.open(copy, StandardOpenOption.READ); FileChannel to = FileChannel.open(card, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer wanted = ByteBuffer.allocate(BLOCK), there = ByteBuffer.allocate(BLOCK);
            for (long at = 0; at < size; at += BLOCK) {
                int length = (int) Math.min(BLOCK, size - at);
                read(from, at, wanted.clear().limit(length));
                read(to, offset + at, there.clear().limit(length));
                if (!wanted.flip().equals(there.flip())) {
                    for (long position = offset + at; wanted.hasRemaining(); ) {
                        position += to.write(wanted, position);
                    }
                }
            }
            to.force(true);
        }
    }

    private void read(FileChannel from, long position, ByteBuffer block) throws IOException {
        while (block.hasRemaining()) {
            int n = from.read(block, position);
            if (n <= 0) {
                throw new ImageException(card + " ends before its partition " + DeviceLayout.CONFIG + " does; flash it again");
            }
            position += n;
        }
    }

    private static String run(List<String> command, String input, String debianPackage) throws IOException {
        Process process;
        try {
            ProcessBuilder builder = new ProcessBuilder(command);
            // The geometry of a partition inside of an image is none that mtools expects.
            builder.environment().put("MTOOLS_SKIP_CHECK", "1");
            builder.environment().merge("PATH", "/usr/sbin:/sbin", (path, more) -> path + ":" + more);
            process = builder.start();
        } catch (IOException e) {
            throw new ImageException(command.getFirst() + " is not installed; install it (Debian: package " + debianPackage + ")", e);
        }
        try (OutputStream stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It did not want to read; its exit code tells why.
        }
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        try {
            if (process.waitFor() != 0) {
                throw new ImageException(String.join(" ", command) + ": " + err);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new java.io.InterruptedIOException(command.getFirst());
        }
        return out;
    }
}
