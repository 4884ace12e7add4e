package io.skerry.image.build;

import io.skerry.image.Digests;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * Which blocks of an image have to be written to a card, with their checksums: a bmap file as bmap-tools reads it (format 2.0).
 * What is not in the map has no meaning, whatever an old card has there.
 */
final class BlockMap {
    private static final int BLOCK = 4096;

    /** A part of the image, bytes; {@code end} exclusive. */
    record Range(long start, long end) {}

    private BlockMap() {}

    /** Ranges in whole blocks, sorted, joined where they touch. */
    static List<Range> normalise(List<Range> ranges, long size) {
        List<Range> blocks = new ArrayList<>();
        ranges.stream().map(range -> new Range(range.start() / BLOCK * BLOCK, Math.min(size, (range.end() + BLOCK - 1) / BLOCK * BLOCK)))
                .sorted(java.util.Comparator.comparingLong(Range::start)).forEach(range -> {
                    if (!blocks.isEmpty() && range.start() <= blocks.getLast().end()) {
                        Range last = blocks.removeLast();
                        blocks.add(new Range(last.start(), Math.max(last.end(), range.end())));
                    } else {
                        blocks.add(range);
                    }
                });
        return blocks;
    }

    static String render(Path image, List<Range> ranges) throws IOException {
        StringBuilder map = new StringBuilder();
        long mapped = 0;
        List<Range> blocks;
        long size;
        try (FileChannel channel = FileChannel.open(image)) {
            size = channel.size();
            blocks = normalise(ranges, size);
            for (Range range : blocks) {
                long first = range.start() / BLOCK;
                long last = (range.end() + BLOCK - 1) / BLOCK - 1;
                mapped += last - first + 1;
                map.append("        <Range chksum=\"").append(checksum(channel, range)).append("\"> ").append(first == last ? first : first + "-" + last)
                        .append(" </Range>\n");
            }
        }
        String text = "<?xml version=\"1.0\" ?>\n<bmap version=\"2.0\">\n"
                + "    <ImageSize> " + size + " </ImageSize>\n    <BlockSize> " + BLOCK + " </BlockSize>\n"
                + "    <BlocksCount> " + (size + BLOCK - 1) / BLOCK + " </BlocksCount>\n    <MappedBlocksCount> " + mapped + " </MappedBlocksCount>\n"
                + "    <ChecksumType> sha256 </ChecksumType>\n    <BmapFileChecksum> " + "0".repeat(64) + " </BmapFileChecksum>\n"
                + "    <BlockMap>\n" + map + "    </BlockMap>\n</bmap>\n";
        // The file's own checksum is computed with zeros in its place.
        return text.replace("0".repeat(64), Digests.sha256(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String checksum(FileChannel channel, Range range) throws IOException {
        MessageDigest digest = Digests.sha256();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        long at = range.start();
        while (at < range.end()) {
            buffer.clear().limit((int) Math.min(buffer.capacity(), range.end() - at));
            int read = channel.read(buffer, at);
            if (read < 0) {
                throw new IOException("the image ends within a mapped range");
            }
            at += read;
            digest.update(buffer.flip());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
