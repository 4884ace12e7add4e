package io.skerry.node.logs;

import io.skerry.apiserver.node.LogOptions;
import io.skerry.apiserver.node.LogSink;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.function.BooleanSupplier;

/** Gives out a container's log file, and with follow what is written to it until its container has ended. */
public final class ContainerLog {
    private static final int CHUNK = 16 << 10;

    private final Path file;
    private final LogOptions options;
    private final LogSink sink;
    private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
    private long bytesLeft;
    private boolean continued;

    public ContainerLog(Path file, LogOptions options, LogSink sink) {
        this.file = file;
        this.options = options;
        this.sink = sink;
        bytesLeft = options.limitBytes() == null ? Long.MAX_VALUE : options.limitBytes();
    }

    /**
     * Returns at the end of the log; with follow when the container has ended or the client has gone.
     *
     * @param running whether more may come; asked after a wait without news
     */
    public void send(BooleanSupplier running) throws IOException, InterruptedException {
        try (var changes = options.follow() ? new LogChanges(file) : null) {
            sink.closed().thenRun(() -> {
                if (changes != null) changes.stop();
            });
            LineReader reader = open(running, changes);
            if (reader == null) return;
            Object opened = identity();
            try {
                if (options.tailLines() != null) reader.seek(reader.startOfLast(options.tailLines()));
                boolean last = false;
                while (!sink.isClosed() && bytesLeft > 0) {
                    boolean any = drain(reader);
                    if (!options.follow() || bytesLeft <= 0) break;
                    if (any) {
                        last = false;
                        continue;
                    }
                    if (rotated(opened)) { // read to its end: go on with the new file
                        reader.close();
                        opened = identity();
                        reader = new LineReader(file);
                        continue;
                    }
                    if (last) break; // it had ended before we read all there was
                    if (running.getAsBoolean()) changes.await();
                    else last = true;
                }
            } finally {
                reader.close();
            }
        }
    }

    private LineReader open(BooleanSupplier running, LogChanges changes) throws IOException, InterruptedException {
        while (true) {
            try {
                return new LineReader(file);
            } catch (NoSuchFileException e) {
                if (changes == null || sink.isClosed() || !running.getAsBoolean()) return null;
                changes.await();
            }
        }
    }

    /** The name belongs to another file by now. */
    private boolean rotated(Object opened) {
        try {
            return !Files.readAttributes(file, BasicFileAttributes.class).fileKey().equals(opened);
        } catch (IOException e) {
            return false; // moved away, the new one is not there yet
        }
    }

    private Object identity() throws IOException { return Files.readAttributes(file, BasicFileAttributes.class).fileKey(); }

    /** Sends the lines that are there; false when there were none. */
    private boolean drain(LineReader reader) throws IOException {
        boolean any = false;
        for (byte[] line = reader.next(); line != null && bytesLeft > 0; line = reader.next()) {
            any = true;
            LogLine parsed = LogLine.parse(line, line.length);
            if (parsed == null || options.sinceTime() != null && parsed.before(options.sinceTime())) continue;
            if (options.timestamps() && !continued) append((parsed.time() + " ").getBytes(StandardCharsets.US_ASCII));
            append(parsed.text());
            continued = parsed.partial();
            if (pending.size() >= CHUNK) flush();
            if (sink.isClosed()) break;
        }
        flush();
        return any;
    }

    private void append(byte[] bytes) {
        int length = (int) Math.min(bytes.length, bytesLeft);
        pending.write(bytes, 0, length);
        bytesLeft -= length;
    }

    private void flush() {
        if (pending.size() == 0) return;
        sink.write(pending.toByteArray());
        pending.reset();
    }
}
