package io.skerry.node.logs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/** Reads a log file line by line, also while it is being written: at its end there is no next line until there is. */
final class LineReader implements AutoCloseable {
    private static final int BUFFER = 32 << 10;

    private final FileChannel file;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);
    private byte[] pending = new byte[0];

    LineReader(Path path) throws IOException { file = FileChannel.open(path, StandardOpenOption.READ); }

    /** The next whole line without its line feed; null when there is none yet. */
    byte[] next() throws IOException {
        while (true) {
            byte[] array = buffer.array();
            for (int i = buffer.position(); i < buffer.limit(); i++) {
                if (array[i] != '\n') continue;
                byte[] line = join(pending, array, buffer.position(), i);
                pending = new byte[0];
                buffer.position(i + 1);
                return line;
            }
            pending = join(pending, array, buffer.position(), buffer.limit());
            buffer.clear();
            int read = file.read(buffer);
            buffer.flip();
            if (read <= 0) return null;
        }
    }

    /** Byte position after the last line returned. */
    long position() throws IOException { return file.position() - buffer.remaining() - pending.length; }

    void seek(long position) throws IOException {
        file.position(position);
        buffer.limit(0).position(0);
        pending = new byte[0];
    }

    long size() throws IOException { return file.size(); }

    /** Where the last n lines start. */
    long startOfLast(long lines) throws IOException {
        long end = file.size(), at = end;
        if (lines <= 0) return end;
        long found = 0;
        ByteBuffer chunk = ByteBuffer.allocate(BUFFER);
        while (at > 0) {
            int size = (int) Math.min(BUFFER, at);
            at -= size;
            chunk.clear().limit(size);
            while (chunk.hasRemaining()) if (file.read(chunk, at + chunk.position()) < 0) break;
            for (int i = chunk.position() - 1; i >= 0; i--) {
                if (chunk.get(i) != '\n' || at + i == end - 1) continue;
                if (++found == lines) return at + i + 1;
            }
        }
        return 0;
    }

    private static byte[] join(byte[] head, byte[] array, int from, int to) {
        if (head.length == 0) return Arrays.copyOfRange(array, from, to);
        byte[] all = Arrays.copyOf(head, head.length + to - from);
        System.arraycopy(array, from, all, head.length, to - from);
        return all;
    }

    @Override
    public void close() throws IOException { file.close(); }
}
