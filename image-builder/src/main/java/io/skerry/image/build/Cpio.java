package io.skerry.image.build;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A file tree as the kernel unpacks it at boot: cpio's "newc" format (kernel documentation, "initramfs buffer format"). */
final class Cpio {
    private final OutputStream out;
    private final long seconds;
    private long written;
    private int inode;

    private Cpio(OutputStream out, long seconds) {
        this.out = out;
        this.seconds = seconds;
    }

    /** @param seconds since 1970, for every entry */
    static void write(FileTree tree, OutputStream out, long seconds) throws IOException {
        Cpio cpio = new Cpio(out, seconds);
        for (Map.Entry<String, FileTree.Entry> named : tree.entries().entrySet()) {
            if (!named.getKey().isEmpty()) {
                cpio.entry(named.getKey(), named.getValue());
            }
        }
        cpio.record("TRAILER!!!", 0, 0, 0, 0, new byte[0]);
        out.flush();
    }

    private void entry(String path, FileTree.Entry entry) throws IOException {
        switch (entry.kind()) {
            case FOLDER -> record(path, 0040000 | entry.mode(), 2, 0, 0, new byte[0]);
            case SYMLINK -> record(path, 0120777, 1, 0, 0, entry.target().getBytes(StandardCharsets.UTF_8));
            case CHARACTER -> record(path, 0020000 | entry.mode(), 1, entry.major(), entry.minor(), new byte[0]);
            case FILE -> {
                try (var in = entry.content().open()) {
                    record(path, 0100000 | entry.mode(), 1, 0, 0, in.readAllBytes());
                }
            }
            default -> throw new IllegalStateException(path + " is a " + entry.kind() + ", which an initrd has no use for");
        }
    }

    private void record(String path, int mode, int links, int major, int minor, byte[] data) throws IOException {
        byte[] name = (path + "\0").getBytes(StandardCharsets.UTF_8);
        String header = String.format("070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x",
                ++inode, mode, 0, 0, links, mode == 0 ? 0 : seconds, data.length, 0, 0, major, minor, name.length, 0);
        put(header.getBytes(StandardCharsets.US_ASCII));
        put(name);
        pad();
        put(data);
        pad();
    }

    private void put(byte[] bytes) throws IOException {
        out.write(bytes);
        written += bytes.length;
    }

    private void pad() throws IOException {
        put(new byte[(int) (-written & 3)]);
    }
}
