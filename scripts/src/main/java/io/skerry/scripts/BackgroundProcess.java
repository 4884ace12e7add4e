package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A program that outlives the script that started it, remembered by a file with its process id and start time, so that
 * a recycled id is never taken for it. Its output goes to a log file.
 */
final class BackgroundProcess implements StatusTopic.Sender {
    private final String name;
    private final Path pidFile;
    private final Path log;

    BackgroundProcess(String name, Path pidFile, Path log) {
        this.name = name;
        this.pidFile = pidFile;
        this.log = log;
    }

    @Override
    public String name() {
        return name;
    }

    Path log() {
        return log;
    }

    /** @throws IOException when the program cannot be started */
    void start(List<String> command, Map<String, String> environment) throws IOException {
        Files.createDirectories(pidFile.getParent());
        Files.createDirectories(log.getParent());
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        Files.writeString(pidFile, process.pid() + " " + startTime(process.pid()));
    }

    /** The process, when it runs. */
    Optional<ProcessHandle> handle() throws IOException {
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        String[] words = Files.readString(pidFile).strip().split(" ");
        long pid = Long.parseLong(words[0]);
        String started = startTime(pid);
        return words.length > 1 && !started.isEmpty() && started.equals(words[1]) ? ProcessHandle.of(pid) : Optional.empty();
    }

    @Override
    public String lastWords() throws IOException {
        return Up.tail(log);
    }

    @Override
    public boolean isRunning() throws IOException {
        return handle().isPresent();
    }

    /** Asks it to end, and ends it the hard way when it has not after {@code patience}. */
    void stop(Duration patience) throws IOException, InterruptedException {
        Optional<ProcessHandle> running = handle();
        if (running.isPresent()) {
            running.get().destroy();
            if (!endsWithin(patience)) {
                running.get().destroyForcibly();
                endsWithin(Duration.ofSeconds(10));
            }
        }
        Files.deleteIfExists(pidFile);
    }

    /** {@code kill -9}. */
    void kill() throws IOException, InterruptedException {
        Optional<ProcessHandle> running = handle();
        if (running.isPresent()) {
            running.get().destroyForcibly();
            if (!endsWithin(Duration.ofSeconds(10))) {
                throw new IOException(name + " survived kill -9");
            }
        }
    }

    boolean endsWithin(Duration patience) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (isRunning()) {
            if (System.nanoTime() > deadline) {
                return false;
            }
            Thread.sleep(20);
        }
        return true;
    }

    /** Field 22 of proc(5)'s stat: clock ticks after boot; empty when there is no such process or it is a zombie. */
    private static String startTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return fields[0].equals("Z") ? "" : fields[19];
        } catch (IOException e) {
            return "";
        }
    }
}
