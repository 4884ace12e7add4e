package io.skerry.node.logs;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;

/**
 * A line of CRI's log format: {@code 2016-10-06T00:17:09.669794202Z stdout F text}, tag P for a part of a line that was too long.
 *
 * @param time   as written, RFC 3339 with nanoseconds
 * @param text   with its line feed when it is whole
 */
record LogLine(String time, boolean stderr, boolean partial, byte[] text) {

    /** Null when it is not such a line. @param line without its line feed */
    static LogLine parse(byte[] line, int length) {
        int first = indexOf(line, ' ', 0, length), second = indexOf(line, ' ', first + 1, length);
        if (first < 0 || second < 0) return null;
        int third = indexOf(line, ' ', second + 1, length), tagEnd = third < 0 ? length : third, start = third < 0 ? length : third + 1;
        String stream = new String(line, first + 1, second - first - 1, StandardCharsets.US_ASCII);
        if (!stream.equals("stdout") && !stream.equals("stderr")) return null;
        boolean partial = tagEnd > second + 1 && line[second + 1] == 'P';
        byte[] text = new byte[length - start + (partial ? 0 : 1)];
        System.arraycopy(line, start, text, 0, length - start);
        if (!partial) text[text.length - 1] = '\n';
        return new LogLine(new String(line, 0, first, StandardCharsets.US_ASCII), stream.equals("stderr"), partial, text);
    }

    boolean before(Instant instant) {
        try {
            return Instant.parse(time).isBefore(instant);
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    private static int indexOf(byte[] line, char c, int from, int to) {
        if (from < 0) return -1;
        for (int i = from; i < to; i++) if (line[i] == c) return i;
        return -1;
    }
}
