package io.skerry.image.flash;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;

/**
 * Writes an image to a card, or to a file that stands for one, and reads it back.
 *
 * <p>The first mebibyte, which has the partition table, is cleared first and written last: a card whose writing was broken off does not look
 * like a good one.
 */
final class CardWriter {
    private static final int CHUNK = 4 << 20;
    private static final int HEAD = 1 << 20;
    /** Of a file that stands for a card: what a device is told, its passwords too, is on it. */
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");

    private final ImageSource source;
    private final BlockMap map;
    private final PrintStream out;
    private final boolean terminal;
    private final byte[] empty = new byte[CHUNK];

    CardWriter(ImageSource source, BlockMap map, PrintStream out, boolean terminal) {
        this.source = source;
        this.map = map;
        this.out = out;
        this.terminal = terminal;
    }

    /**
     * @return digest of what was written, in the image's order, for {@link #verify}
     * @throws ImageException when the image is not what its block map says; the target then has no partition table
     */
    byte[] write(Target target) throws IOException {
        MessageDigest whole = Digests.sha256();
        TransferProgress progress = new TransferProgress(out, terminal, "Writing", map.mapped());
        byte[] buffer = new byte[CHUNK];
        byte[] head = new byte[(int) Math.min(HEAD, map.imageSize())];
        boolean regular = target.disk().isEmpty();
        try (InputStream image = source.open(); FileChannel channel = openForWriting(target.path(), regular)) {
            put(channel, 0, head, head.length);
            channel.force(false);
            long position = 0;
            for (BlockMap.Range range : map.ranges()) {
                passOver(image, position, range.start(), buffer);
                MessageDigest own = Digests.sha256();
                for (position = range.start(); position < range.end(); ) {
                    int n = image.readNBytes(buffer, 0, (int) Math.min(CHUNK, range.end() - position));
                    if (n == 0) {
                        throw tooShort(position);
                    }
                    whole.update(buffer, 0, n);
                    if (range.sha256().isPresent()) {
                        own.update(buffer, 0, n);
                    }
                    int withheld = position < head.length ? (int) Math.min(n, head.length - position) : 0;
                    System.arraycopy(buffer, 0, head, (int) Math.min(position, head.length), withheld);
                    put(channel, position + withheld, Arrays.copyOfRange(buffer, withheld, n), n - withheld);
                    position += n;
                    progress.advance(n);
                }
                if (range.sha256().isPresent() && !range.sha256().get().equals(HexFormat.of().formatHex(own.digest()))) {
                    throw new ImageException(source.file() + ": bytes " + range.start() + " to " + range.end() + " are not what the block map says; get both again");
                }
            }
            // Unpacked to its end, so that a cut or damaged file is found even behind the last mapped block.
            passOver(image, position, map.imageSize(), buffer);
            if (image.read() >= 0) {
                throw new ImageException(source.file() + " has more than the " + map.imageSize() + " bytes that its block map says; get both again");
            }
            channel.force(false);
            put(channel, 0, head, head.length);
            if (regular && channel.size() < map.imageSize()) {
                put(channel, map.imageSize() - 1, new byte[1], 1);
            }
            progress.finish();
            channel.force(true);
        }
        return whole.digest();
    }

    /**
     * What is not mapped is not written, and must therefore be empty: the image's signature, which is one over all of it, then covers what is
     * written, whatever the block map says.
     *
     * @param from position of the stream
     * @param to where it is afterwards
     */
    private void passOver(InputStream image, long from, long to, byte[] buffer) throws IOException {
        for (long position = from; position < to; ) {
            int n = image.readNBytes(buffer, 0, (int) Math.min(CHUNK, to - position));
            if (n == 0) {
                throw tooShort(position);
            }
            if (!Arrays.equals(buffer, 0, n, empty, 0, n)) {
                throw new ImageException(source.file() + " has something between its bytes " + position + " and " + (position + n)
                        + " that its block map does not name: the map is not of this image; get both again");
            }
            position += n;
        }
    }

    private ImageException tooShort(long size) {
        return new ImageException(source.file() + " ends after " + size + " bytes, its block map says " + map.imageSize() + "; get both again");
    }

    /** @throws ImageException when the card does not give back what was written */
    void verify(Path target, byte[] written) throws IOException {
        TransferProgress progress = new TransferProgress(out, terminal, "Verifying", map.mapped());
        MessageDigest whole = Digests.sha256();
        try (CardReader reader = new CardReader(target)) {
            for (BlockMap.Range range : map.ranges()) {
                reader.read(range.start(), range.end(), part -> {
                    progress.advance(part.remaining());
                    whole.update(part);
                });
            }
        }
        progress.finish();
        if (!Arrays.equals(whole.digest(), written)) {
            throw new ImageException(target + " does not give back what was written: the card or its reader is broken; use another one");
        }
    }

    /** A disk that is gone in the meantime is an error: nothing is made in its place. */
    private static FileChannel openForWriting(Path target, boolean regular) throws IOException {
        if (!regular) {
            return FileChannel.open(target, StandardOpenOption.WRITE);
        }
        // A file is cut first: what no range maps must read as zeros.
        FileChannel channel = FileChannel.open(target, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING),
                PosixFilePermissions.asFileAttribute(OWNER_ONLY));
        try {
            // One that was there has its own mode.
            Files.setPosixFilePermissions(target, OWNER_ONLY);
            return channel;
        } catch (IOException e) {
            channel.close();
            throw new ImageException(target + " cannot be kept from other users (mode 0600), as a card with a device's secrets must be: name a file of your own", e);
        }
    }

    private static void put(FileChannel channel, long position, byte[] bytes, int length) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(bytes, 0, length);
        while (rest.hasRemaining()) {
            position += channel.write(rest, position);
        }
    }
}
