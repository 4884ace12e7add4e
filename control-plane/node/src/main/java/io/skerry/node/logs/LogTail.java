package io.skerry.node.logs;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.nio.charset.StandardCharsets;

/** The end of a log, for a termination message with policy FallbackToLogsOnError. */
public final class LogTail {
    private static final int MAX_LINES = 80, MAX_BYTES = 2048;

    private LogTail() {
    }

    public static String of(Path log) {
        var lines = new ArrayDeque<byte[]>();
        int bytes = 0;
        try (var reader = new LineReader(log)) {
            for (byte[] line = reader.next(); line != null; line = reader.next()) {
                LogLine parsed = LogLine.parse(line, line.length);
                if (parsed == null) continue;
                lines.add(parsed.text());
                bytes += parsed.text().length;
                while (lines.size() > MAX_LINES || bytes > MAX_BYTES && lines.size() > 1) bytes -= lines.remove().length;
            }
        } catch (IOException e) {
            return "";
        }
        var text = new StringBuilder();
        lines.forEach(l -> text.append(new String(l, StandardCharsets.UTF_8)));
        return text.length() > MAX_BYTES ? text.substring(text.length() - MAX_BYTES) : text.toString();
    }
}
