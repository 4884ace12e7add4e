package io.skerry.appliance.os;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import io.skerry.image.update.OsManifest;
import io.skerry.image.update.OsManifest.Member;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.zip.CRC32C;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Brings an OS update file onto the device: {@code root.img} goes straight into the idle slot, so that the flash is written once and no
 * room for a second copy is needed; the few members before it (some 50 MB) go into a file, from which the boot files are taken later. The
 * manifest's signature is checked before any byte of the slot is touched.
 *
 * <p>At each {@link FetchPolicy#checkpoint} what came is forced to the medium and then told to the {@link Progress}: from there it goes on after
 * a power cut.
 */
final class Download {
    private static final int CHUNK = 1 << 18;

    /** What happens on the way. */
    interface Progress {
        /** The signature is good and the image is for this device; the slot is about to be overwritten for the first time. */
        void accepted(OsManifest manifest) throws IOException, OsUpdateException;

        /** So many bytes of the file are safely on the medium. */
        void reached(long bytes, String validator) throws IOException;

        /** Whether to break off: asked between the pieces that come, and between the tries when none do. */
        boolean cancelled();
    }

    private final ImageSource source;
    private final TrustedKeys trusted;
    private final Path head;
    private final Path slot;
    private final FetchPolicy policy;

    /** @param head file for what comes before {@code root.img}. @param slot the idle slot's root partition */
    Download(ImageSource source, TrustedKeys trusted, Path head, Path slot, FetchPolicy policy) {
        this.source = source;
        this.trusted = trusted;
        this.head = head;
        this.slot = slot;
        this.policy = policy;
    }

    /**
     * What has come.
     *
     * @param rootChecksum CRC-32C of {@code root.img} as it came, by which a medium that does not keep what it is given is told from an image
     *                     that is not what its manifest says
     */
    record Fetched(OsManifest manifest, long rootChecksum) {}

    /**
     * Returns when everything of the file was given to the medium, is the file with this digest, and what comes before {@code root.img} is what the
     * manifest says. That {@code root.img} is, too, is left to {@link SlotPartition#digest}, which has to read it back in any case: SHA-256 is what
     * takes the time of an update on a small board.
     *
     * @param from   how many bytes are here by {@link Progress#reached}
     * @param sha256 of the whole file
     * @throws OsUpdateException when the image is not to be taken
     * @throws MismatchException when what came is another file
     * @throws CancelledException when the progress said so
     * @throws IOException       when it cannot be had now; going on later from the last checkpoint is right
     */
    Fetched run(long from, String sha256, Progress progress) throws IOException, OsUpdateException {
        try (FileChannel kept = FileChannel.open(head, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                SlotPartition partition = new SlotPartition(slot);
                ImageStream stream = new ImageStream(source, kept, from, policy, progress::cancelled)) {
            if (kept.size() > from) {
                kept.truncate(from);
            }
            Run run = new Run(stream, kept, partition, progress);
            OsManifest manifest = run.members();
            String found = HexFormat.of().formatHex(stream.digest());
            if (!found.equals(sha256)) {
                throw wrong(source + " has the SHA-256 " + found + ", it should be " + sha256, from > 0);
            }
            return new Fetched(manifest, run.rootChecksum.getValue());
        }
    }

    /**
     * To be thrown when what came is not the file that was asked for. What an earlier run kept may be to blame, or over a network something on the
     * way, or a server on which it is just being replaced: then it may be had later. A file stays what it is.
     */
    private OsUpdateException wrong(String message, boolean resumed) throws MismatchException {
        if (resumed || source.remote()) {
            throw new MismatchException(message, resumed);
        }
        return new OsUpdateException(message);
    }

    /** The file is not, or not yet, the one that was asked for; to know that took much of its download. */
    static final class MismatchException extends IOException {
        private static final long serialVersionUID = 1;
        /** A part of it came from an earlier run: beginning anew may help at once. */
        final boolean resumed;

        MismatchException(String message, boolean resumed) {
            super(message);
            this.resumed = resumed;
        }
    }

    /** {@link Progress#cancelled} said so. */
    static final class CancelledException extends InterruptedIOException {
        private static final long serialVersionUID = 1;

        CancelledException() {
            super("cancelled");
        }
    }

    private final class Run {
        private final ImageStream stream;
        private final FileChannel kept;
        private final SlotPartition partition;
        private final Progress progress;
        private final CRC32C rootChecksum = new CRC32C();
        private long checkpoint;
        private boolean verified;

        Run(ImageStream stream, FileChannel kept, SlotPartition partition, Progress progress) {
            this.stream = stream;
            this.kept = kept;
            this.partition = partition;
            this.progress = progress;
        }

        OsManifest members() throws IOException, OsUpdateException {
            TarArchiveInputStream tar = new TarArchiveInputStream(stream);
            byte[] json = small(tar, OsManifest.NAME);
            byte[] signature = small(tar, OsManifest.SIGNATURE);
            trusted.verify(json, new String(signature, StandardCharsets.US_ASCII));
            verified = true;
            OsManifest manifest = parse(json);
            long wanted = manifest.files().get(OsManifest.ROOT).size();
            if (wanted > partition.size()) {
                throw new OsUpdateException("the image's root file system has " + wanted + " bytes, the slot " + partition + " has room for " + partition.size());
            }
            progress.accepted(manifest);
            TarArchiveEntry entry = next(tar);
            while (!entry.getName().equals(OsManifest.ROOT)) {
                member(tar, entry, manifest, false);
                entry = next(tar);
            }
            stream.enterRoot(partition);
            member(tar, entry, manifest, true);
            partition.force();
            stream.leaveRoot();
            if (tar.getNextEntry() != null) {
                throw wrong("the image has more members after root.img; it was not made by skerry image build");
            }
            // The archive's padding counts for the digest.
            stream.transferTo(OutputStream.nullOutputStream());
            return manifest;
        }

        private OsManifest parse(byte[] json) throws OsUpdateException {
            OsManifest manifest;
            try {
                manifest = OsManifest.parse(json);
            } catch (ImageException e) {
                throw new OsUpdateException("the image cannot be used: " + e.getMessage());
            }
            Member root = manifest.files().get(OsManifest.ROOT);
            if (root == null || manifest.verityHashOffset() <= 0 || manifest.verityHashOffset() >= root.size()) {
                throw new OsUpdateException("the image cannot be used: its manifest names no root.img with a hash tree in it");
            }
            return manifest;
        }

        private byte[] small(TarArchiveInputStream tar, String name) throws IOException, OsUpdateException {
            TarArchiveEntry entry = next(tar);
            if (!entry.getName().equals(name) || entry.getSize() > OsManifest.MAX_BYTES) {
                throw wrong("not an OS update file: " + name + " is expected where " + entry.getName() + " is");
            }
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            tar.transferTo(out);
            return out.toByteArray();
        }

        private TarArchiveEntry next(TarArchiveInputStream tar) throws IOException, OsUpdateException {
            TarArchiveEntry entry;
            try {
                entry = tar.getNextEntry();
            } catch (IllegalArgumentException e) {
                throw wrong("not an OS update file: " + e.getMessage());
            } catch (IOException e) {
                if (e.getCause() instanceof IllegalArgumentException unreadable) {
                    throw wrong("not an OS update file: " + unreadable.getMessage());
                }
                throw e;
            }
            if (entry == null) {
                throw wrong("not an OS update file: it ends before root.img");
            }
            return entry;
        }

        /** As of {@link Download#wrong}; before the signature is checked, what came may be anybody's page, which costs little to ask for again. */
        private OsUpdateException wrong(String message) throws IOException {
            boolean resumed = stream.fetched() < stream.position();
            if (!verified && !resumed && source.remote()) {
                throw new IOException(source + ": what the server sent is " + message);
            }
            return Download.this.wrong(message, resumed);
        }

        private void member(InputStream tar, TarArchiveEntry entry, OsManifest manifest, boolean root) throws IOException, OsUpdateException {
            Member content = manifest.files().get(entry.getName());
            if (content == null || content.size() != entry.getSize()) {
                throw wrong("the image's " + entry.getName() + " has " + entry.getSize() + " bytes; its manifest says "
                        + (content == null ? "nothing of it" : Long.toString(content.size())));
            }
            MessageDigest sha256 = Digests.sha256();
            byte[] buffer = new byte[CHUNK];
            for (long at = 0; at < content.size(); ) {
                if (progress.cancelled()) {
                    throw new CancelledException();
                }
                boolean here = stream.replaying();
                int n = tar.read(buffer, 0, (int) Math.min(buffer.length, content.size() - at));
                if (n < 0) {
                    throw new IOException(source + " ends within " + entry.getName());
                }
                if (!root) {
                    sha256.update(buffer, 0, n);
                } else {
                    rootChecksum.update(buffer, 0, n);
                    if (!here) {
                        partition.write(ByteBuffer.wrap(buffer, 0, n), at);
                    }
                }
                at += n;
                if (!here && stream.fetched() - checkpoint >= policy.checkpoint()) {
                    checkpoint(root);
                }
            }
            String found = HexFormat.of().formatHex(sha256.digest());
            if (!root && !found.equals(content.sha256())) {
                throw wrong("the image's " + entry.getName() + " has the SHA-256 " + found + ", its manifest says " + content.sha256());
            }
            if (stream.fetched() > 0) {
                checkpoint(root);
            }
        }

        private void checkpoint(boolean root) throws IOException {
            kept.force(true);
            if (root) {
                partition.force();
            }
            checkpoint = stream.fetched();
            progress.reached(stream.position(), source.validator());
        }
    }
}
