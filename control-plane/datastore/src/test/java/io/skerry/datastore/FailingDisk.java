package io.skerry.datastore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;

/** A process whose disk does what a test wants: see disk.c, which it is run with. */
final class FailingDisk {

    /** What the disk is like. */
    enum Mode {
        WELL('n'), SLOW_SYNC('s'), FULL('f'), READ_ONLY('r'), SYNC_FAILS('e'), CHECKPOINT_HANGS('c'), UNREADABLE('u');

        private final char letter;

        Mode(char letter) {
            this.letter = letter;
        }
    }

    private final Path library;
    private final Path mode;
    /** All files below are on the disk. */
    final Path root;
    /** What happened on it, for {@link PowerCut}. */
    final Path log;

    FailingDisk(Path folder) throws Exception {
        library = folder.resolve("disk.so");
        mode = folder.resolve("mode");
        log = folder.resolve("log");
        root = Files.createDirectory(folder.resolve("disk")).toRealPath();
        Path source = folder.resolve("disk.c");
        try (InputStream code = FailingDisk.class.getResourceAsStream("disk.c")) {
            Files.copy(code, source);
        }
        Process compiler = new ProcessBuilder("gcc", "-shared", "-fPIC", "-O1", "-Wall", "-Wno-unused-variable", "-o", library.toString(), source.toString(), "-ldl")
            .redirectErrorStream(true).start();
        String told = new String(compiler.getInputStream().readAllBytes());
        if (compiler.waitFor() != 0) {
            throw new IllegalStateException("gcc failed; are Debian's packages gcc and libc6-dev there? " + told);
        }
        become(Mode.WELL);
    }

    void become(Mode now) throws IOException {
        Path draft = mode.resolveSibling("mode.new");
        Files.writeString(draft, String.valueOf(now.letter));
        Files.move(draft, mode, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Starts a {@link CrashWriter} on the disk. */
    Process write(boolean logged) throws IOException {
        ProcessBuilder builder = CrashWriter.command(root.resolve("state.db"), root.resolve("acks"));
        builder.environment().put("LD_PRELOAD", library.toString());
        builder.environment().put("DISK_ROOT", root.toString());
        builder.environment().put("DISK_MODE", mode.toString());
        if (logged) {
            builder.environment().put("DISK_LOG", log.toString());
        }
        return builder.redirectOutput(ProcessBuilder.Redirect.INHERIT).start();
    }

    static void kill(Process process) throws InterruptedException {
        process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
    }
}
