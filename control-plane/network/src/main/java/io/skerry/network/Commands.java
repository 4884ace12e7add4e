package io.skerry.network;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;

/** Runs the network's command-line tools, each with the same words in front. */
public final class Commands {

    private static final int TIMEOUT_SECONDS = 30;

    private final List<String> prefix;

    public Commands(List<String> prefix) {
        this.prefix = List.copyOf(prefix);
    }

    /** What a command printed, and how it ended. */
    public record Result(int exit, String out, String error) {}

    /**
     * Runs a command that has to succeed.
     *
     * @return its standard output
     * @throws NetworkException with the command and what it complained of
     */
    public String run(String... command) {
        return feed("", command);
    }

    /** As {@link #run}, with standard input. */
    public String feed(String input, String... command) {
        Result result = attempt(input, command);
        if (result.exit() != 0) {
            String complaint = result.error().isBlank() ? "exit code " + result.exit() : result.error().strip();
            throw new NetworkException("'" + String.join(" ", command) + "' failed: " + complaint);
        }
        return result.out();
    }

    /** Runs a command that may fail. */
    public Result attempt(String input, String... command) {
        var words = new ArrayList<>(prefix);
        words.addAll(List.of(command));
        Process process;
        try {
            process = new ProcessBuilder(words).start();
        } catch (IOException e) {
            throw new NetworkException("cannot run '" + words.getFirst() + "': " + e.getMessage() + "; install the package it is in", e);
        }
        try {
            var out = reader(process.getInputStream());
            var error = reader(process.getErrorStream());
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // it ended without reading; its exit code tells
            }
            if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
                throw new NetworkException("'" + String.join(" ", command) + "' did not end within " + TIMEOUT_SECONDS + " s");
            }
            return new Result(process.exitValue(), out.get(), error.get());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NetworkException("interrupted while '" + String.join(" ", command) + "' ran", e);
        } catch (ExecutionException e) {
            throw new NetworkException("cannot read what '" + String.join(" ", command) + "' printed: " + e.getCause().getMessage(), e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static FutureTask<String> reader(InputStream stream) {
        var task = new FutureTask<>(() -> new String(stream.readAllBytes(), StandardCharsets.UTF_8));
        Thread.startVirtualThread(task);
        return task;
    }
}
