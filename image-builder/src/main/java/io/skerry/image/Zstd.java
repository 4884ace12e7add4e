package io.skerry.image;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** Files that are unpacked by the machine's zstd(1) while being read: it is faster than any decoder in Java, and costs the binary nothing. */
public final class Zstd {
    private Zstd() {}

    /**
     * @return the bytes that were packed; reading their end throws when the file is broken, because a cut one ends early and quietly otherwise
     * @throws ImageException when zstd is not installed
     */
    public static InputStream unpack(Path file) throws IOException {
        // Links it would pass over without a word.
        String real = file.toRealPath().toString();
        Process zstd;
        try {
            zstd = new ProcessBuilder("zstd", "--decompress", "--stdout", "--quiet", real).redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile())).start();
        } catch (IOException e) {
            throw new ImageException("zstd is not installed; install it (Debian: package zstd)", e);
        }
        return new Unpacking(zstd, file);
    }

    private static final class Unpacking extends FilterInputStream {
        private final Process zstd;
        private final Path file;

        Unpacking(Process zstd, Path file) {
            super(zstd.getInputStream());
            this.zstd = zstd;
            this.file = file;
        }

        @Override
        public int read() throws IOException {
            int value = super.read();
            return value < 0 ? ended(value) : value;
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int n = super.read(buffer, offset, length);
            return n < 0 ? ended(n) : n;
        }

        private int ended(int eof) throws IOException {
            try {
                if (zstd.waitFor() != 0) {
                    String said = new String(zstd.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
                    throw new ImageException(file + " cannot be unpacked: " + said + "; get the image again");
                }
                return eof;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while unpacking " + file);
            }
        }

        @Override
        public void close() throws IOException {
            zstd.destroy();
            super.close();
        }
    }
}
