package io.skerry.image.flash;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What an image is written to: a disk, or a regular file that stands for one and need not be there yet. A file below /dev stands for none: it
 * would be what a wrong name, or a reader that was pulled, leaves in memory instead of a card.
 *
 * @param path as it was given
 * @param disk empty for a file
 */
record Target(Path path, Optional<Disk> disk) {
    private static final Path DEVICES = Path.of("/dev");
    /** stat(2): st_mode's type, and the one of block devices. */
    private static final int TYPE = 0170000, BLOCK = 0060000;

    /** @throws ImageException when it is neither, saying what to name instead */
    static Target of(Path path) throws IOException {
        return of(path, DEVICES);
    }

    /** @param devices where the machine keeps its devices */
    static Target of(Path path, Path devices) throws IOException {
        Path whole = path.toAbsolutePath();
        boolean there = Files.exists(whole);
        if (there && ((Integer) Files.getAttribute(whole, "unix:mode") & TYPE) == BLOCK) {
            return new Target(path, Optional.of(Disk.of(whole)));
        }
        boolean regular = Files.isRegularFile(whole);
        if (there && !regular) {
            throw new ImageException(path + " is neither a disk nor a regular file; name the card's whole disk (see lsblk), or a file");
        }
        if (!there && Files.isSymbolicLink(whole)) {
            throw new ImageException(path + " is a link to " + Files.readSymbolicLink(whole) + ", which is not there; is the card in its reader? lsblk lists the disks");
        }
        Path folder = whole.getParent();
        if (!Files.isDirectory(folder)) {
            throw new ImageException(path + " cannot be made: there is no folder " + folder + "; make it first, or name another file");
        }
        if ((there ? whole.toRealPath() : folder.toRealPath()).startsWith(devices)) {
            throw new ImageException(regular ? path + " is a file and not a disk: something wrote to a disk that was not there; remove it (rm " + path + "), then insert the card again"
                    : "there is no disk " + path + "; is the card in its reader? lsblk lists the disks");
        }
        return new Target(path, Optional.empty());
    }

    /** Whether there is something that would be lost. */
    boolean isThere() {
        return Files.exists(path);
    }

    /** Bytes that fit on it, or that it has. */
    long size() throws IOException {
        return disk.isPresent() ? disk.get().size() : Files.size(path);
    }

    /** Which one it is, for the person who is asked. */
    String describe() throws IOException {
        return path + " (" + (disk.isPresent() ? disk.get().model() : "a file") + ", " + TransferProgress.size(size()) + ")";
    }

    /** By which it is seen that another one took its place. */
    String state() throws IOException {
        return isThere() ? (disk.isPresent() ? disk.get().model() : "file") + " of " + size() + " bytes" : "nothing";
    }

    /**
     * @param imageSize bytes
     * @param fixedToo also disks that are built in
     * @throws ImageException saying why this must not be written to
     */
    void requireFit(long imageSize, boolean fixedToo) throws IOException {
        if (disk.isEmpty()) {
            return;
        }
        disk.get().requireFlashable(fixedToo);
        if (size() < imageSize) {
            throw new ImageException(path + " is too small: it has " + TransferProgress.size(size()) + ", the image needs " + TransferProgress.size(imageSize));
        }
    }

    /** Keeps others away while it is written to; nothing for a file. */
    DiskClaim claim() throws IOException {
        if (disk.isPresent() && !Files.isWritable(path)) {
            throw new AccessDeniedException(path.toString());
        }
        return disk.isPresent() ? DiskClaim.of(path) : DiskClaim.NONE;
    }
}
