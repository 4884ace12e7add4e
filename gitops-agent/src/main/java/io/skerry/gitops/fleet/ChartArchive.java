package io.skerry.gitops.fleet;

import io.skerry.gitops.kustomize.FileTree;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Packs a chart folder as Helm does ({@code <chart>/...} in a gzipped tar); the same files give the same bytes. */
final class ChartArchive {

  private ChartArchive() {}

  static byte[] pack(FileTree tree, String folder) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes), "UTF-8")) {
      tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
      add(tree, folder, folder.substring(folder.lastIndexOf('/') + 1), tar);
    }
    return bytes.toByteArray();
  }

  private static void add(FileTree tree, String folder, String inside, TarArchiveOutputStream tar) throws IOException {
    for (FileTree.Entry entry : tree.list(folder)) {
      String path = folder + "/" + entry.name();
      String name = inside + "/" + entry.name();
      if (entry.kind() == FileTree.Kind.DIRECTORY) {
        add(tree, path, name, tar);
        continue;
      }
      byte[] content = tree.read(path);
      TarArchiveEntry file = new TarArchiveEntry(name);
      file.setSize(content.length);
      file.setModTime(0L);
      file.setIds(0, 0);
      file.setMode(entry.executable() ? 0755 : 0644);
      tar.putArchiveEntry(file);
      tar.write(content);
      tar.closeArchiveEntry();
    }
  }
}
