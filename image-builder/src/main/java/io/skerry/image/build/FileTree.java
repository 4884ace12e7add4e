package io.skerry.image.build;

import io.skerry.image.ImageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarFile;

/**
 * A root file system that is being put together, as a table of paths. Nothing is unpacked, so owners and device nodes need no
 * privileges, and what is written depends on nothing but the table: sorted, with one time for all.
 */
final class FileTree {
    enum Kind { FILE, FOLDER, SYMLINK, HARDLINK, CHARACTER, BLOCK, FIFO }

    /** Where a file's bytes come from. */
    interface Content {
        long size();

        InputStream open() throws IOException;

        static Content of(byte[] bytes) {
            return new Content() {
                @Override
                public long size() {
                    return bytes.length;
                }

                @Override
                public InputStream open() {
                    return new ByteArrayInputStream(bytes);
                }
            };
        }

        static Content of(Path file) throws IOException {
            long size = Files.size(file);
            return new Content() {
                @Override
                public long size() {
                    return size;
                }

                @Override
                public InputStream open() throws IOException {
                    return Files.newInputStream(file);
                }
            };
        }
    }

    /**
     * @param mode permission bits
     * @param target of a symbolic link as it is written; of a hard link the other path in this tree; else null
     * @param content null for all but {@link Kind#FILE}
     * @param attributes extended attributes as pax headers ({@code SCHILY.xattr.security.*}: file capabilities)
     */
    record Entry(Kind kind, int mode, int uid, int gid, String target, Content content, int major, int minor, Map<String, String> attributes) {
        static Entry file(int mode, Content content) {
            return new Entry(Kind.FILE, mode, 0, 0, null, content, 0, 0, Map.of());
        }

        static Entry folder(int mode) {
            return new Entry(Kind.FOLDER, mode, 0, 0, null, null, 0, 0, Map.of());
        }

        static Entry symlink(String target) {
            return new Entry(Kind.SYMLINK, 0777, 0, 0, target, null, 0, 0, Map.of());
        }
    }

    /** By path without leading or trailing slash; the root folder is "". */
    private final NavigableMap<String, Entry> entries = new TreeMap<>();

    FileTree() {
        entries.put("", Entry.folder(0755));
    }

    /** A tree of its own with the same entries. */
    FileTree copy() {
        FileTree copy = new FileTree();
        copy.entries.putAll(entries);
        return copy;
    }

    NavigableMap<String, Entry> entries() {
        return entries;
    }

    /** Lays a tar archive over the tree. The archive must stay open as long as the tree is used. */
    void addTar(TarFile tar) {
        for (TarArchiveEntry entry : tar.getEntries()) {
            String path = normal(entry.getName());
            Kind kind = entry.isDirectory() ? Kind.FOLDER : entry.isSymbolicLink() ? Kind.SYMLINK : entry.isLink() ? Kind.HARDLINK
                    : entry.isCharacterDevice() ? Kind.CHARACTER : entry.isBlockDevice() ? Kind.BLOCK : entry.isFIFO() ? Kind.FIFO : Kind.FILE;
            Content content = kind != Kind.FILE ? null : new Content() {
                @Override
                public long size() {
                    return entry.getRealSize();
                }

                @Override
                public InputStream open() throws IOException {
                    return tar.getInputStream(entry);
                }
            };
            String target = kind == Kind.SYMLINK ? entry.getLinkName() : kind == Kind.HARDLINK ? normal(entry.getLinkName()) : null;
            Map<String, String> attributes = new HashMap<>();
            entry.getExtraPaxHeaders().forEach((key, value) -> {
                if (key.startsWith("SCHILY.xattr.security.")) {
                    attributes.put(key, value);
                }
            });
            put(path, new Entry(kind, entry.getMode() & 07777, (int) entry.getLongUserId(), (int) entry.getLongGroupId(), target, content,
                    entry.getDevMajor(), entry.getDevMinor(), Map.copyOf(attributes)));
        }
    }

    /**
     * Lays a folder over the tree; everything in it belongs to root. Permissions: 0755 for folders and what its owner may execute, else
     * 0644, because a checkout keeps no others.
     */
    void addFolder(Path folder, String at) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            for (Path path : (Iterable<Path>) walk.sorted()::iterator) {
                String name = normal(at + "/" + folder.relativize(path));
                if (Files.isSymbolicLink(path)) {
                    put(name, Entry.symlink(Files.readSymbolicLink(path).toString()));
                } else if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                    if (!isFolder(name)) {
                        put(name, Entry.folder(0755));
                    }
                } else {
                    put(name, Entry.file(Files.isExecutable(path) ? 0755 : 0644, Content.of(path)));
                }
            }
        }
    }

    void addText(String path, String text) {
        put(path, Entry.file(0644, Content.of(text.getBytes(StandardCharsets.UTF_8))));
    }

    /** Puts an entry in place, through symbolic links of its parents (a merged /usr), making missing parents. */
    void put(String path, Entry entry) {
        String real = realParent(normal(path));
        Entry old = entries.get(real);
        if (old != null && entry.kind() == Kind.FOLDER && old.kind() == Kind.SYMLINK) {
            return;
        }
        for (int slash = real.indexOf('/'); slash >= 0; slash = real.indexOf('/', slash + 1)) {
            entries.putIfAbsent(real.substring(0, slash), Entry.folder(0755));
        }
        entries.put(real, entry);
    }

    /** The entry that this path leads to, through symbolic links; null when there is none. */
    Entry resolve(String path) {
        String real = realPath(normal(path), 0);
        Entry entry = real == null ? null : entries.get(real);
        return entry != null && entry.kind() == Kind.HARDLINK ? resolve(entry.target()) : entry;
    }

    /** The path without symbolic links; null when something on the way is not there. */
    String realPath(String path) {
        return realPath(normal(path), 0);
    }

    boolean isFolder(String path) {
        Entry entry = resolve(path);
        return entry != null && entry.kind() == Kind.FOLDER;
    }

    byte[] read(String path) throws IOException {
        Entry entry = resolve(path);
        if (entry == null || entry.content() == null) {
            throw new ImageException("/" + path + " is not a file in the image: is the package that has it in the board's list?");
        }
        try (InputStream in = entry.content().open()) {
            return in.readAllBytes();
        }
    }

    /**
     * Paths of entries that fit a pattern ("glob" of {@link java.nio.file.FileSystem#getPathMatcher}). Letters outside of ASCII fit its wildcards
     * only: where the locale is a plain one (cron, LC_ALL=C) Java has no paths with them, and Debian's packages have.
     */
    List<String> matching(String glob) {
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        return entries.keySet().stream().filter(path -> matcher.matches(Path.of(path.replaceAll("[^\\x00-\\x7f]", "_")))).toList();
    }

    /** Removes a path and all below it. What is hard-linked from elsewhere stays under the other name. */
    void remove(String path) {
        String start = normal(path);
        removeAll(new ArrayList<>(entries.subMap(start, true, start + "/\uffff", true).keySet().stream()
                .filter(name -> name.equals(start) || name.startsWith(start + "/")).toList()));
    }

    void removeAll(Collection<String> paths) {
        for (String path : paths) {
            Entry gone = path.isEmpty() ? null : entries.remove(path);
            if (gone != null && gone.kind() == Kind.FILE) {
                String heir = null;
                for (Map.Entry<String, Entry> other : entries.entrySet()) {
                    if (other.getValue().kind() == Kind.HARDLINK && other.getValue().target().equals(path)) {
                        heir = heir == null ? other.getKey() : heir;
                        other.setValue(heir.equals(other.getKey()) ? gone
                                : new Entry(Kind.HARDLINK, gone.mode(), gone.uid(), gone.gid(), heir, null, 0, 0, Map.of()));
                    }
                }
            }
        }
    }

    /**
     * The root folder itself is not in the archive.
     *
     * @param seconds since 1970, for every entry
     */
    void writeTar(OutputStream out, long seconds) throws IOException {
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out, StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(true);
            // A hard link must come after what it names.
            List<Map.Entry<String, Entry>> links = new ArrayList<>();
            for (Map.Entry<String, Entry> named : entries.entrySet()) {
                if (named.getValue().kind() == Kind.HARDLINK) {
                    links.add(named);
                } else if (!named.getKey().isEmpty()) {
                    write(tar, named.getKey(), named.getValue(), seconds);
                }
            }
            for (Map.Entry<String, Entry> link : links) {
                write(tar, link.getKey(), link.getValue(), seconds);
            }
            tar.finish();
        }
    }

    private static void write(TarArchiveOutputStream tar, String path, Entry entry, long seconds) throws IOException {
        byte flag = switch (entry.kind()) {
            case FILE -> TarConstants.LF_NORMAL;
            case FOLDER -> TarConstants.LF_DIR;
            case SYMLINK -> TarConstants.LF_SYMLINK;
            case HARDLINK -> TarConstants.LF_LINK;
            case CHARACTER -> TarConstants.LF_CHR;
            case BLOCK -> TarConstants.LF_BLK;
            case FIFO -> TarConstants.LF_FIFO;
        };
        TarArchiveEntry header = new TarArchiveEntry("./" + path + (entry.kind() == Kind.FOLDER ? "/" : ""), flag);
        header.setMode(entry.mode());
        header.setIds(entry.uid(), entry.gid());
        header.setModTime(seconds * 1000);
        header.setSize(entry.content() == null ? 0 : entry.content().size());
        if (entry.target() != null) {
            header.setLinkName(entry.kind() == Kind.HARDLINK ? "./" + entry.target() : entry.target());
        }
        header.setDevMajor(entry.major());
        header.setDevMinor(entry.minor());
        entry.attributes().forEach(header::addPaxHeader);
        tar.putArchiveEntry(header);
        if (entry.content() != null) {
            try (InputStream in = entry.content().open()) {
                in.transferTo(tar);
            }
        }
        tar.closeArchiveEntry();
    }

    private String realParent(String path) {
        int slash = path.lastIndexOf('/');
        if (slash < 0) {
            return path;
        }
        String parent = realPath(path.substring(0, slash), 0);
        if (parent == null && leadsNowhere(path.substring(0, slash))) {
            throw new ImageException("/" + path + " lies behind a symbolic link that leads nowhere in the image");
        }
        return parent == null ? path : parent.isEmpty() ? path.substring(slash + 1) : parent + path.substring(slash);
    }

    /** Whether a symbolic link is in the way to a path that does not exist: then a folder can't be made in its place. */
    private boolean leadsNowhere(String path) {
        for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
            if (isDangling(path.substring(0, slash))) {
                return true;
            }
        }
        return isDangling(path);
    }

    private boolean isDangling(String path) {
        Entry entry = entries.get(path);
        return entry != null && entry.kind() == Kind.SYMLINK && realPath(path) == null;
    }

    private String realPath(String path, int depth) {
        if (depth > 40) {
            throw new ImageException("/" + path + ": too many symbolic links in the image");
        }
        String at = "";
        String[] parts = path.isEmpty() ? new String[0] : path.split("/");
        for (int i = 0; i < parts.length; i++) {
            String next = at.isEmpty() ? parts[i] : at + "/" + parts[i];
            Entry entry = entries.get(next);
            if (entry == null) {
                return null;
            }
            if (entry.kind() == Kind.SYMLINK) {
                String target = entry.target().startsWith("/") ? entry.target() : at + "/" + entry.target();
                String rest = String.join("/", List.of(parts).subList(i + 1, parts.length));
                return realPath(normal(target + "/" + rest), depth + 1);
            }
            at = next;
        }
        return at;
    }

    /** Without leading, trailing, double and dot parts. */
    static String normal(String path) {
        List<String> parts = new ArrayList<>();
        for (String part : path.split("/")) {
            if (part.equals("..")) {
                if (!parts.isEmpty()) {
                    parts.removeLast();
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return String.join("/", parts);
    }
}
