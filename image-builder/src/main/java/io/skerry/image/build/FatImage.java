package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import io.skerry.image.layout.FatGeometry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** A FAT file system in a file, filled without mounting it. */
final class FatImage {
    private FatImage() {}

    /**
     * @param files by their path in the file system, with forward slashes
     * @param size of the partition, bytes
     * @param identity makes the volume's serial number
     * @return how many bytes from the start are in use: the rest need not be written to a card
     */
    static long write(Path image, long size, String label, Map<String, Path> files, String identity, long seconds) throws IOException {
        Files.deleteIfExists(image);
        long needed = files.values().stream().mapToLong(FatImage::sizeOf).sum();
        if (needed > size * 9 / 10) {
            throw new ImageException("the files of the partition " + label + " take " + needed / (1 << 20) + " MiB, too much for its " + size / (1 << 20)
                    + " MiB: make it larger in the board's sizes");
        }
        UUID id = Digests.uuid(identity + " " + label);
        String epoch = Long.toString(seconds);
        List<String> options = new ArrayList<>(List.of("--invariant"));
        options.addAll(FatGeometry.options(size));
        options.addAll(List.of("-i", id.toString().substring(0, 8), "-n", label, "-C", image.toString(), Long.toString(size / 1024)));
        Tool.find("mkfs.vfat").with("SOURCE_DATE_EPOCH", epoch).run(options);
        Map<String, List<Path>> byFolder = new TreeMap<>();
        for (String path : new TreeMap<>(files).keySet()) {
            for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
                byFolder.putIfAbsent(path.substring(0, slash), new ArrayList<>());
            }
        }
        if (!byFolder.isEmpty()) {
            List<String> folders = new ArrayList<>(List.of("-i", image.toString()));
            byFolder.keySet().forEach(folder -> folders.add("::/" + folder));
            Tool.find("mmd").with("SOURCE_DATE_EPOCH", epoch).run(folders);
        }
        for (Map.Entry<String, Path> file : new TreeMap<>(files).entrySet()) {
            Tool.find("mcopy").with("SOURCE_DATE_EPOCH", epoch).run("-i", image.toString(), file.getValue().toString(), "::/" + file.getKey());
        }
        return used(image, files, byFolder.size());
    }

    /** A new file system is filled from its start without gaps: head, tables, then a cluster chain after the other. */
    private static long used(Path image, Map<String, Path> files, int folders) throws IOException {
        ByteBuffer head = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
        try (var channel = Files.newByteChannel(image)) {
            channel.read(head);
        }
        long sector = head.getShort(11);
        long cluster = sector * head.get(13);
        long table = head.getShort(22) == 0 ? head.getInt(36) : head.getShort(22) & 0xffff;
        long start = sector * (head.getShort(14) + head.get(16) * table) + 32L * head.getShort(17);
        long clusters = files.values().stream().mapToLong(file -> (sizeOf(file) + cluster - 1) / cluster).sum();
        // Each folder has at least one cluster, and more with many long names: be generous.
        return Math.min(Files.size(image), start + (clusters + 64L * (folders + 2)) * cluster);
    }

    private static long sizeOf(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
