package io.skerry.scripts;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** One run of a program to its end: exit code and what it wrote. */
public record Run(List<String> command, int exitCode, String out, String err) {
    public static Run of(Map<String, String> environment, Path folder, String input, Duration patience, List<String> command)
            throws IOException, InterruptedException {
        Path out = Files.createTempFile("run", ".out");
        Path err = Files.createTempFile("run", ".err");
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
            if (folder != null) {
                builder.directory(folder.toFile());
            }
            builder.environment().putAll(environment);
            Process process = builder.start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // The program did not want to read all of it.
            }
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new IOException("not done after " + patience.toSeconds() + " s: " + String.join(" ", command)
                        + "\n" + Files.readString(out) + Files.readString(err));
            }
            return new Run(command, process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.deleteIfExists(out);
            Files.deleteIfExists(err);
        }
    }

    public static Run of(String... command) throws IOException, InterruptedException {
        return of(Map.of(), null, "", Duration.ofMinutes(1), List.of(command));
    }

    /** @throws IOException with the program's own words when it failed */
    public Run orFail() throws IOException {
        if (exitCode != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + exitCode + ": " + err.strip() + out.strip());
        }
        return this;
    }
}
