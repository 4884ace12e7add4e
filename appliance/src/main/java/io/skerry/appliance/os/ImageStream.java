package io.skerry.appliance.os;

import io.skerry.image.Digests;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * An OS update file from its first byte on, whatever of it is here already: what an earlier run put on the disk is read from there, the
 * rest is fetched, and goes on where it broke off when the connection does. So the reader above sees one file and can check all of it.
 *
 * <p>What comes before {@code root.img} is kept in a file, verbatim; from {@link #enterRoot} on the bytes are the slot's, and are read
 * back from there.
 */
final class ImageStream extends InputStream {
    private static final Duration LOOK = Duration.ofSeconds(1);

    private final ImageSource source;
    private final FileChannel head;
    private final FetchPolicy policy;
    private final BooleanSupplier cancelled;
    private final MessageDigest sha256 = Digests.sha256();
    private final long local;
    private SlotPartition root;
    private long rootStart = -1;
    private long position;
    private InputStream remote;
    private long fetched;

    /**
     * @param local     how many bytes of the file are here, in {@code head} and then in the slot
     * @param cancelled whether to break off instead of waiting for the source
     */
    ImageStream(ImageSource source, FileChannel head, long local, FetchPolicy policy, BooleanSupplier cancelled) {
        this.source = source;
        this.head = head;
        this.local = local;
        this.policy = policy;
        this.cancelled = cancelled;
    }

    /** The next byte is the first of {@code root.img}. */
    void enterRoot(SlotPartition slot) {
        root = slot;
        rootStart = position;
    }

    /** The next byte is the first one behind {@code root.img}: nothing after it is kept. */
    void leaveRoot() {
        root = null;
    }

    long position() {
        return position;
    }

    /** How many bytes came from the source and not from an earlier run. */
    long fetched() {
        return fetched;
    }

    /** Whether the byte at the position is here already. */
    boolean replaying() {
        return position < local;
    }

    byte[] digest() {
        return sha256.digest();
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int n = position < local ? readLocal(into, offset, (int) Math.min(length, local - position)) : readRemote(into, offset, length);
        if (n > 0) {
            sha256.update(into, offset, n);
            if (position >= local && rootStart < 0) {
                keep(ByteBuffer.wrap(into, offset, n));
            }
            position += n;
        }
        return n;
    }

    private int readLocal(byte[] into, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into, offset, length);
        int n = root == null ? head.read(buffer, position) : root.read(buffer, position - rootStart);
        if (n <= 0) {
            throw new Download.MismatchException("what was kept of " + source + " is shorter than was written down", true);
        }
        return n;
    }

    private void keep(ByteBuffer bytes) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += head.write(bytes, at);
        }
    }

    private int readRemote(byte[] into, int offset, int length) throws IOException {
        Duration pause = policy.firstPause();
        for (int failures = 1; ; failures++) {
            try {
                if (remote == null) {
                    remote = source.open(position);
                }
                int n = remote.read(into, offset, length);
                fetched += Math.max(0, n);
                return n;
            } catch (HttpImageSource.ChangedException e) {
                close();
                throw e;
            } catch (IOException e) {
                close();
                if (Thread.currentThread().isInterrupted()) {
                    throw new InterruptedIOException("interrupted");
                }
                if (!source.remote() || failures >= policy.tries()) {
                    throw e;
                }
            }
            rest(pause);
            pause = pause.multipliedBy(2).compareTo(policy.lastPause()) > 0 ? policy.lastPause() : pause.multipliedBy(2);
        }
    }

    /** Nothing wakes who is asked by a lock to break off. */
    private void rest(Duration pause) throws IOException {
        long end = System.nanoTime() + pause.toNanos();
        for (long left = pause.toNanos(); left > 0; left = end - System.nanoTime()) {
            if (cancelled.getAsBoolean()) {
                throw new Download.CancelledException();
            }
            try {
                Thread.sleep(Duration.ofNanos(Math.min(left, LOOK.toNanos())));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }
    }

    /** Ends the connection; reading on opens another. */
    @Override
    public void close() throws IOException {
        if (remote != null) {
            InputStream open = remote;
            remote = null;
            open.close();
        }
    }
}
