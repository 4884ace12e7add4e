package io.skerry.gitops.git;

import io.skerry.gitops.kustomize.FileTree;
import io.skerry.gitops.kustomize.KustomizeException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.TreeWalk;

/** The files of a commit, read from the object database: nothing is checked out. */
final class GitFileTree implements FileTree {

    /** Symbolic links on one path, as many as Linux follows. */
    private static final int LINKS = 40;
    /** Bytes of a file. What goes into an object can't be near that; a bundle of CustomResourceDefinitions may be. */
    private static final long MAX_FILE = 10L << 20;
    /** Bytes of a symbolic link: Linux's PATH_MAX. */
    private static final long MAX_LINK = 4096;

    private final Repository repository;
    private final ObjectId root;

    GitFileTree(Repository repository, ObjectId commit) throws IOException {
        this.repository = repository;
        try (RevWalk walk = new RevWalk(repository)) {
            root = walk.parseCommit(commit).getTree().getId();
        }
    }

    /** @param path with links followed */
    private record Node(FileMode mode, ObjectId id, String path) {}

    @Override
    public Optional<Kind> kind(String path) throws IOException {
        return find(path).flatMap(node -> kind(node.mode()));
    }

    private static Optional<Kind> kind(FileMode mode) {
        if (mode == FileMode.TREE) return Optional.of(Kind.DIRECTORY);
        return mode == FileMode.REGULAR_FILE || mode == FileMode.EXECUTABLE_FILE ? Optional.of(Kind.FILE) : Optional.empty();
    }

    @Override
    public byte[] read(String path) throws IOException {
        Node node = find(path).filter(found -> kind(found.mode()).equals(Optional.of(Kind.FILE))).orElseThrow(() -> new IOException("there is no file " + path));
        try (ObjectReader reader = repository.newObjectReader()) {
            return content(reader, node.id(), path, MAX_FILE);
        }
    }

    /** Asks for the size first: JGit would else read what may not fit into memory. */
    private static byte[] content(ObjectReader reader, ObjectId id, String path, long limit) throws IOException {
        long size = reader.getObjectSize(id, Constants.OBJ_BLOB);
        if (size > limit) throw new KustomizeException(path, 0, "it is too big: " + size + " bytes, of which there may be " + limit);
        return reader.open(id, Constants.OBJ_BLOB).getBytes();
    }

    @Override
    public String real(String path) throws IOException {
        return find(path).orElseThrow(() -> new IOException("there is no " + path)).path();
    }

    @Override
    public List<Entry> list(String directory) throws IOException {
        Node node = find(directory).filter(found -> found.mode() == FileMode.TREE).orElseThrow(() -> new IOException("there is no folder " + directory));
        List<Entry> entries = new ArrayList<>();
        try (TreeWalk walk = new TreeWalk(repository)) {
            walk.addTree(node.id());
            while (walk.next()) {
                String name = walk.getNameString();
                FileMode mode = walk.getFileMode(0);
                Optional<Kind> kind = mode == FileMode.SYMLINK ? kind(directory.isEmpty() ? name : directory + "/" + name) : kind(mode);
                kind.ifPresent(value -> entries.add(new Entry(name, value, mode == FileMode.EXECUTABLE_FILE)));
            }
        }
        entries.sort(Comparator.comparing(Entry::name));
        return entries;
    }

    private Optional<Node> find(String path) throws IOException {
        return find(path, new int[] {LINKS});
    }

    /** @param links how many may yet be followed */
    private Optional<Node> find(String path, int[] links) throws IOException {
        Node at = new Node(FileMode.TREE, root, "");
        if (path.isEmpty()) return Optional.of(at);
        try (ObjectReader reader = repository.newObjectReader()) {
            for (String part : path.split("/")) {
                if (at.mode() != FileMode.TREE) return Optional.empty();
                TreeWalk walk = TreeWalk.forPath(reader, part, at.id());
                if (walk == null) return Optional.empty();
                String walked = at.path();
                String here = walked.isEmpty() ? part : walked + "/" + part;
                at = new Node(walk.getFileMode(0), walk.getObjectId(0), here);
                if (at.mode() == FileMode.SYMLINK) {
                    if (links[0]-- == 0) throw new KustomizeException(here, 0, "too many symbolic links on the way; does this one lead back to itself?");
                    String link = new String(content(reader, at.id(), here, MAX_LINK), StandardCharsets.UTF_8);
                    String target;
                    try {
                        target = FileTree.resolve(walked, link);
                    } catch (IllegalArgumentException e) {
                        throw new KustomizeException(here, 0, "the symbolic link: " + e.getMessage(), e);
                    }
                    Optional<Node> followed = find(target, links);
                    if (followed.isEmpty()) return followed;
                    at = followed.get();
                }
            }
        }
        return Optional.of(at);
    }
}
