package io.skerry.gitops.git;

import io.skerry.gitops.kustomize.FileTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.TreeWalk;

/** The files of a commit, read from the object database: nothing is checked out. */
final class GitFileTree implements FileTree {

  private static final int LINKS = 8;

  private final Repository repository;
  private final ObjectId root;

  GitFileTree(Repository repository, ObjectId commit) throws IOException {
    this.repository = repository;
    try (RevWalk walk = new RevWalk(repository)) {
      root = walk.parseCommit(commit).getTree().getId();
    }
  }

  private record Node(FileMode mode, ObjectId id) {}

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
    return repository.open(node.id()).getBytes();
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
    return find(path, LINKS);
  }

  private Optional<Node> find(String path, int links) throws IOException {
    Node at = new Node(FileMode.TREE, root);
    String walked = "";
    if (path.isEmpty()) return Optional.of(at);
    try (ObjectReader reader = repository.newObjectReader()) {
      for (String part : path.split("/")) {
        if (at.mode() != FileMode.TREE) return Optional.empty();
        TreeWalk walk = TreeWalk.forPath(reader, part, at.id());
        if (walk == null) return Optional.empty();
        at = new Node(walk.getFileMode(0), walk.getObjectId(0));
        if (at.mode() == FileMode.SYMLINK) {
          if (links == 0) throw new IOException("too many symbolic links on the way to " + path);
          String link = new String(reader.open(at.id()).getBytes(), StandardCharsets.UTF_8);
          String target;
          try {
            target = FileTree.resolve(walked, link);
          } catch (IllegalArgumentException e) {
            throw new IOException("the symbolic link " + (walked.isEmpty() ? part : walked + "/" + part) + ": " + e.getMessage(), e);
          }
          Optional<Node> followed = find(target, links - 1);
          if (followed.isEmpty()) return followed;
          at = followed.get();
          walked = target;
        } else {
          walked = walked.isEmpty() ? part : walked + "/" + part;
        }
      }
    }
    return Optional.of(at);
  }
}
