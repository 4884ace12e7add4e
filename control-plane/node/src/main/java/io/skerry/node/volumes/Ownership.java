package io.skerry.node.volumes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Gives a volume to a pod's fsGroup. Source: kubernetes.io "Configure a Security Context". */
final class Ownership {
    private static final int SETGID = 02000, READ_WRITE = 0660, READ_ONLY = 0440, SEARCH = 0110;

    private Ownership() {
    }

    static void setMode(Path path, int mode) throws IOException { Files.setAttribute(path, "unix:mode", mode); }

    static int mode(Path path) throws IOException { return (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 07777; }

    static void setOwner(Path path, long uid) throws IOException { Files.setAttribute(path, "unix:uid", (int) uid, LinkOption.NOFOLLOW_LINKS); }

    /** The whole tree becomes the group's; new files in its folders will be too. */
    static void giveToGroup(Path tree, long gid, boolean readOnly) throws IOException {
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path each : (Iterable<Path>) all::iterator) {
                Files.setAttribute(each, "unix:gid", (int) gid, LinkOption.NOFOLLOW_LINKS);
                if (Files.isSymbolicLink(each)) continue;
                int access = readOnly ? READ_ONLY : READ_WRITE;
                if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) access |= SETGID | SEARCH;
                setMode(each, mode(each) | access);
            }
        }
    }
}
