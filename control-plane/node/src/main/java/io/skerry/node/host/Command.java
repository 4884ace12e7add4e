package io.skerry.node.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
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
    public static String run(Duration limit, String... command) throws IOException {
        Process process;
        try {
            process = new ProcessBuilder(command).redirectErrorStream(true).redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null"))).start();
        } catch (IOException e) {
            throw new IOException("can't run " + command[0] + ": " + e.getMessage(), e);
        }
        var output = new java.util.concurrent.CompletableFuture<String>();
        Thread.ofVirtual().start(() -> {
            try (var in = process.getInputStream()) {
                output.complete(new String(in.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                output.complete("");
            }
        });
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
        if (process.exitValue() != 0) throw new IOException(String.join(" ", List.of(command)) + ": exit " + process.exitValue() + ": " + said.strip());
        return said;
    }
}
