package io.skerry.scripts.qemu;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A guest's serial console: everything it wrote, kept in a file as well, and waiting for what it will write. */
public final class Console {
    /** Colours and cursor movements: whoever waits for a line does not want them in it. */
    private static final Pattern ESCAPES = Pattern.compile("\u001b(\\[[0-9;?]*[A-Za-z]|[()][A-Z0-9]|[=>])");

    private final StringBuilder text = new StringBuilder();
    private boolean ended;

    Console(InputStream serial, Path log) {
        Thread.ofVirtual().name("console").start(() -> read(serial, log));
    }

    private void read(InputStream serial, Path log) {
        try (serial; OutputStream file = Files.newOutputStream(log, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            byte[] buffer = new byte[8192];
            for (int n; (n = serial.read(buffer)) >= 0; ) {
                file.write(buffer, 0, n);
                synchronized (this) {
                    text.append(new String(buffer, 0, n, StandardCharsets.ISO_8859_1));
                    notifyAll();
                }
            }
        } catch (IOException e) {
            // The guest has ended; waiters are told below.
        } finally {
            synchronized (this) {
                ended = true;
                notifyAll();
            }
        }
    }

    /** How much there is: a place from which {@link #await} can look. */
    public synchronized int position() {
        return text.length();
    }

    public synchronized String text() {
        return ESCAPES.matcher(text).replaceAll("");
    }

    /** The last {@code lines} lines, for a message about a failure. */
    public String tail(int lines) {
        String[] all = text().split("\r?\n");
        return String.join("\n", java.util.Arrays.asList(all).subList(Math.max(0, all.length - lines), all.length));
    }

    /**
     * Waits until the console has shown what fits {@code pattern}, at or after {@code from}.
     *
     * @return the position behind it
     * @throws IOException with the end of the console when it did not come in time, or the guest ended
     */
    public int await(Pattern pattern, int from, Duration patience) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        synchronized (this) {
            while (true) {
                Matcher matcher = pattern.matcher(text);
                if (matcher.find(Math.min(from, text.length()))) {
                    return matcher.end();
                }
                long rest = (deadline - System.nanoTime()) / 1_000_000;
                if (ended || rest <= 0) {
                    throw new IOException("the console did not show \"" + pattern + "\"" + (ended ? " before the guest ended" : " within " + patience.toSeconds() + " s")
                            + "; it ends:\n" + tail(60));
                }
                wait(rest);
            }
        }
    }

    /** How often {@code pattern} was shown. */
    public synchronized long count(Pattern pattern) {
        return pattern.matcher(text).results().count();
    }
}
