package io.skerry.appliance.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the image brings along and the server looks for on the data partition: links to it, so that nothing is copied. */
final class Preloaded {
    private Preloaded() {}

    /**
     * Makes the links of a folder; those to files that this image no longer has are removed. What else is there stays.
     *
     * @param from a folder of the image, absolute; may be missing
     */
    static void link(Path from, Path to) throws IOException {
        if (Files.isDirectory(to)) {
            try (Stream<Path> all = Files.list(to)) {
                for (Path each : all.filter(Files::isSymbolicLink).toList()) {
                    Path target = Files.readSymbolicLink(each);
                    if (target.startsWith(from) && !Files.exists(target)) {
                        Files.delete(each);
                    }
                }
            }
        }
        if (!Files.isDirectory(from)) {
            return;
        }
        Files.createDirectories(to);
        List<Path> files;
        try (Stream<Path> all = Files.list(from)) {
            files = all.sorted().toList();
        }
        for (Path file : files) {
            Path link = to.resolve(file.getFileName());
            // A file of that name that somebody put there is theirs.
            if (!Files.exists(link, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                Files.createSymbolicLink(link, file);
            }
        }
    }
}
