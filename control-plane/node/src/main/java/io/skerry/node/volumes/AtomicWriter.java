package io.skerry.node.volumes;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes a volume's files so that a reader sees all of the old or all of the new. Kubelet's layout, which programs rely on to notice a
 * change: files lie in a folder of their own, {@code ..data} points to it and is what changes, and visible names point through {@code ..data}.
 */
final class AtomicWriter {
    private static final String DATA = "..data", NEW_DATA = "..data_tmp";

    /** @param mode permission bits @param owner uid, or null for root */
    record Content(byte[] bytes, int mode, Long owner) { }

    private AtomicWriter() {
    }

    /** @param group gid that may read the files, or null */
    static void write(Path volume, Map<String, Content> files, Long group) throws IOException {
        Files.createDirectories(volume);
        Path fresh = Files.createTempDirectory(volume, "..v");
        Ownership.setMode(fresh, 0755);
        for (var file : files.entrySet()) {
            Path path = fresh.resolve(file.getKey()).normalize();
            if (!path.startsWith(fresh) || path.equals(fresh)) throw new IOException("path \"" + file.getKey() + "\" leaves the volume");
            Files.createDirectories(path.getParent());
            Files.write(path, file.getValue().bytes);
            Ownership.setMode(path, file.getValue().mode);
            if (file.getValue().owner != null) Ownership.setOwner(path, file.getValue().owner);
        }
        if (group != null) Ownership.giveToGroup(fresh, group, true);

        Path data = volume.resolve(DATA), next = volume.resolve(NEW_DATA);
        Path old = Files.isSymbolicLink(data) ? volume.resolve(Files.readSymbolicLink(data)) : null;
        Files.deleteIfExists(next);
        Files.createSymbolicLink(next, fresh.getFileName());
        Files.move(next, data, StandardCopyOption.ATOMIC_MOVE);

        Set<String> visible = new HashSet<>();
        for (String path : files.keySet()) visible.add(Path.of(path).normalize().getName(0).toString());
        for (String name : visible) {
            Path link = volume.resolve(name);
            if (!Files.isSymbolicLink(link)) Files.createSymbolicLink(link, Path.of(DATA, name));
        }
        List<Path> there;
        try (Stream<Path> list = Files.list(volume)) {
            there = list.toList();
        }
        for (Path each : there) {
            String name = each.getFileName().toString();
            boolean stale = name.startsWith("..") ? !name.equals(DATA) && !each.equals(fresh) : Files.isSymbolicLink(each) && !visible.contains(name);
            if (stale) deleteTree(each);
        }
        if (old != null && !old.equals(fresh)) deleteTree(old);
    }

    /** Does not follow links. */
    static void deleteTree(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) return;
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) return FileVisitResult.CONTINUE;
                throw e;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                if (e != null) throw e;
                Files.deleteIfExists(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
