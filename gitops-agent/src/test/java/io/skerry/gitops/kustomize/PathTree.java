package io.skerry.gitops.kustomize;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A folder on disk as a tree. */
public record PathTree(Path root) implements FileTree {

    @Override
    public Optional<Kind> kind(String path) {
        Path file = root.resolve(path);
        return Files.isDirectory(file) ? Optional.of(Kind.DIRECTORY) : Files.isRegularFile(file) ? Optional.of(Kind.FILE) : Optional.empty();
    }

    @Override
    public byte[] read(String path) throws IOException {
        return Files.readAllBytes(root.resolve(path));
    }

    @Override
    public List<Entry> list(String directory) throws IOException {
        List<Entry> entries = new ArrayList<>();
        try (Stream<Path> files = Files.list(root.resolve(directory))) {
            files.forEach(file -> entries.add(new Entry(file.getFileName().toString(), Files.isDirectory(file) ? Kind.DIRECTORY : Kind.FILE, Files.isExecutable(file))));
        }
        entries.sort(Comparator.comparing(Entry::name));
        return entries;
    }
}
