package io.skerry.node.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Runs one of the distribution's small programs (mount, ip, ctr ...) to its end. */
public final class Command {
    private Command() {
    }

    /**
     * Returns standard output.
     *
     * @throws IOException when it can't be started, takes longer than {@code limit} or fails; the message has the command and its own words
     */
    public static String run(Duration limit, String... command) throws IOException { return run(limit, InputStream.nullInputStream(), command); }

    /** @param input given to the program's standard input, to its end */
    public static String run(Duration limit, InputStream input, String... command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new IOException("can't run " + command[0] + ": " + e.getMessage(), e);
        }
        var output = new CompletableFuture<String>();
        Thread.ofVirtual().start(() -> {
            try (var in = process.getInputStream()) {
                output.complete(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                output.complete("");
            }
        });
        String unreadable = null;
        try (var out = process.getOutputStream()) {
            byte[] buffer = new byte[64 << 10];
            for (int read = read(input, buffer); read >= 0; read = read(input, buffer)) out.write(buffer, 0, read);
        } catch (InputException e) {
            unreadable = e.getMessage();
        } catch (IOException e) {
            // the program has stopped reading: its exit code says whether that was right
        }
        try {
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + ": no end after " + limit.toSeconds() + " s");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IOException(String.join(" ", command) + ": interrupted", e);
        }
        String said = output.join();
        if (unreadable != null) throw new IOException(unreadable);
        if (process.exitValue() != 0) throw new FailedException(command, process.exitValue(), said.strip());
        return said;
    }

    /** The program has said no. */
    public static final class FailedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final String said;

        FailedException(String[] command, int exit, String said) {
            super(String.join(" ", command) + ": exit " + exit + ": " + said);
            this.said = said;
        }

        /** Its own words, output and errors together. */
        public String said() { return said; }
    }

    private static int read(InputStream input, byte[] buffer) throws InputException {
        try {
            return input.read(buffer);
        } catch (IOException e) {
            throw new InputException(e);
        }
    }

    /** Tells a source that can't be read from a program that does not want more. */
    private static final class InputException extends IOException {
        private static final long serialVersionUID = 1L;

        InputException(IOException cause) { super(cause.getMessage(), cause); }
    }
}
