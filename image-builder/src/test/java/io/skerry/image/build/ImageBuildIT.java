package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.skerry.image.Digests;
import io.skerry.image.boot.KernelArguments;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.layout.DiskLayout;
import io.skerry.image.settings.ServerFlags;
import io.skerry.image.settings.Settings;
import io.skerry.image.settings.SettingsFile;
import io.skerry.image.update.Ed25519Keys;
import io.skerry.image.update.OsManifest;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.PublicKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** An image of generic-amd64, built twice for real, taken apart with the programs that devices and people use. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageBuildIT {
    /** A real program of the right kind, far smaller than skerry: what it does is shown by the tests that boot images. */
    private static final Path PROGRAM = Path.of("/bin/busybox");
    private static final Path CACHE = userCache();
    private static final Path OVERLAYS = Path.of("../overlays").toAbsolutePath().normalize();

    @TempDir
    static Path folder;
    private Path key;
    private ImageBuild.Result result;
    private DiskLayout layout;
    private Path disk;
    private Path root;

    @BeforeAll
    void build() throws Exception {
        key = folder.resolve("os.key");
        KeyFiles.generate(key);
        ContainerImageTest.oci(folder.resolve("preloaded.tar"), "registry.example.org/shop/web:1.2");
        Files.writeString(folder.resolve("image.yaml"), """
                hostname: gate-{serial}
                enrolment: {token: only-for-gates}
                build:
                  files:
                    - {path: /etc/motd, content: "Hands off\\n", mode: "0600"}
                  images: [preloaded.tar]
                """);
        result = build("first.img.zst", null, CACHE);
        Board board = Board.read(OVERLAYS, "generic-amd64", List.of());
        layout = DiskLayout.of(board.boot(), board.sizes());
        disk = folder.resolve("disk.img");
        Tool.find("zstd").run("-q", "-d", result.image().toString(), "-o", disk.toString());
        root = cut("root-a");
    }

    private static Path userCache() {
        String home = System.getenv("XDG_CACHE_HOME");
        return (home == null || home.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(home)).resolve("skerry/image");
    }

    private ImageBuild.Result build(String name, Path lock, Path cache) throws Exception {
        Settings settings = SettingsFile.ofImage(ServerFlags.UNKNOWN).read(folder.resolve("image.yaml"));
        ImageOptions options = new ImageOptions("generic-amd64", List.of(), OVERLAYS, settings, folder, folder.resolve(name), lock, PROGRAM, "1.2.3", key,
                List.of(), List.of(), cache, null);
        return new ImageBuild(options, new Progress(System.out, false, ImageBuild.STEPS)).run();
    }

    @Test
    void theDiskHasTheBoardsPartitions() throws Exception {
        assertThat(Files.size(disk)).isEqualTo(layout.size());
        JsonNode table = new ObjectMapper().readTree(Tool.find("sfdisk").run("--json", disk.toString())).at("/partitiontable/partitions");
        assertThat(table).extracting(partition -> partition.path("name").asText()).containsExactly("esp", "config", "root-a", "root-b", "data");
        Tool.find("sfdisk").run("--verify", disk.toString());
        Tool.find("e2fsck").run("-fn", cut("data").toString());
    }

    @Test
    void theEntryOpensTheRootFileSystem() throws Exception {
        String esp = disk + "@@" + layout.partition("esp").start();
        LoaderEntry entry = LoaderEntry.parse("skerry-a.conf", Tool.find("mcopy").run("-i", esp, "::/loader/entries/skerry-a.conf", "-"));
        assertThat(entry.isGood()).isTrue();
        assertThat(entry.osVersion()).isEqualTo("1.2.3");
        String hash = KernelArguments.value(entry.options(), "roothash");
        assertThat(hash).isEqualTo(result.rootHash());
        String offset = KernelArguments.value(entry.options(), "systemd.verity_root_options").replace("hash-offset=", "");
        Tool.find("veritysetup").run("verify", root.toString(), root.toString(), hash, "--hash-offset=" + offset);
        for (String file : List.of("EFI/BOOT/BOOTX64.EFI", "skerry/a/linux", "skerry/a/initrd", "loader/loader.conf")) {
            Tool.find("mcopy").run("-i", esp, "::/" + file, folder.resolve("esp-" + Path.of(file).getFileName()).toString());
        }
        assertThat(folder.resolve("esp-BOOTX64.EFI")).content(StandardCharsets.ISO_8859_1).startsWith("MZ");
    }

    @Test
    void theInitrdsProgramsCanRun() throws Exception {
        String esp = disk + "@@" + layout.partition("esp").start();
        Path initrd = folder.resolve("initrd.zst");
        Tool.find("mcopy").run("-i", esp, "::/skerry/a/initrd", initrd.toString());
        Path plain = folder.resolve("initrd.cpio");
        Tool.find("zstd").run("-q", "-d", initrd.toString(), "-o", plain.toString());
        Path unpacked = Files.createDirectory(folder.resolve("initrd"));
        Tool.find("cpio").in(unpacked).run(out -> Files.copy(plain, out), List.of("-idm", "--quiet"));
        assertThat(unpacked.resolve("init")).isExecutable();
        assertThat(Tool.find("chroot").run(unpacked.toString(), "/usr/sbin/veritysetup", "--version")).startsWith("veritysetup 2");
        assertThat(Tool.find("chroot").run(unpacked.toString(), "/usr/bin/busybox", "sh", "-n", "/init")).isEmpty();
        Path modules = Files.list(unpacked.resolve("usr/lib/modules")).findFirst().orElseThrow();
        String aliases = Files.readString(modules.resolve("modules.alias"));
        assertThat(aliases).contains(" virtio_blk", " nvme", " ahci", " squashfs", " ext4");
        try (var walk = Files.walk(modules)) {
            assertThat(walk.map(Path::getFileName).map(Path::toString)).contains("dm-verity.ko", "overlay.ko", "virtio_blk.ko").noneMatch(name -> name.endsWith(".xz"));
        }
    }

    @Test
    void theRootHoldsWhatADeviceNeedsAndNoSecrets() throws Exception {
        String list = Tool.find("unsquashfs").run("-ll", root.toString());
        for (String there : List.of("/usr/bin/skerry", "/usr/bin/containerd", "/usr/bin/containerd-shim-runc-v2", "/usr/sbin/runc", "/usr/lib/cni/bridge", "/usr/sbin/nft",
                "/usr/lib/systemd/system/skerry.service", "/etc/ssl/certs/ca-certificates.crt", "/var/lib/dpkg/status", "/var/lib/skerry",
                "/usr/lib/skerry/images/preloaded.tar")) {
            assertThat(list).contains("squashfs-root" + there + "\n");
        }
        assertThat(list).doesNotContain("ssh_host_", "/usr/bin/perl", "/usr/bin/apt", "/boot/vmlinuz", "/var/lib/systemd/random-seed", "/var/log/dpkg.log");
        assertThat(list).containsPattern("-rw------- root/root +10 .*squashfs-root/etc/motd\n");
        assertThat(list).containsPattern("/usr/lib/modules/[^/]+/modules\\.dep\\.bin\n");
        assertThat(cat("etc/machine-id")).isEmpty();
        JsonNode release = new ObjectMapper().readTree(cat(DeviceLayout.RELEASE_FILE.substring(1)));
        assertThat(release.path("version").asText()).isEqualTo("1.2.3");
        assertThat(release.path("board").asText()).isEqualTo("generic-amd64");
        assertThat(java.time.Instant.parse(release.path("buildDate").asText())).isBefore(java.time.Instant.now());
        String settings = Tool.find("mcopy").run("-i", disk + "@@" + layout.partition("config").start(), "::/skerry.yaml", "-");
        assertThat(settings).contains("hostname: gate-{serial}").doesNotContain("build:");
    }

    @Test
    void anImageWithSecretsIsItsOwnersAlone() throws Exception {
        assertThat(result.secrets()).containsExactly("enrolment.token");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(result.image()))).isEqualTo("rw-------");
        for (Path open : List.of(folder.resolve("first.cdx.json"), folder.resolve("first.lock.json"), folder.resolve("first.img.bmap"))) {
            assertThat(Files.readString(open, StandardCharsets.ISO_8859_1)).as(open.toString()).doesNotContain("only-for-gates");
        }
    }

    @Test
    void theUpdateFileIsSignedAndWhole() throws Exception {
        List<String> names = new ArrayList<>();
        try (InputStream in = Files.newInputStream(result.updateFile()); TarArchiveInputStream tar = new TarArchiveInputStream(in)) {
            OsManifest manifest = null;
            byte[] signed = null;
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                names.add(entry.getName());
                byte[] bytes = tar.readAllBytes();
                if (entry.getName().equals(OsManifest.NAME)) {
                    signed = bytes;
                    manifest = OsManifest.parse(bytes);
                } else if (entry.getName().equals(OsManifest.SIGNATURE)) {
                    assertThat(Ed25519Keys.verify(signed, new String(bytes), List.of(publicKey()))).isTrue();
                } else {
                    assertThat(new OsManifest.Member(Digests.sha256(bytes), bytes.length)).isEqualTo(manifest.files().get(entry.getName()));
                }
            }
            assertThat(manifest.verityRootHash()).isEqualTo(result.rootHash());
            assertThat(manifest.board()).isEqualTo("generic-amd64");
        }
        assertThat(names).containsExactly("manifest.json", "manifest.sig", "linux", "initrd", "root.img");
        String trusted = cat("usr/lib/skerry/trust/os/" + Digests.sha256(Ed25519Keys.pem(publicKey()).getBytes()).substring(0, 16) + ".pem");
        assertThat(Ed25519Keys.publicKey(trusted, "image")).isEqualTo(publicKey());
    }

    @Test
    void whatLiesBesideTheImageBelongsToIt() throws Exception {
        byte[] checksum = Files.readAllBytes(folder.resolve("first.img.zst.sha256"));
        assertThat(new String(checksum)).isEqualTo(Digests.sha256(result.image()) + "  first.img.zst\n" + Digests.sha256(folder.resolve("first.img.bmap")) + "  first.img.bmap\n");
        assertThat(Ed25519Keys.verify(checksum, Files.readString(folder.resolve("first.img.zst.sig")), List.of(publicKey()))).isTrue();
        assertThat(folder.resolve("first.img.bmap")).content().contains("<ImageSize> " + layout.size() + " </ImageSize>");
    }

    /** The image itself is asked what is in it: dpkg's list, the kernel's modules, the archives that lie there. */
    @Test
    void theBillOfMaterialsListsAllThatIsInTheImage() throws Exception {
        JsonNode sbom = new ObjectMapper().readTree(folder.resolve("first.cdx.json").toFile());
        Map<String, JsonNode> listed = new TreeMap<>();
        sbom.path("components").forEach(component -> listed.put(component.path("name").asText() + " " + component.path("version").asText(), component));
        assertThat(listed).hasSameSizeAs(sbom.path("components"));
        Set<String> installed = new TreeSet<>();
        for (String stanza : cat("var/lib/dpkg/status").split("\n\n+")) {
            Map<String, String> fields = new TreeMap<>();
            stanza.lines().filter(line -> line.matches("(Package|Version|Status): .*")).forEach(line -> fields.put(line.substring(0, line.indexOf(':')), line.substring(line.indexOf(' ') + 1)));
            assertThat(fields.get("Status")).as(stanza).isEqualTo("install ok installed");
            installed.add(fields.get("Package") + " " + fields.get("Version"));
        }
        assertThat(installed).hasSizeGreaterThan(100);
        assertThat(listed.keySet()).containsAll(installed);
        String kernel = new ObjectMapper().readTree(cat(DeviceLayout.RELEASE_FILE.substring(1))).path("kernel").asText();
        assertThat(Tool.find("unsquashfs").run("-ll", root.toString(), "usr/lib/modules")).contains("usr/lib/modules/" + kernel + "/");
        listed.keySet().removeAll(installed);
        // What is not installed by dpkg: skerry, the kernel, which is only unpacked, and what image.yaml brought.
        assertThat(listed.keySet()).allMatch(name -> name.equals("skerry 1.2.3") || name.equals("registry.example.org/shop/web 1.2") || name.matches("linux-\\w+-" + Pattern.quote(kernel) + " .*"))
                .hasSizeGreaterThanOrEqualTo(3);
        assertThat(listed.get("registry.example.org/shop/web 1.2").path("purl").asText()).startsWith("pkg:oci/web@sha256%3A").contains("repository_url=registry.example.org/shop/web&tag=1.2");
        JsonNode containerd = sbom.path("components").valueStream().filter(component -> component.path("name").asText().equals("containerd")).findFirst().orElseThrow();
        assertThat(containerd.path("licenses")).isNotEmpty();
        assertThat(containerd.path("purl").asText()).endsWith("&distro=trixie");
    }

    /** Nothing of the first build is used but its packages, one of which a crash has damaged: the base system is installed anew, scripts and all. */
    @Test
    void theLockGivesTheSameImageBitByBit() throws Exception {
        Lock lock = Lock.read(folder.resolve("first.lock.json"), "generic-amd64");
        Path damaged = CACHE.resolve("debs").resolve(lock.packages().stream().filter(item -> item.name().equals("catatonit")).findFirst().orElseThrow().sha256() + ".deb");
        Files.writeString(damaged, "and then the power was cut", StandardOpenOption.APPEND);
        Path cache = Files.createDirectory(folder.resolve("second-cache"));
        Files.createSymbolicLink(cache.resolve("debs"), CACHE.resolve("debs"));
        build("second.img.zst", folder.resolve("first.lock.json"), cache);
        try (var bases = Files.list(cache.resolve("base"))) {
            assertThat(bases.map(base -> base.toString().replaceFirst(".*\\.tar", ".tar"))).containsExactlyInAnyOrder(".tar", ".tar.sha256");
        }
        for (String beside : List.of(".img.zst", ".img.bmap", ".cdx.json", ".lock.json", ".os.tar")) {
            assertThat(Files.mismatch(folder.resolve("first" + beside), folder.resolve("second" + beside))).as(beside).isEqualTo(-1);
        }
    }

    @Test
    void mistakesAreToldBeforeTheWorkBegins() {
        assertThatThrownBy(() -> start("generic-arm64", "a.img.zst", "1")).hasMessageContaining("is for amd64, and generic-arm64 is arm64");
        assertThatThrownBy(() -> start("toaster", "a.img.zst", "1")).hasMessageContaining("there is no board \"toaster\"");
        assertThatThrownBy(() -> start("generic-amd64", "a.iso", "1")).hasMessageContaining("must end in .img.zst");
        assertThatThrownBy(() -> start("generic-amd64", "a.img.zst", "1 2")).hasMessageContaining("the version \"1 2\"");
    }

    private void start(String board, String output, String version) {
        new ImageBuild(new ImageOptions(board, List.of(), OVERLAYS, Settings.defaults(), folder, folder.resolve(output), null, PROGRAM, version, null, List.of(), List.of(),
                folder.resolve("cache"), null), new Progress(System.out, false, ImageBuild.STEPS));
    }

    private PublicKey publicKey() throws Exception {
        return Ed25519Keys.publicKey(Files.readString(KeyFiles.publicKeyOf(key)), "os.key.pub");
    }

    private String cat(String path) {
        return Tool.find("unsquashfs").run("-cat", root.toString(), path);
    }

    /** A partition's bytes as a file. */
    private Path cut(String label) throws Exception {
        DiskLayout.Partition partition = layout.partition(label);
        Path file = folder.resolve(label + ".part");
        try (var in = java.nio.channels.FileChannel.open(disk); var out = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.CREATE,
                java.nio.file.StandardOpenOption.WRITE)) {
            in.transferTo(partition.start(), partition.size(), out);
        }
        return file;
    }
}
