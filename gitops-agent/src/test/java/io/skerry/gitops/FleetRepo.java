package io.skerry.gitops;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A fleet repository made with the real git: a bare one that is served, and a work tree that commits are pushed from. */
public final class FleetRepo {

    private final Path served;
    private final Path work;

    /** Makes {@code fleet.git} in a folder, and a work tree beside it. */
    public FleetRepo(Path folder) throws Exception {
        served = folder.resolve("served");
        work = folder.resolve("work");
        Files.createDirectories(served);
        Files.createDirectories(work);
        run(folder, "init", "-q", "--bare", "-b", "main", served.resolve("fleet.git").toString());
        run(folder, "init", "-q", "-b", "main", work.toString());
        git("remote", "add", "origin", served.resolve("fleet.git").toString());
    }

    /** The folder to be served over HTTP. */
    public Path served() {
        return served;
    }

    public FleetRepo write(String path, String content) throws IOException {
        Path file = work.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
        return this;
    }

    public FleetRepo delete(String path) throws IOException {
        Files.delete(work.resolve(path));
        return this;
    }

    /** Commits everything and pushes it; returns the commit's name. */
    public String push(String message) throws Exception {
        git("add", "-A");
        git("commit", "-q", "--allow-empty", "-m", message);
        git("push", "-q", "--force", "origin", "HEAD:main");
        return git("rev-parse", "HEAD").strip();
    }

    public String git(String... arguments) throws Exception {
        return run(work, arguments);
    }

    private static String run(Path folder, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("git", "-c", "user.name=Test", "-c", "user.email=test@example.com"));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
        builder.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) throw new IOException(String.join(" ", command) + ": " + output);
        return output;
    }
}
