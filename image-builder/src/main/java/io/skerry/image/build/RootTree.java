package io.skerry.image.build;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.settings.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Puts a board's root file system together: base system, kernel modules, overlays, skerry, and what image.yaml adds. */
final class RootTree {
    private final FileTree tree;
    private final Board board;

    RootTree(FileTree tree, Board board) {
        this.tree = tree;
        this.board = board;
    }

    FileTree tree() {
        return tree;
    }

    /** Removes what the board's strip list names. */
    void strip() {
        List<String> gone = new ArrayList<>();
        for (String glob : board.strip()) {
            gone.addAll(tree.matching(glob));
        }
        gone.forEach(tree::remove);
    }

    void addModules(Kernel kernel) throws IOException {
        String modules = "usr/lib/modules/" + kernel.version();
        tree.addFolder(kernel.modules(), modules);
        Kernel.BESIDE_MODULES.forEach(name -> tree.remove(modules + "/" + name));
        for (Path module : board.kernelModules()) {
            tree.addText("usr/lib/modules-load.d/" + module.getFileName() + ".conf", module.getFileName() + "\n");
        }
        Path notice = kernel.folder().resolve("usr/share/doc/linux-image-" + kernel.version() + "/copyright");
        if (Files.exists(notice)) {
            tree.put("usr/share/doc/linux-image-" + kernel.version() + "/copyright", FileTree.Entry.file(0644, FileTree.Content.of(notice)));
        }
    }

    /** Mount points, links and marks that a read-only root needs. */
    void addFixtures(String version, Kernel kernel, long seconds) {
        for (String folder : List.of(DeviceLayout.DATA_DIR, "/var/log/journal", "/var/tmp", "/mnt", "/media")) {
            tree.put(folder, FileTree.Entry.folder(folder.equals("/var/tmp") ? 01777 : 0755));
        }
        tree.remove("var/log/journal");
        tree.put("etc/resolv.conf", FileTree.Entry.symlink("../run/systemd/resolve/stub-resolv.conf"));
        // systemd fills it from the data partition or makes a new one; a file that is not there at all would be a first boot each time.
        tree.addText("etc/machine-id", "");
        tree.addText("etc/hostname", "skerry\n");
        tree.addText("etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n");
        // Without these systemd takes the image for a half-updated one and rebuilds its tables at each boot (systemd-update-done.service(8)).
        tree.addText("etc/issue", "Skerry " + version + " (" + board.name() + ") \\n \\l\n\n");
        String updated = "# The image is complete as it is.\nTIMESTAMP_NSEC=" + seconds + "000000000\n";
        tree.addText("etc/.updated", updated);
        tree.addText("var/.updated", updated);
        ObjectNode release = new ObjectMapper().createObjectNode();
        release.put("version", version).put("board", board.name()).put("arch", board.arch())
                .put("buildDate", Instant.ofEpochSecond(seconds).toString()).put("kernel", kernel.version());
        tree.addText(DeviceLayout.RELEASE_FILE, release.toPrettyString() + "\n");
        tree.addText("usr/lib/os-release", """
                PRETTY_NAME="Skerry %1$s (%2$s)"
                NAME="Skerry"
                ID=skerry
                ID_LIKE=debian
                VERSION_ID="%1$s"
                IMAGE_ID=skerry-%2$s
                IMAGE_VERSION=%1$s
                """.formatted(version, board.name()));
    }

    /** @param keys PEM of public keys by which the device trusts OS updates */
    void addTrust(List<String> keys) {
        for (String key : keys) {
            // Named by content, so that the order in which they were given does not matter.
            tree.addText(DeviceLayout.OS_TRUST_DIR + "/" + Digests.sha256(key.getBytes(StandardCharsets.UTF_8)).substring(0, 16) + ".pem", key);
        }
    }

    /** Files, container images, charts and the first fleet commit of image.yaml. */
    void addSettings(Settings.Build build, Path folder) throws IOException {
        for (Settings.File file : build.files()) {
            Optional<Integer> mode = file.mode().map(octal -> Integer.parseInt(octal, 8));
            if (file.source().isPresent()) {
                copy(folder.resolve(file.source().get()), file.path(), mode);
            } else {
                byte[] content = file.content().orElse("").getBytes(StandardCharsets.UTF_8);
                tree.put(file.path(), FileTree.Entry.file(mode.orElse(0644), FileTree.Content.of(content)));
            }
        }
        for (String image : build.images()) {
            addFile(DeviceLayout.PRELOADED_IMAGES_DIR, folder.resolve(image), "build.images");
        }
        for (String chart : build.charts()) {
            addFile(DeviceLayout.PRELOADED_CHARTS_DIR, folder.resolve(chart), "build.charts");
        }
    }

    /**
     * @param fleet a Git bundle, or a repository of which one is made
     * @param work where it is made
     */
    void addFleet(Path fleet, Path work) throws IOException {
        Path bundle = fleet;
        if (Files.isDirectory(fleet)) {
            bundle = work.resolve("fleet.bundle");
            // One thread, because several pack in an order of their own.
            Tool.find("git").run("-c", "pack.threads=1", "-c", "safe.directory=*", "-C", fleet.toString(), "bundle", "create", "--quiet", bundle.toAbsolutePath().toString(),
                    "HEAD", "--branches");
        } else if (!Files.isRegularFile(fleet)) {
            throw new ImageException("build.fleet: there is neither a Git bundle nor a repository at " + fleet);
        }
        tree.put(DeviceLayout.FLEET_BUNDLE, FileTree.Entry.file(0644, FileTree.Content.of(bundle)));
    }

    /** @param mode of files; empty: each its own. Folders are made as they are in every image, and all belongs to root. */
    private void copy(Path source, String at, Optional<Integer> mode) throws IOException {
        if (!Files.exists(source)) {
            throw new ImageException("build.files: there is neither a file nor a folder " + source);
        }
        try (Stream<Path> walk = Files.walk(source)) {
            for (Path path : (Iterable<Path>) walk.sorted()::iterator) {
                String name = path.equals(source) ? at : at + "/" + source.relativize(path);
                // What is named may be a link, what lies in it stays one.
                if (!path.equals(source) && Files.isSymbolicLink(path)) {
                    tree.put(name, FileTree.Entry.symlink(Files.readSymbolicLink(path).toString()));
                } else if (Files.isDirectory(path)) {
                    if (!tree.isFolder(name)) {
                        tree.put(name, FileTree.Entry.folder(0755));
                    }
                } else if (Files.isRegularFile(path) && Files.isReadable(path)) {
                    tree.put(name, FileTree.Entry.file(mode.orElse((Integer) Files.getAttribute(path, "unix:mode") & 0777), FileTree.Content.of(path)));
                } else {
                    throw new ImageException("build.files: cannot read " + path);
                }
            }
        }
    }

    private void addFile(String at, Path file, String key) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new ImageException(key + ": there is no file " + file);
        }
        tree.put(at + "/" + file.getFileName(), FileTree.Entry.file(0644, FileTree.Content.of(file)));
    }
}
