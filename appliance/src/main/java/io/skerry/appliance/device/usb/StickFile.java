package io.skerry.appliance.device.usb;

import io.skerry.image.bundle.BundleException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A stick's file system may hold anything: a pipe would be waited on, a link leads to the device's own files. Only plain files in plain folders are opened. */
final class StickFile {
    private StickFile() {}

    /**
     * @param root of what may be read
     * @param path below it, with {@code /}
     * @throws BundleException     when it is something else than a file there
     * @throws NoSuchFileException when there is nothing
     */
    static InputStream open(Path root, String path) throws IOException, BundleException {
        Path file = root;
        for (Path name : Path.of(path)) {
            if (!file.equals(root) && Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                throw new BundleException(root.relativize(file) + " is not a folder; copy the bundle onto the stick again");
            }
            file = file.resolve(name);
        }
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new NoSuchFileException(file.toString());
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new BundleException(path + " is not a plain file but a link, a pipe or a folder; copy the bundle onto the stick again");
        }
        return Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
    }
}
