package io.skerry.appliance.os;

import io.skerry.apiserver.pki.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Notes that a new version leaves on the data partition while it is tried, one small file each, so that the old one can say afterwards how
 * far it came: {@code <data-dir>/os/trial/<boot>.<stage>}, where the boot is the kernel's boot id.
 */
final class TrialLog {
    /** How far a boot came, in order. */
    enum Stage {
        /** Skerry's own program runs; the root file system and the data partition are mounted. */
        USERSPACE,
        /** The server looks at its health; the text says what is missing. */
        GATE,
        /** The gate's time is over, or somebody gave up; the text says why. */
        FAILED
    }

    private final Path folder;
    private final String boot;

    TrialLog(Path folder, String boot) {
        this.folder = folder.resolve("trial");
        this.boot = boot;
    }

    static String bootId() throws IOException {
        return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip();
    }

    /** Returns with the note on the disk. */
    void note(Stage stage, String text) throws IOException {
        AtomicFile.write(folder.resolve(boot + "." + stage), text.getBytes(StandardCharsets.UTF_8), "rw-------");
    }

    /** This boot's note; "" when there is none. */
    String read(Stage stage) throws IOException {
        Path file = folder.resolve(boot + "." + stage);
        return Files.exists(file) ? Files.readString(file) : "";
    }

    void clear() throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    /** In one sentence, how far the tries came. */
    String account() throws IOException {
        Map<Stage, String> texts = new TreeMap<>();
        int boots = 0;
        if (Files.isDirectory(folder)) {
            List<Path> files;
            try (Stream<Path> found = Files.list(folder)) {
                files = found.filter(file -> !file.getFileName().toString().startsWith(".")).sorted(Comparator.comparing(TrialLog::time)).toList();
            }
            for (Path file : files) {
                String name = file.getFileName().toString();
                texts.put(Stage.valueOf(name.substring(name.lastIndexOf('.') + 1)), Files.readString(file));
            }
            boots = (int) files.stream().map(file -> file.getFileName().toString()).map(name -> name.substring(0, name.lastIndexOf('.'))).distinct().count();
        }
        if (texts.containsKey(Stage.FAILED)) {
            return texts.get(Stage.FAILED);
        }
        if (texts.containsKey(Stage.GATE)) {
            return "it was reset before its health gate was done (a hang, a crash, or the power); last seen: " + texts.get(Stage.GATE);
        }
        if (texts.containsKey(Stage.USERSPACE)) {
            return "it booted " + (boots == 1 ? "once" : boots + " times") + " and was reset before skerry server looked at its health (a hang, a crash, or the power)";
        }
        return "no try came as far as starting skerry (a kernel panic, a damaged root file system or program, a hang in early boot, or the power)";
    }

    private static long time(Path file) {
        return file.toFile().lastModified();
    }
}
