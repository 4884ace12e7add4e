package io.skerry.gitops.kustomize;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;

/**
 * A read-only tree of files, such as a Git commit's. Paths are relative to its root and separated by '/', without '.' and '..'; the
 * root itself is "".
 */
public interface FileTree {

    enum Kind { FILE, DIRECTORY }

    record Entry(String name, Kind kind, boolean executable) {}

    Optional<Kind> kind(String path) throws IOException;

    /**
     * A file's content; a symbolic link is followed inside the tree.
     *
     * @throws KustomizeException when the repository is at fault: the file is too big, or its links lead nowhere good
     * @throws IOException        when the repository can't be read
     */
    byte[] read(String path) throws IOException;

    /** The path of a file or folder that exists with all symbolic links followed: two paths that lead to the same one give the same. */
    default String real(String path) throws IOException {
        return path;
    }

    /** A folder's entries, ordered by name. */
    List<Entry> list(String directory) throws IOException;

    /**
     * {@code relative} as seen from the folder {@code directory}.
     *
     * @throws IllegalArgumentException when it leads out of the tree or is absolute
     */
    static String resolve(String directory, String relative) {
        if (relative.startsWith("/")) throw new IllegalArgumentException("the path \"" + relative + "\" is absolute; write it relative to this file");
        ArrayDeque<String> parts = new ArrayDeque<>();
        for (String part : (directory + "/" + relative).split("/")) {
            switch (part) {
                case "", "." -> {}
                case ".." -> {
                    if (parts.pollLast() == null) throw new IllegalArgumentException("the path \"" + relative + "\" leads out of the repository");
                }
                default -> parts.addLast(part);
            }
        }
        return String.join("/", parts);
    }
}
