package io.skerry.helm.chart;

import io.skerry.helm.HelmException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.EnumSet;
import java.util.Map;
import java.util.TreeMap;

/** A chart's folder on disk, read without the files that its .helmignore names. */
final class ChartFolder {
    private ChartFolder() {}

    static Map<String, byte[]> read(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new HelmException("no chart folder at " + folder);
        }
        Map<String, byte[]> files = new TreeMap<>();
        try {
            Path ignoreFile = folder.resolve(".helmignore");
            HelmIgnore ignore = HelmIgnore.parse(Files.exists(ignoreFile) ? Files.readString(ignoreFile, StandardCharsets.UTF_8) : "");
            Files.walkFileTree(folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attrs) {
                    return !dir.equals(folder) && ignore.ignores(name(dir), true) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attrs) throws IOException {
                    String name = name(file);
                    if (!ignore.ignores(name, false)) {
                        files.put(name, Files.readAllBytes(file));
                    }
                    return FileVisitResult.CONTINUE;
                }

                private String name(Path p) {
                    return folder.relativize(p).toString();
                }
            });
        } catch (IOException | UncheckedIOException e) {
            throw new HelmException("cannot read the chart in " + folder + ": " + e.getMessage(), e);
        }
        return files;
    }
}
