package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import io.skerry.image.layout.BootChain;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.layout.DiskLayout;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.Ed25519Keys;
import io.skerry.machinery.yaml.Yaml;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PrivateKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarFile;

/** {@code skerry image build}: from package names to an image, step by step. */
public final class ImageBuild {
    /** Steps that {@link #run} shows. */
    public static final int STEPS = 8;

    private static final List<String> TOOLS = List.of("apt-get", "apt-cache", "dpkg-deb", "mmdebstrap", "mksquashfs", "veritysetup", "mkfs.vfat", "mcopy", "mmd",
            "mke2fs", "sfdisk", "zstd", "xz", "depmod");
    /** Room for what a build writes while it runs, bytes. */
    private static final long SPACE = 3L << 30;

    private final ImageOptions options;
    private final Progress progress;
    private final Board board;
    private final Lock lock;

    /** @throws ImageException when something is missing or wrong that can be known before the work begins */
    public ImageBuild(ImageOptions options, Progress progress) {
        this.options = options;
        this.progress = progress;
        board = Board.read(options.overlays(), options.board(), options.profiles());
        if (!options.version().matches("[0-9A-Za-z.~_-]{1,64}")) {
            throw new ImageException("the version \"" + options.version() + "\" may have only letters, digits, dots, hyphens, tildes and underscores (at most 64)");
        }
        lock = options.lock() == null ? null : readLock();
        if (!options.output().getFileName().toString().endsWith(".img.zst")) {
            throw new ImageException("the output " + options.output() + " must end in .img.zst");
        }
        Tool.need(TOOLS);
        Program.check(options.program(), board);
        if (JavaProgram.isOne(options.program())) {
            Tool.need(List.of("jlink", "jdeps"));
        }
        if (!board.kernelModules().isEmpty()) {
            Tool.need(List.of("unshare"));
        }
    }

    /**
     * What was made: {@code image} and what is written beside it.
     *
     * @param secrets keys of the device's settings that are in the image and nobody else may know; the file is then its owner's alone (0600)
     */
    public record Result(Path image, Path updateFile, String version, String rootHash, List<String> secrets) {}

    public Result run() throws IOException {
        Path folder = options.output().toAbsolutePath().getParent();
        Files.createDirectories(folder);
        Files.createDirectories(options.cache());
        if (Files.getFileStore(folder).getUsableSpace() < SPACE) {
            throw new ImageException("there is less than " + (SPACE >> 30) + " GiB free in " + folder + ", which a build needs");
        }
        PrivateKey key = options.key() == null ? null : Ed25519Keys.privateKey(options.key());
        Path work = Files.createTempDirectory(folder, ".skerry-image-");
        try {
            return build(work, key);
        } finally {
            WorkFolder.delete(work);
        }
    }

    private Result build(Path work, PrivateKey key) throws IOException {
        List<ContainerImage> images = containerImages();
        Apt apt = new Apt(options.cache(), board.arch(), board.suite(), board.extraSuites(), options.mirrors(), options.lock() != null, Apt.KEYRING);
        Lock lock = progress.step("Choosing packages", () -> this.lock != null ? this.lock : newLock(apt));
        long seconds = options.buildDate() != null ? options.buildDate() : lock.buildDate();
        Map<Lock.Package, Path> debs = progress.step("Fetching " + lock.packages().size() + " packages", () -> apt.fetch(lock, progress));
        Path base = progress.step("Installing the base system", () -> BaseSystem.make(options.cache(), lock, board.arch(), debs));
        Kernel kernel = progress.step("Unpacking kernel and firmware", () -> kernel(work.resolve("kernel"), lock, debs));
        String identity = String.join(" ", "skerry", board.name(), options.version(), Digests.sha256(lock.render().getBytes(StandardCharsets.UTF_8)));

        try (TarFile tar = new TarFile(base.toFile())) {
            RootTree root = rootTree(tar, lock, debs, kernel, work, seconds);
            Path initrd = work.resolve("initrd");
            progress.step("Putting the initrd together", () -> {
                Initrd.write(initrd, root.tree(), kernel, board.initrdModules(), options.overlays().resolve("common/initrd"), work, seconds);
                return null;
            });
            String sbom = Sbom.render(lock, root.tree(), options.version(), Program.digest(options.program()), ProgramSbom.libraries(ProgramSbom.of(options.program())),
                    KernelModules.listed(board.kernelModules(), kernel), images);
            FileTree whole = root.tree().copy();
            root.strip();
            Program.checkLibraries(root.tree(), options.program());
            root.addFixtures(options.version(), kernel, seconds);
            RootImage rootImage = progress.step("Packing the root file system",
                    () -> RootImage.write(work.resolve("root.img"), root.tree(), identity, seconds, board.sizes().get("root")));
            BootFiles boot = board.boot() == BootChain.EFI
                    ? new EfiBootFiles(board, options.version(), kernel, initrd, whole, rootImage, work)
                    : new PiBootFiles(board, options.version(), kernel, initrd, whole, rootImage, work, seconds);
            DiskImage disk = progress.step("Writing partitions", () -> writeDisk(work, boot, rootImage, identity, seconds));
            return progress.step("Compressing and signing", () -> finish(work, disk, boot, rootImage, lock, sbom, seconds, key));
        }
    }

    /** Each once, though it may be in several archives. */
    private List<ContainerImage> containerImages() throws IOException {
        Set<ContainerImage> found = new LinkedHashSet<>();
        for (String image : options.settings().build().images()) {
            Path archive = options.settingsFolder().resolve(image);
            if (!Files.isRegularFile(archive)) {
                throw new ImageException("build.images: there is no file " + archive);
            }
            try {
                found.addAll(ContainerImage.read(archive));
            } catch (ImageException e) {
                throw new ImageException("build.images: " + e.getMessage(), e);
            }
        }
        return List.copyOf(found);
    }

    /** What image.yaml asks for since the lock was made would not be in the image. */
    private Lock readLock() {
        Lock read = Lock.read(options.lock(), board.name());
        requireIn(read, "build.packages", options.settings().build().packages());
        List<String> plain = Board.read(options.overlays(), options.board(), List.of()).packages();
        requireIn(read, "profile " + String.join(", ", options.profiles()), board.packages().stream().filter(item -> !plain.contains(item)).toList());
        return read;
    }

    private void requireIn(Lock read, String by, List<String> packages) {
        List<String> missing = read.missing(packages);
        if (!missing.isEmpty()) {
            throw new ImageException("the lock " + options.lock() + " does not have " + String.join(", ", missing) + " of " + by + ": make a new lock by building without --lock,"
                    + " or take what it does not have out of " + by + " (of a virtual package it has the one that provides it)");
        }
    }

    private Lock newLock(Apt apt) {
        List<String> packages = new ArrayList<>(board.packages());
        packages.addAll(options.settings().build().packages());
        return new Lock(board.name(), options.buildDate() != null ? options.buildDate() : Instant.now().getEpochSecond(),
                apt.resolve(packages, board.unpacked(), board.kernelPackage(), Program.linked(options.program()), !board.kernelModules().isEmpty()));
    }

    private Kernel kernel(Path folder, Lock lock, Map<Lock.Package, Path> debs) throws IOException {
        Kernel kernel = Kernel.unpack(folder, kernelDebs(lock, debs), board.kernelExclude());
        if (!board.kernelModules().isEmpty()) {
            progress.detail("modules");
            kernel.add(KernelModules.make(options.cache(), lock, debs, board.kernelModules(), kernel.version()));
        }
        return kernel;
    }

    private static List<Path> kernelDebs(Lock lock, Map<Lock.Package, Path> debs) {
        List<Path> found = lock.used(Lock.Use.UNPACK).stream().filter(ImageBuild::isKernel).map(debs::get).toList();
        if (found.isEmpty()) {
            throw new ImageException("the lock names no kernel (" + Apt.KERNEL + "...); make a new lock by building without --lock");
        }
        return found;
    }

    private static boolean isKernel(Lock.Package item) {
        return item.name().matches("linux-(image|modules|binary|base)-\\d.*");
    }

    private RootTree rootTree(TarFile base, Lock lock, Map<Lock.Package, Path> debs, Kernel kernel, Path work, long seconds) throws IOException {
        FileTree tree = new FileTree();
        tree.addTar(base);
        RootTree root = new RootTree(tree, board);
        root.addModules(kernel);
        for (Lock.Package item : lock.used(Lock.Use.UNPACK)) {
            if (!isKernel(item)) {
                Path unpacked = work.resolve("unpacked-" + item.name());
                Files.createDirectories(unpacked);
                Tool.find("dpkg-deb").run("-x", debs.get(item).toString(), unpacked.toString());
                tree.addFolder(unpacked, "");
            }
        }
        for (Path overlay : board.overlays()) {
            tree.addFolder(overlay, "");
        }
        Program.add(tree, options, lock, board.arch(), debs, work);
        root.addTrust(trusted());
        root.addSettings(options.settings().build(), options.settingsFolder());
        if (options.settings().build().fleet().isPresent()) {
            root.addFleet(options.settingsFolder().resolve(options.settings().build().fleet().get()), work);
        }
        return root;
    }

    private List<String> trusted() throws IOException {
        List<String> keys = new ArrayList<>(options.settings().trust().os());
        for (Path file : options.trusted()) {
            keys.add(Ed25519Keys.pem(Ed25519Keys.publicKey(file)));
        }
        if (options.key() != null) {
            keys.add(Ed25519Keys.pem(Ed25519Keys.publicKey(KeyFiles.publicKeyOf(options.key()))));
        }
        return keys.stream().distinct().toList();
    }

    private DiskImage writeDisk(Path work, BootFiles boot, RootImage root, String identity, long seconds) throws IOException {
        DiskLayout layout = DiskLayout.of(board.boot(), board.sizes());
        DiskImage disk = DiskImage.create(work.resolve("disk.img"), layout, identity);
        Map<String, Map<String, Path>> fats = new TreeMap<>(boot.partitions());
        Path settings = work.resolve("skerry.yaml");
        Files.writeString(settings, deviceSettings());
        fats.computeIfAbsent(DeviceLayout.CONFIG, name -> new TreeMap<>()).put(DeviceLayout.SETTINGS_FILE, settings);
        for (Map.Entry<String, Map<String, Path>> fat : fats.entrySet()) {
            Path file = work.resolve(fat.getKey() + ".fat");
            String volume = fat.getKey().equals(DeviceLayout.CONFIG) ? DeviceLayout.CONFIG_VOLUME : fat.getKey().toUpperCase(java.util.Locale.ROOT);
            long used = FatImage.write(file, layout.partition(fat.getKey()).size(), volume, fat.getValue(), identity, seconds);
            disk.put(fat.getKey(), file, used);
            Files.delete(file);
        }
        disk.put(Slot.A.rootLabel(), root.file(), Files.size(root.file()));
        Path data = work.resolve("data.ext4");
        DataImage.write(data, layout.partition(DeviceLayout.DATA).size(), identity, seconds);
        disk.put(DeviceLayout.DATA, data, Files.size(data));
        Files.delete(data);
        return disk;
    }

    /** The settings that the card starts with: a place to write into, even when image.yaml says nothing. */
    private String deviceSettings() {
        String head = "# Settings of this device. All keys: docs/settings.md of Skerry.\n";
        var tree = options.settings().deviceTree();
        return tree.isEmpty() ? head : head + Yaml.write(tree);
    }

    private Result finish(Path work, DiskImage disk, BootFiles boot, RootImage root, Lock lock, String sbom, long seconds, PrivateKey key) throws IOException {
        Path output = options.output().toAbsolutePath();
        Path raw = work.resolve("disk.img");
        String name = output.getFileName().toString();
        String stem = name.substring(0, name.length() - ".img.zst".length());
        Map<String, Path> made = new LinkedHashMap<>();
        made.put(stem + ".img.bmap", text(work.resolve("bmap"), BlockMap.render(raw, disk.used())));
        made.put(stem + ".lock.json", text(work.resolve("lock"), lock.render()));
        made.put(stem + ".cdx.json", text(work.resolve("sbom"), sbom));
        Path packed = work.resolve("disk.img.zst");
        // What is large in it is compressed already.
        Tool.find("zstd").run("-q", "-T0", "-3", "--no-progress", raw.toString(), "-o", packed.toString());
        Files.delete(raw);
        List<String> secrets = options.settings().secrets();
        if (!secrets.isEmpty()) {
            Files.setPosixFilePermissions(packed, PosixFilePermissions.fromString("rw-------"));
        }
        // The image first: older flashers look at nothing else.
        String checksum = Digests.sha256(packed) + "  " + name + "\n" + Digests.sha256(work.resolve("bmap")) + "  " + stem + ".img.bmap\n";
        made.put(name + ".sha256", text(work.resolve("sha256"), checksum));
        Path update = null;
        if (key != null) {
            made.put(name + ".sig", text(work.resolve("sig"), Ed25519Keys.sign(checksum.getBytes(StandardCharsets.UTF_8), key) + "\n"));
            Path file = work.resolve("os.tar");
            OsUpdateFile.write(file, board.name(), options.version(), seconds, root, board.kernelArguments(), boot.updateFiles(), key);
            made.put(stem + ".os.tar", file);
            update = output.resolveSibling(stem + ".os.tar");
        }
        // The image last: where it is, the rest is.
        made.put(name, packed);
        for (Map.Entry<String, Path> file : made.entrySet()) {
            try (FileChannel channel = FileChannel.open(file.getValue(), StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            Files.move(file.getValue(), output.resolveSibling(file.getKey()), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        if (key == null) {
            // What an earlier build left there does not belong to this image.
            Files.deleteIfExists(output.resolveSibling(name + ".sig"));
            Files.deleteIfExists(output.resolveSibling(stem + ".os.tar"));
        }
        return new Result(output, update, options.version(), root.hash(), secrets);
    }

    private static Path text(Path file, String text) throws IOException {
        return Files.writeString(file, text);
    }
}
