package io.skerry.gitops.kustomize;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Files written down in a test. */
public final class MemoryTree implements FileTree {

    private final TreeMap<String, byte[]> files = new TreeMap<>();

    public MemoryTree with(String path, String content) {
        files.put(path, content.getBytes(StandardCharsets.UTF_8));
        return this;
    }

    @Override
    public Optional<Kind> kind(String path) {
        if (files.containsKey(path)) return Optional.of(Kind.FILE);
        return path.isEmpty() || files.keySet().stream().anyMatch(file -> file.startsWith(path + "/")) ? Optional.of(Kind.DIRECTORY) : Optional.empty();
    }

    @Override
    public byte[] read(String path) throws IOException {
        byte[] content = files.get(path);
        if (content == null) throw new IOException("there is no file " + path);
        return content;
    }

    @Override
    public List<Entry> list(String directory) {
        String prefix = directory.isEmpty() ? "" : directory + "/";
        return files.keySet().stream().filter(file -> file.startsWith(prefix)).map(file -> file.substring(prefix.length()).split("/")[0]).distinct()
                .map(name -> new Entry(name, files.containsKey(prefix + name) ? Kind.FILE : Kind.DIRECTORY, false)).toList();
    }
}
