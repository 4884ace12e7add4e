package io.skerry.appliance.os;

import com.sun.nio.file.ExtendedOpenOption;
import io.skerry.image.Digests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Set;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/** The root partition of the idle slot: a block device, or a file that stands for one. */
final class SlotPartition implements AutoCloseable {
    private static final int CHUNK = 1 << 20;
    /** No disk has larger logical blocks; O_DIRECT reads whole ones. */
    private static final int ALIGNMENT = 4096;

    private final Path device;
    private final FileChannel channel;

    /** @throws IOException when it cannot be written; a missing partition is not made as a file */
    SlotPartition(Path device) throws IOException {
        this.device = device;
        this.channel = FileChannel.open(device, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** @return bytes */
    long size() throws IOException {
        return channel.size();
    }

    int read(ByteBuffer into, long offset) throws IOException {
        return channel.read(into, offset);
    }

    void write(ByteBuffer bytes, long offset) throws IOException {
        long at = offset;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }

    /** Returns when everything written is on the medium. */
    void force() throws IOException {
        channel.force(true);
    }

    /** SHA-256 of the first bytes as they come from the medium. @return lower-case hexadecimal */
    String digest(long bytes) throws IOException {
        MessageDigest sha256 = Digests.sha256();
        fromMedium(bytes, sha256::update);
        return HexFormat.of().formatHex(sha256.digest());
    }

    /** CRC-32C of the first bytes as they come from the medium. */
    long checksum(long bytes) throws IOException {
        CRC32C crc = new CRC32C();
        fromMedium(bytes, crc::update);
        return crc.getValue();
    }

    /**
     * Reads past the page cache (O_DIRECT) where the file system can, because what is to be found is a card that did not keep what it was
     * given.
     */
    private void fromMedium(long bytes, Consumer<ByteBuffer> use) throws IOException {
        force();
        Set<OpenOption> direct = Set.of(StandardOpenOption.READ, ExtendedOpenOption.DIRECT);
        FileChannel opened;
        try {
            opened = FileChannel.open(device, direct);
        } catch (IOException | UnsupportedOperationException e) {
            // A file system in memory has nothing below its cache.
            opened = FileChannel.open(device, StandardOpenOption.READ);
        }
        try (FileChannel medium = opened) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK + ALIGNMENT).alignedSlice(ALIGNMENT);
            for (long at = 0; at < bytes; ) {
                buffer.clear().limit(CHUNK);
                int n = medium.read(buffer, at);
                if (n <= 0) {
                    throw new IOException(device + " ends after " + at + " bytes");
                }
                buffer.flip().limit((int) Math.min(n, bytes - at));
                at += buffer.remaining();
                use.accept(buffer);
            }
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    @Override
    public String toString() {
        return Files.isRegularFile(device) ? device.getFileName().toString() : device.toString();
    }
}
