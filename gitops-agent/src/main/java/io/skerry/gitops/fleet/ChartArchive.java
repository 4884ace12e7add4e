package io.skerry.gitops.fleet;

import io.skerry.gitops.kustomize.FileTree;
import io.skerry.gitops.kustomize.KustomizeException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Packs a chart folder as Helm does ({@code <chart>/...} in a gzipped tar); the same files give the same bytes. */
final class ChartArchive {

    /** Bytes of all files, each with its tar header: what the Helm engine takes, too. A device has little memory to unpack it in. */
    private static final long MAX_CHART = 20L << 20;
    private static final int HEADER = 512;

    private final FileTree tree;
    private final String chart;
    private final TarArchiveOutputStream tar;
    /** Folders being packed: a symbolic link that leads back to one of them is a circle. */
    private final Deque<String> open = new ArrayDeque<>();
    private long size;

    private ChartArchive(FileTree tree, String chart, TarArchiveOutputStream tar) {
        this.tree = tree;
        this.chart = chart;
        this.tar = tar;
    }

    /** @throws KustomizeException when the chart is too big or a symbolic link in it leads back to a folder it is in */
    static byte[] pack(FileTree tree, String folder) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes), "UTF-8")) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            new ChartArchive(tree, folder, tar).add(folder, folder.substring(folder.lastIndexOf('/') + 1));
        }
        return bytes.toByteArray();
    }

    private void add(String folder, String inside) throws IOException {
        String real = tree.real(folder);
        if (open.contains(real)) throw new KustomizeException(folder, 0, "the symbolic link leads back to the folder \"" + real + "\", which it is in");
        open.addLast(real);
        count(0);
        for (FileTree.Entry entry : tree.list(folder)) {
            String path = folder + "/" + entry.name();
            String name = inside + "/" + entry.name();
            if (entry.kind() == FileTree.Kind.DIRECTORY) {
                add(path, name);
                continue;
            }
            byte[] content = tree.read(path);
            count(content.length);
            TarArchiveEntry file = new TarArchiveEntry(name);
            file.setSize(content.length);
            file.setModTime(0L);
            file.setIds(0, 0);
            file.setMode(entry.executable() ? 0755 : 0644);
            tar.putArchiveEntry(file);
            tar.write(content);
            tar.closeArchiveEntry();
        }
        open.removeLast();
    }

    private void count(int bytes) {
        size += HEADER + bytes;
        if (size > MAX_CHART) throw new KustomizeException(chart, 0, "the chart is too big: all its files together may have " + (MAX_CHART >> 20) + " MiB");
    }
}
