package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The fleet repository as an operator uses it: a clone in which changes are committed and pushed over HTTP. */
final class FleetRepository {
    private final Layout layout;

    FleetRepository(Layout layout) {
        this.layout = layout;
    }

    /** Makes the bare repository that the Git server serves; it may be there already. */
    void create() throws IOException, InterruptedException {
        if (!Files.exists(layout.fleetRepository().resolve("HEAD"))) {
            Files.createDirectories(layout.gitRoot());
            Run.of("git", "init", "--quiet", "--bare", "--initial-branch=main", layout.fleetRepository().toString()).orFail();
            Run.of("git", "-C", layout.fleetRepository().toString(), "config", "http.receivepack", "true").orFail();
        }
    }

    /** Pushes the given folder as the first commit, unless the repository has one already. */
    void seed(Path folder) throws IOException, InterruptedException {
        if (!Files.exists(layout.fleetClone().resolve(".git"))) {
            Run.of("git", "clone", "--quiet", layout.fleetUrl(), layout.fleetClone().toString()).orFail();
            // A fresh machine has no identity, and the first thing that a newcomer tries here is a commit.
            git("config", "user.name", "Fleet operator");
            git("config", "user.email", "operator@fleet.example");
        }
        if (Run.of("git", "-C", layout.fleetClone().toString(), "rev-parse", "--verify", "--quiet", "HEAD").exitCode() != 0) {
            git("checkout", "--quiet", "-B", "main");
            copy(folder, layout.fleetClone());
            push("Start the demo fleet");
        }
    }

    Path file(String path) {
        return layout.fleetClone().resolve(path);
    }

    /** Replaces text in one file. @throws IOException when the text is not there */
    void edit(String path, String from, String to) throws IOException {
        String before = Files.readString(file(path));
        if (!before.contains(from)) {
            throw new IOException(path + " does not contain '" + from + "'");
        }
        Files.writeString(file(path), before.replace(from, to));
    }

    /** Commits everything and pushes it; the answer is the new commit. */
    String push(String message) throws IOException, InterruptedException {
        commit(message);
        return push();
    }

    /** Pushes what was committed; the answer is the newest commit. */
    String push() throws IOException, InterruptedException {
        git("push", "--quiet", "origin", "HEAD:main");
        return head();
    }

    void commit(String message) throws IOException, InterruptedException {
        git("add", "--all");
        git("commit", "--quiet", "-m", message);
    }

    String head() throws IOException, InterruptedException {
        return git("rev-parse", "HEAD").strip();
    }

    private String git(String... args) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("git", "-C", layout.fleetClone().toString()));
        command.addAll(List.of(args));
        return Run.of(Map.of("GIT_CONFIG_NOSYSTEM", "1"), null, "", Duration.ofMinutes(1), command).orFail().out();
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }
}
