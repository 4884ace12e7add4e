package io.skerry.node.images;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Writes POSIX ustar with nothing in it that differs from run to run: owner root, time zero. */
final class Tar implements AutoCloseable {
    static final char FILE = '0', SYMLINK = '2', DIRECTORY = '5';
    private static final int BLOCK = 512;

    private final OutputStream out;

    Tar(OutputStream out) { this.out = out; }

    void directory(String name, int mode) throws IOException {
        header(name.endsWith("/") ? name : name + "/", mode, 0, DIRECTORY, "");
    }

    void symlink(String name, String target) throws IOException {
        header(name, 0777, 0, SYMLINK, target);
    }

    void file(String name, int mode, byte[] content) throws IOException {
        header(name, mode, content.length, FILE, "");
        out.write(content);
        pad(content.length);
    }

    void file(String name, int mode, long size, InputStream content) throws IOException {
        header(name, mode, size, FILE, "");
        long copied = content.transferTo(out);
        if (copied != size) throw new IOException(name + " changed while it was read: " + size + " bytes, then " + copied);
        pad(size);
    }

    private void pad(long size) throws IOException {
        out.write(new byte[(int) ((BLOCK - size % BLOCK) % BLOCK)]);
    }

    private void header(String name, int mode, long size, char type, String link) throws IOException {
        byte[] block = new byte[BLOCK];
        byte[] path = name.getBytes(StandardCharsets.UTF_8);
        int cut = 0;
        if (path.length > 100) { // the part before a slash goes to the prefix field
            for (int i = path.length - 101; i < path.length && cut == 0; i++) if (path[i] == '/' && i <= 155) cut = i;
            if (cut == 0) throw new IOException("name too long for a tar: " + name);
            System.arraycopy(path, 0, block, 345, cut);
            path = Arrays.copyOfRange(path, cut + 1, path.length);
        }
        System.arraycopy(path, 0, block, 0, path.length);
        octal(block, 100, 8, mode);
        octal(block, 108, 8, 0);
        octal(block, 116, 8, 0);
        octal(block, 124, 12, size);
        octal(block, 136, 12, 0);
        Arrays.fill(block, 148, 156, (byte) ' ');
        block[156] = (byte) type;
        byte[] target = link.getBytes(StandardCharsets.UTF_8);
        if (target.length > 100) throw new IOException("link target too long for a tar: " + link);
        System.arraycopy(target, 0, block, 157, target.length);
        System.arraycopy("ustar\0" .getBytes(StandardCharsets.US_ASCII), 0, block, 257, 6);
        block[263] = '0';
        block[264] = '0';
        int sum = 0;
        for (byte b : block) sum += b & 0xff;
        octal(block, 148, 7, sum);
        out.write(block);
    }

    private static void octal(byte[] block, int at, int width, long value) throws IOException {
        String digits = Long.toOctalString(value);
        if (digits.length() > width - 1) throw new IOException("value too large for a tar: " + value);
        byte[] text = ("0".repeat(width - 1 - digits.length()) + digits).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, block, at, text.length);
        block[at + width - 1] = 0;
    }

    /** Two empty blocks end an archive. The stream stays open. */
    @Override
    public void close() throws IOException {
        out.write(new byte[2 * BLOCK]);
        out.flush();
    }
}
