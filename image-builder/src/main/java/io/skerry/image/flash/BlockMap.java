package io.skerry.image.flash;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which parts of an image hold anything, in the format of bmap-tools (versions 1.3 to 2.0, XML). What is not mapped need not be
 * written: no card is worn by zeros.
 *
 * @param imageSize bytes
 * @param ranges mapped parts, rising and apart
 */
record BlockMap(long imageSize, List<Range> ranges) {
    private static final Pattern ELEMENT = Pattern.compile("<(ImageSize|BlockSize|ChecksumType)>\\s*(\\w+)\\s*</\\1>");
    private static final Pattern RANGE = Pattern.compile("<Range(?:\\s+chksum\\s*=\\s*[\"']\\s*([0-9a-fA-F]+)\\s*[\"'])?\\s*>\\s*(\\d+)(?:\\s*-\\s*(\\d+))?\\s*</Range>");

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

    /** @throws ImageException when the file is no block map that this can read */
    static BlockMap read(Path file) throws IOException {
        String xml = Files.readString(file).replaceAll("(?s)<!--.*?-->", "");
        long imageSize = -1;
        long blockSize = -1;
        boolean sha256 = true;
        try {
            for (Matcher element = ELEMENT.matcher(xml); element.find(); ) {
                switch (element.group(1)) {
                    case "ImageSize" -> imageSize = Long.parseLong(element.group(2));
                    case "BlockSize" -> blockSize = Long.parseLong(element.group(2));
                    default -> sha256 = element.group(2).equalsIgnoreCase("sha256");
                }
            }
            if (imageSize < 0 || blockSize <= 0) {
                throw new ImageException(file + " is not a block map: it lacks ImageSize or BlockSize; delete it to write the whole image");
            }
            List<Range> ranges = new ArrayList<>();
            long reached = 0;
            for (Matcher range = RANGE.matcher(xml); range.find(); ) {
                long first = Long.parseLong(range.group(2));
                long last = range.group(3) == null ? first : Long.parseLong(range.group(3));
                long start = Math.multiplyExact(first, blockSize);
                long end = Math.min(Math.multiplyExact(last + 1, blockSize), imageSize);
                if (start < reached || start >= end) {
                    throw new ImageException(file + ": block range " + first + "-" + last + " is out of order or outside of the image; get the file again");
                }
                reached = end;
                ranges.add(new Range(start, end, sha256 ? Optional.ofNullable(range.group(1)).map(String::toLowerCase) : Optional.empty()));
            }
            return new BlockMap(imageSize, List.copyOf(ranges));
        } catch (ArithmeticException | NumberFormatException e) {
            throw new ImageException(file + " has a number out of range; get the file again", e);
        }
    }

    /** Bytes that will be written. */
    long mapped() {
        return ranges.stream().mapToLong(range -> range.end() - range.start()).sum();
    }
}
