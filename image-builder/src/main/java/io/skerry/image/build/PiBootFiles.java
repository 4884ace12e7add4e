package io.skerry.image.build;

import io.skerry.image.ImageException;
import io.skerry.image.boot.Autoboot;
import io.skerry.image.boot.KernelArguments;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A Raspberry Pi's boot partition: firmware, kernel, initrd, device trees, config.txt and cmdline.txt; and {@code autoboot.txt} on the first
 * partition, which names the slot. The ROM of a Raspberry Pi 3 looks for {@code bootcode.bin} there, too. The command line of slot B is the same file with other labels, so the update file holds a template.
 */
final class PiBootFiles implements BootFiles {
    private static final String ROM_LOADS = "bootcode.bin";

    private final Map<String, Path> boot = new TreeMap<>();
    private final Map<String, Path> first = new TreeMap<>();
    private final RootImage root;
    private final Path work;
    private final long seconds;

    PiBootFiles(Board board, String version, Kernel kernel, Path initrd, FileTree tree, RootImage root, Path work, long seconds) throws IOException {
        this.root = root;
        this.work = work;
        this.seconds = seconds;
        boot.put("vmlinuz", kernel.image());
        boot.put("initrd.img", initrd);
        Path firmware = Files.createDirectory(work.resolve("firmware"));
        for (String glob : board.firmware()) {
            List<String> found = tree.matching(glob).stream().filter(path -> tree.resolve(path).kind() == FileTree.Kind.FILE).toList();
            if (found.isEmpty()) {
                throw new ImageException("no file in the board's packages is like " + glob + " (firmware in board.yaml)");
            }
            for (String path : found) {
                String name = path.substring(path.lastIndexOf('/') + 1);
                Path copy = firmware.resolve(name);
                Files.write(copy, tree.read(path));
                (name.equals(ROM_LOADS) ? first : boot).put(name, copy);
            }
        }
        Map<String, Path> trees = kernel.deviceTrees(board.deviceTrees());
        if (trees.isEmpty()) {
            throw new ImageException("the kernel has no device tree like " + String.join(", ", board.deviceTrees()));
        }
        trees.forEach((path, file) -> boot.put(path.substring(path.lastIndexOf('/') + 1), file));
        Path config = work.resolve("config.txt");
        Files.writeString(config, String.join("\n", board.configTxt()) + "\n");
        boot.put("config.txt", config);
        Path commandLine = work.resolve("cmdline.txt");
        Files.writeString(commandLine, new KernelArguments(Slot.A, board.name(), version, root.hash(), root.hashOffset(), board.kernelArguments()).render() + "\n");
        boot.put("cmdline.txt", commandLine);
        first.put(Autoboot.FILE, Files.writeString(work.resolve("autoboot.txt"), Autoboot.render(Slot.A)));
        if (first.containsKey(ROM_LOADS)) {
            // Without one there it is said not to look any further.
            first.put("config.txt", Files.writeString(work.resolve("first-config.txt"), "# The slot's own config.txt is on the boot partition that autoboot.txt names.\n"));
        }
    }

    @Override
    public Map<String, Map<String, Path>> partitions() {
        return Map.of(DeviceLayout.CONFIG, new TreeMap<>(first), Slot.A.bootLabel(), boot);
    }

    @Override
    public Map<String, Path> updateFiles() throws IOException {
        FileTree tree = new FileTree();
        for (Map.Entry<String, Path> file : boot.entrySet()) {
            tree.put(file.getKey(), FileTree.Entry.file(0644, FileTree.Content.of(file.getValue())));
        }
        Path tar = work.resolve("boot.tar");
        try (var out = new BufferedOutputStream(Files.newOutputStream(tar))) {
            tree.writeTar(out, seconds);
        }
        Map<String, Path> files = new LinkedHashMap<>();
        files.put(OsManifest.BOOT, tar);
        files.put(OsManifest.ROOT, root.file());
        return files;
    }
}
