package io.skerry.image.flash;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which parts of an image hold anything, in the format of bmap-tools (versions 1.3 to 2.0, XML). What is not mapped need not be
 * written: no card is worn by zeros. A map that was cut or altered would leave parts out without anybody noticing, so all that it says of
 * itself is held against it: number of blocks, number of mapped ones, and its own checksum.
 *
 * @param imageSize bytes
 * @param ranges mapped parts, rising and apart
 */
record BlockMap(long imageSize, List<Range> ranges) {
    private static final Pattern DOCUMENT = Pattern.compile("(?s)\\s*(?:<\\?xml[^>]*>)?\\s*<bmap\\s+version\\s*=\\s*[\"'](\\d{1,3})\\.(\\d{1,3})[\"']\\s*>.*</bmap>\\s*");
    private static final Pattern ELEMENT = Pattern.compile("<(ImageSize|BlockSize|BlocksCount|MappedBlocksCount|ChecksumType|BmapFileChecksum|BmapFileSHA1)>\\s*(\\w+)\\s*</\\1>");
    private static final Pattern RANGE = Pattern.compile("<Range(?:\\s+(?:chksum|sha1)\\s*=\\s*[\"']\\s*([0-9a-fA-F]+)\\s*[\"'])?\\s*>\\s*(\\d+)(?:\\s*-\\s*(\\d+))?\\s*</Range>");

    /**
     * @param start first byte
     * @param end byte after the last
     * @param sha256 of the bytes, in lower-case hexadecimal, when the file has it
     */
    record Range(long start, long end, Optional<String> sha256) {}

    /** Everything: for an image without a block map. */
    static BlockMap whole(long imageSize) {
        return new BlockMap(imageSize, imageSize == 0 ? List.of() : List.of(new Range(0, imageSize, Optional.empty())));
    }

    /** @throws ImageException when the file is no block map that this can read, or not all of one, or not as it was written */
    static BlockMap read(Path file) throws IOException {
        // The checksum is one of bytes; what is looked for is ASCII.
        String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        String xml = text.replaceAll("(?s)<!--.*?-->", "");
        if (!xml.contains("<bmap")) {
            throw wrong(file, "is not a block map");
        }
        Matcher document = DOCUMENT.matcher(xml);
        if (!document.matches()) {
            throw wrong(file, "is not a whole block map: it does not go from <bmap version=...> to </bmap>");
        }
        int version = Integer.parseInt(document.group(1)) * 1000 + Integer.parseInt(document.group(2));
        if (version < 1003 || version >= 3000) {
            throw new ImageException(file + " is a block map of version " + document.group(1) + "." + document.group(2) + ", and only 1.3 to 2.0 are known; delete it to write the whole image");
        }
        Map<String, String> said = new HashMap<>();
        for (Matcher element = ELEMENT.matcher(xml); element.find(); ) {
            said.put(element.group(1), element.group(2));
        }
        String kind = version == 1003 ? "sha1" : said.getOrDefault("ChecksumType", "sha256").toLowerCase(Locale.ROOT);
        checkItself(file, text, said.get(version == 1003 ? "BmapFileSHA1" : "BmapFileChecksum"), kind);
        try {
            return of(file, xml, said, kind.equals("sha256"));
        } catch (ArithmeticException | NumberFormatException e) {
            throw wrong(file, "has a number out of range, or lacks one");
        }
    }

    private static BlockMap of(Path file, String xml, Map<String, String> said, boolean sha256) {
        long imageSize = Long.parseLong(said.get("ImageSize"));
        long blockSize = Long.parseLong(said.get("BlockSize"));
        if (imageSize < 0 || blockSize <= 0 || blocks(imageSize, blockSize) != Long.parseLong(said.get("BlocksCount"))) {
            throw wrong(file, "contradicts itself: ImageSize, BlockSize and BlocksCount do not belong together");
        }
        List<Range> ranges = new ArrayList<>();
        long reached = 0;
        long mapped = 0;
        for (Matcher range = RANGE.matcher(xml); range.find(); ) {
            long first = Long.parseLong(range.group(2));
            long last = range.group(3) == null ? first : Long.parseLong(range.group(3));
            long start = Math.multiplyExact(first, blockSize);
            long end = Math.min(Math.multiplyExact(last + 1, blockSize), imageSize);
            if (start < reached || start >= end) {
                throw wrong(file, "has the block range " + first + "-" + last + " out of order or outside of the image");
            }
            reached = end;
            mapped += blocks(end - start, blockSize);
            ranges.add(new Range(start, end, sha256 ? Optional.ofNullable(range.group(1)).map(String::toLowerCase) : Optional.empty()));
        }
        if (mapped != Long.parseLong(said.get("MappedBlocksCount"))) {
            throw wrong(file, "names " + mapped + " blocks, and says that it names " + said.get("MappedBlocksCount"));
        }
        return new BlockMap(imageSize, List.copyOf(ranges));
    }

    private static long blocks(long bytes, long blockSize) {
        return bytes / blockSize + (bytes % blockSize == 0 ? 0 : 1);
    }

    /** The checksum is one over the whole file with zeros in its own place. */
    private static void checkItself(Path file, String text, String wanted, String kind) {
        if (wanted == null) {
            throw wrong(file, "lacks its own checksum");
        }
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance(kind.replaceFirst("^sha(?=\\d)", "SHA-"));
        } catch (NoSuchAlgorithmException e) {
            throw new ImageException(file + " has checksums of a kind that is not known here (" + kind + "); delete it to write the whole image", e);
        }
        String blank = text.replaceFirst(wanted, "0".repeat(wanted.length()));
        if (!HexFormat.of().formatHex(digest.digest(blank.getBytes(StandardCharsets.ISO_8859_1))).equals(wanted.toLowerCase(Locale.ROOT))) {
            throw wrong(file, "is not as it was written: its own checksum is not right");
        }
    }

    private static ImageException wrong(Path file, String how) {
        return new ImageException(file + " " + how + "; get it again, or delete it to write the whole image");
    }

    /** Bytes that will be written. */
    long mapped() {
        return ranges.stream().mapToLong(range -> range.end() - range.start()).sum();
    }
}
