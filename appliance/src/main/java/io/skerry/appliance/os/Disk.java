package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The disk that the device runs from: the one with the data partition. Partitions are looked for on it alone, because a stick or a second
 * card with another copy of the image bears the same labels.
 */
final class Disk {
    private final Path folder;

    private Disk(Path folder) {
        this.folder = folder;
    }

    /** @throws IOException when the folder is not on a partition, as on a machine that was not made by {@code skerry image build} */
    static Disk holding(Path data) throws IOException {
        long device = ((Number) Files.getAttribute(data, "unix:dev")).longValue();
        return of(Path.of("/sys"), device);
    }

    /** @param device number as in {@code st_dev} */
    static Disk of(Path sys, long device) throws IOException {
        // The encoding of glibc's makedev(3).
        long major = (device >>> 8 & 0xfff) | (device >>> 32 & ~0xfffL);
        long minor = (device & 0xff) | (device >>> 12 & ~0xffL);
        Path link = sys.resolve("dev/block/" + major + ":" + minor);
        if (!Files.exists(link)) {
            throw new IOException("the data folder is not on a partition of a disk (device " + major + ":" + minor + ")");
        }
        Path partition = link.toRealPath();
        if (!Files.exists(partition.resolve("partition"))) {
            throw new IOException("the data folder is on " + partition.getFileName() + ", which is not a partition of a disk");
        }
        return new Disk(partition.getParent());
    }

    /** @return its device. @throws IOException naming the label when the disk has no such partition */
    Path partition(String label) throws IOException {
        List<Path> children;
        try (Stream<Path> found = Files.list(folder)) {
            children = found.filter(child -> Files.exists(child.resolve("partition"))).sorted().toList();
        }
        for (Path child : children) {
            if (Files.readAllLines(child.resolve("uevent")).contains("PARTNAME=" + label)) {
                return Path.of("/dev", child.getFileName().toString());
            }
        }
        throw new IOException("the disk " + folder.getFileName() + " has no partition with the label " + label);
    }
}
