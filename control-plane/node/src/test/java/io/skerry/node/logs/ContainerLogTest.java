package io.skerry.node.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.skerry.apiserver.node.LogOptions;
import io.skerry.apiserver.node.LogSink;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerLogTest {
    @TempDir Path dir;
    private Path file;

    @BeforeEach
    void write() throws Exception {
        file = dir.resolve("0.log");
        Files.writeString(file, """
                2026-01-01T00:00:00.000000001Z stdout F first
                2026-01-01T00:00:01.000000000Z stderr P half
                2026-01-01T00:00:01.000000001Z stderr F  line
                not a log line
                2026-01-01T00:00:02.000000000Z stdout F\s
                2026-01-01T00:00:03.000000000Z stdout F last
                """);
    }

    @Test
    void readsTheFormat() throws Exception {
        assertThat(read(new LogOptions(false, false, null, false, null, null))).isEqualTo("first\nhalf line\n\nlast\n");
        assertThat(read(new LogOptions(false, false, null, true, null, null))).contains("2026-01-01T00:00:01.000000000Z half line\n");
        assertThat(read(new LogOptions(false, false, Instant.parse("2026-01-01T00:00:02Z"), false, null, null))).isEqualTo("\nlast\n");
        assertThat(read(new LogOptions(false, false, null, false, 2L, null))).isEqualTo("\nlast\n");
        assertThat(read(new LogOptions(false, false, null, false, 0L, null))).isEmpty();
        assertThat(read(new LogOptions(false, false, null, false, 100L, 7L))).isEqualTo("first\nh");
    }

    @Test
    void findsTheTailOfALargeFile() throws Exception {
        var text = new StringBuilder();
        for (int i = 0; i < 20_000; i++) text.append("2026-01-01T00:00:00Z stdout F line ").append(i).append('\n');
        Files.writeString(file, text);
        assertThat(read(new LogOptions(false, false, null, false, 3000L, null)).lines()).hasSize(3000).startsWith("line 17000").endsWith("line 19999");
    }

    @Test
    void followsThroughARotationToTheEnd() throws Exception {
        var sink = new Sink();
        var running = new AtomicBoolean(true);
        var end = CompletableFuture.runAsync(() -> {
            try {
                new ContainerLog(file, new LogOptions(true, false, null, false, 1L, null), sink).send(running::get);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        await().atMost(5, TimeUnit.SECONDS).until(() -> sink.out.toString().equals("last\n"));
        append("more");
        Files.move(file, dir.resolve("0.log.20260101-000000"));
        Files.writeString(file, "2026-01-01T00:00:09Z stdout F rotated\n");
        await().atMost(5, TimeUnit.SECONDS).until(() -> sink.out.toString().equals("last\nmore\nrotated\n"));
        append("bye");
        running.set(false);
        end.get(5, TimeUnit.SECONDS);
        assertThat(sink.out).hasToString("last\nmore\nrotated\nbye\n");
    }

    @Test
    void stopsWhenTheClientGoes() throws Exception {
        var sink = new Sink();
        var end = CompletableFuture.runAsync(() -> {
            try {
                new ContainerLog(file, new LogOptions(true, false, null, false, null, null), sink).send(() -> true);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        await().atMost(5, TimeUnit.SECONDS).until(() -> sink.out.size() > 0);
        sink.gone.complete(null);
        end.get(1, TimeUnit.SECONDS);
    }

    private void append(String line) throws Exception { Files.writeString(file, "2026-01-01T00:00:08Z stdout F " + line + "\n", StandardOpenOption.APPEND); }

    private String read(LogOptions options) throws Exception {
        var sink = new Sink();
        new ContainerLog(file, options, sink).send(() -> false);
        return sink.out.toString();
    }

    private static final class Sink implements LogSink {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final CompletableFuture<Void> gone = new CompletableFuture<>();

        @Override public void write(byte[] bytes) { out.writeBytes(bytes); }
        @Override public boolean isClosed() { return gone.isDone(); }
        @Override public CompletionStage<Void> closed() { return gone; }
    }
}
