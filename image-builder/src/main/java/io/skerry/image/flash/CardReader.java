package io.skerry.image.flash;

import com.sun.nio.file.ExtendedOpenOption;
import io.skerry.image.ImageException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Reads a card, or a file that stands for one, past the page cache where the system can (O_DIRECT): what it gives came from the card. */
final class CardReader implements Closeable {
    private static final int CHUNK = 4 << 20;
    /** Of O_DIRECT; no disk has larger logical blocks. */
    private static final int ALIGNMENT = 4096;

    /** What takes the bytes, part by part. */
    interface Sink {
        void take(ByteBuffer part) throws IOException;
    }

    private final Path card;
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK + ALIGNMENT).alignedSlice(ALIGNMENT);

    CardReader(Path card) throws IOException {
        this.card = card;
        this.channel = open(card);
    }

    private static FileChannel open(Path card) throws IOException {
        try {
            return FileChannel.open(card, StandardOpenOption.READ, ExtendedOpenOption.DIRECT);
        } catch (IOException | UnsupportedOperationException e) {
            // Files in memory (tmpfs) have no way past the cache.
            return FileChannel.open(card, StandardOpenOption.READ);
        }
    }

    /**
     * @param start first byte
     * @param end byte after the last
     * @throws ImageException when the card has less
     */
    void read(long start, long end, Sink sink) throws IOException {
        long position = start / ALIGNMENT * ALIGNMENT;
        while (position < end) {
            buffer.clear().limit((int) Math.min(CHUNK, Math.ceilDiv(end - position, ALIGNMENT) * ALIGNMENT));
            int n = channel.read(buffer, position);
            int from = (int) Math.max(0, start - position);
            if (n <= from) {
                throw new ImageException(card + " ends after " + (position + Math.max(0, n)) + " bytes: the card is smaller than it says, or broken");
            }
            int to = (int) Math.min(n, end - position);
            sink.take(buffer.slice(from, to - from));
            // A short read inside of the range ends at an unaligned place only at the end of a file.
            position += n;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
