package io.skerry.image.layout;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.image.boot.Autoboot;
import io.skerry.image.boot.KernelArguments;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.update.Ed25519Keys;
import io.skerry.image.update.OsManifest;
import io.skerry.machinery.yaml.Yaml;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Holds the Yocto layer to the images that are made here: a device takes updates of either, so layout, boot entries and update files must not
 * differ. Runs the layer's own Python (yocto-layer/meta-skerry/lib), without bitbake; scripts/yocto-check parses the rest.
 */
class YoctoLayerTest {
    private static final Path LAYER = Path.of("../yocto-layer/meta-skerry").toAbsolutePath().normalize();
    private static final Path OVERLAYS = Path.of("../overlays").toAbsolutePath().normalize();
    private static final String HASH = "5f".repeat(32);
    private static final List<String> CONSOLES = List.of("console=tty0", "console=ttyS0,115200");
    private static final Pattern PARTITION = Pattern.compile("part .*--part-name (\\S+) --part-type (\\S+) --fixed-size \\$\\{SKERRY_(\\S+)_SIZE}M --align 1024");

    @TempDir
    Path work;

    @Test
    void bootsWithTheSameArgumentsAndEntries() throws Exception {
        List<String> expressions = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        for (Slot slot : Slot.values()) {
            String options = new KernelArguments(slot, "generic-amd64", "1.2.3", HASH, 157286400, CONSOLES).render();
            LoaderEntry entry = LoaderEntry.good(slot, 7, "1.2.3", options);
            String s = "'" + slot.letter() + "'";
            expressions.add("layout.kernel_arguments(" + s + ", 'generic-amd64', '1.2.3', '" + HASH + "', 157286400, ['" + String.join("', '", CONSOLES) + "'])");
            expected.add(options);
            expressions.add("layout.loader_entry(" + s + ", 7, '1.2.3', '" + options + "')");
            expected.add(entry.render());
            expressions.add("layout.entry_name(" + s + ")");
            expected.add(entry.fileName());
            expressions.add("layout.kernel_folder(" + s + ")");
            expected.add(LoaderEntry.kernelFolder(slot));
            expressions.add("layout.autoboot(" + s + ")");
            expected.add(Autoboot.render(slot));
        }
        assertThat(values(expressions)).isEqualTo(expected);
    }

    @Test
    void namesWhatTheDeviceLooksFor() throws Exception {
        assertThat(values(List.of("layout.CONFIG_VOLUME", "layout.DATA_VOLUME", "layout.SETTINGS_FILE", "layout.RELEASE_FILE", "layout.OS_TRUST_DIR")))
                .containsExactly(DeviceLayout.CONFIG_VOLUME, DeviceLayout.DATA_VOLUME, DeviceLayout.SETTINGS_FILE, DeviceLayout.RELEASE_FILE, DeviceLayout.OS_TRUST_DIR);
        assertThat(Files.readString(LAYER.resolve("recipes-skerry/skerry/skerry-bin.bb"))).contains("${D}${bindir}/skerry");
        assertThat(DeviceLayout.BINARY).isEqualTo("/usr/bin/skerry");
    }

    @Test
    void takesUnitsAndInitrdFromTheSameFolders() throws Exception {
        assertThat(Files.readString(LAYER.resolve("classes-recipe/skerry-image.bbclass"))).contains("${SKERRY_SOURCE_DIR}/overlays/common/root ${SKERRY_SOURCE_DIR}/overlays/${SKERRY_BOARD}/root");
        assertThat(OVERLAYS.resolve("common/root/usr/lib/systemd/system/skerry.service")).exists();
        assertThat(Files.readString(LAYER.resolve("recipes-core/skerry-initrd-init/skerry-initrd-init.bb"))).contains("${SKERRY_SOURCE_DIR}/overlays/common:", "file://initrd/init");
        assertThat(OVERLAYS.resolve("common/initrd/init")).exists();
    }

    /** OpenEmbedded packs them one by one. The client is what fetches ssh:// repositories. */
    /** A slot that hangs must end by itself: what the script loads, with its limit, and what the kernel's arguments ask for. */
    @Test
    void startsTheSameWatchdogs() throws Exception {
        String initrd = Files.readString(LAYER.resolve("recipes-core/images/skerry-initrd.bb"));
        Matcher limits = Pattern.compile("^options (\\w+) ", Pattern.MULTILINE).matcher(Files.readString(OVERLAYS.resolve("common/initrd/etc/modprobe.d/watchdog.conf")));
        List<String> packages = new ArrayList<>();
        while (limits.find()) {
            packages.add("kernel-module-" + limits.group(1).toLowerCase(Locale.ROOT).replace('_', '-'));
        }
        assertThat(packages).contains("kernel-module-softdog", "kernel-module-itco-wdt");
        assertThat(List.of(initrd.split("[\\s\"\\\\]+"))).containsAll(packages);
        assertThat(Files.readString(LAYER.resolve("recipes-core/skerry-initrd-init/skerry-initrd-init.bb"))).contains("file://initrd/etc/modprobe.d/watchdog.conf");
        assertThat(Files.readAllLines(LAYER.resolve("recipes-kernel/linux/files/skerry.cfg"))).contains("CONFIG_SOFTLOCKUP_DETECTOR=y", "CONFIG_DEBUG_KERNEL=y", "CONFIG_SOFT_WATCHDOG=m");
    }

    @Test
    void bringsOpensshsServerAndClient() throws Exception {
        assertThat(Files.readString(LAYER.resolve("recipes-core/packagegroups/packagegroup-skerry.bb")).split("[\\s\\\\]+")).contains("openssh-sshd", "openssh-keygen", "openssh-ssh");
    }

    @Test
    void laysOutDisksAlike() throws Exception {
        Map<String, String> image = variables(Files.readString(LAYER.resolve("classes-recipe/skerry-image.bbclass")));
        Matcher config = Pattern.compile("\\$\\{@'(\\d+)' if d.getVar\\('SKERRY_BOOT_CHAIN'\\) == 'tryboot' else '(\\d+)'}").matcher(image.get("SKERRY_CONFIG_SIZE"));
        assertThat(config.matches()).as(image.get("SKERRY_CONFIG_SIZE")).isTrue();
        Map<BootChain, Map<String, Long>> sizes = new EnumMap<>(BootChain.class);
        for (BootChain boot : BootChain.values()) {
            String name = boot.name().toLowerCase(Locale.ROOT);
            Map<String, Long> mebibytes = new TreeMap<>();
            for (String partition : List.of("esp", "boot", "root", "data")) {
                mebibytes.put(partition, Long.valueOf(image.get("SKERRY_" + partition.toUpperCase(Locale.ROOT) + "_SIZE")));
            }
            mebibytes.put("config", Long.valueOf(config.group(boot == BootChain.TRYBOOT ? 1 : 2)));
            sizes.put(boot, mebibytes);
            Map<String, Long> bytes = new TreeMap<>();
            mebibytes.forEach((partition, size) -> bytes.put(partition, size << 20));
            List<DiskLayout.Partition> partitions = new ArrayList<>();
            for (String line : Files.readAllLines(LAYER.resolve("files/wic/skerry-" + name + ".wks.in"))) {
                if (line.startsWith("part ")) {
                    Matcher partition = PARTITION.matcher(line);
                    assertThat(partition.matches()).as(line).isTrue();
                    long start = partitions.isEmpty() ? 1 << 20 : partitions.getLast().end();
                    partitions.add(new DiskLayout.Partition(partitions.size() + 1, partition.group(1), partition.group(2), start,
                            bytes.get(partition.group(3).toLowerCase(Locale.ROOT))));
                }
            }
            assertThat(partitions).as(name).isEqualTo(DiskLayout.of(boot, bytes).partitions());
        }
        assertThat(boards()).isNotEmpty();
        for (Path file : boards()) {
            JsonNode board = yaml(file);
            Map<String, Long> known = sizes.get(BootChain.valueOf(board.path("boot").asText().toUpperCase(Locale.ROOT)));
            board.path("sizes").properties().forEach(size -> assertThat(size.getValue().asText()).as(file + ": sizes." + size.getKey())
                    .isEqualTo(known.get(size.getKey()) + "MiB"));
        }
    }

    @Test
    void givesTheKernelTheBoardsArguments() throws Exception {
        String image = Files.readString(LAYER.resolve("classes-recipe/skerry-image.bbclass"));
        List<String> common = words(yaml(OVERLAYS.resolve("common/common.yaml")).at("/kernel/arguments"));
        assertThat(variables(image).get("SKERRY_KERNEL_ARGUMENTS")).isEqualTo(String.join(" ", common) + " ${@skerry_consoles(d)}");
    }

    @Test
    void makesUpdateFilesThatDevicesTake() throws Exception {
        KeyPair keys = Ed25519Keys.generate();
        Files.writeString(work.resolve("key.pem"), Ed25519Keys.pem(keys.getPrivate()));
        Files.writeString(work.resolve("key.pub"), Ed25519Keys.pem(keys.getPublic()));
        Files.writeString(work.resolve("other.pub"), Ed25519Keys.pem(Ed25519Keys.generate().getPublic()));
        // Not a whole number of blocks: the tree must not begin in the last one.
        byte[] contents = new byte[300_001];
        new Random(1).nextBytes(contents);
        Files.write(work.resolve("squashfs"), contents);
        Files.writeString(work.resolve("kernel"), "kernel");
        Files.writeString(work.resolve("initrd"), "initrd");

        String make = "v = verity.append_tree('squashfs', 'root.img')\n"
                + "update.write(OUT, 'key.pem', 'generic-amd64', '1.2.3', '2026-01-02T03:04:05Z', v, ['quiet'], [('linux', 'kernel'), ('initrd', 'initrd'), ('root.img', 'root.img')])\n";
        python(make.replace("OUT", "'a.os.tar'") + "assert update.is_trusted('key.pem', ['other.pub', 'key.pub'])\nassert not update.is_trusted('key.pem', ['other.pub'])\n");
        python(make.replace("OUT", "'b.os.tar'"));
        assertThat(work.resolve("a.os.tar")).hasSameBinaryContentAs(work.resolve("b.os.tar"));

        Map<String, byte[]> members = members(work.resolve("a.os.tar"));
        assertThat(members.keySet()).containsExactly("manifest.json", "manifest.sig", "linux", "initrd", "root.img");
        byte[] manifest = members.get("manifest.json");
        assertThat(Ed25519Keys.verify(manifest, new String(members.get("manifest.sig"), StandardCharsets.US_ASCII), List.of(keys.getPublic()))).isTrue();
        OsManifest read = OsManifest.parse(manifest);
        assertThat(read.board()).isEqualTo("generic-amd64");
        assertThat(read.version()).isEqualTo("1.2.3");
        assertThat(read.buildDate()).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(read.kernelArguments()).containsExactly("quiet");
        assertThat(read.verityHashOffset()).isEqualTo(74 * 4096);
        assertThat(read.files().keySet()).containsExactly("linux", "initrd", "root.img");
        for (Map.Entry<String, OsManifest.Member> file : read.files().entrySet()) {
            byte[] member = members.get(file.getKey());
            assertThat(file.getValue()).isEqualTo(new OsManifest.Member(sha256(member), member.length));
        }
        String root = work.resolve("root.img").toString();
        run("veritysetup", "verify", root, root, read.verityRootHash(), "--hash-offset=" + read.verityHashOffset());
        byte[] damaged = Files.readAllBytes(work.resolve("root.img"));
        damaged[1234] ^= 1;
        Files.write(work.resolve("root.img"), damaged);
        assertThat(exit("veritysetup", "verify", root, root, read.verityRootHash(), "--hash-offset=" + read.verityHashOffset())).isNotZero();
    }

    @Test
    void fillsTheBootPartitions() throws Exception {
        for (String name : List.of("systemd-bootx64.efi", "kernel", "initrd", "a.dtb", "config.txt")) {
            Files.writeString(work.resolve(name), "contents of " + name);
        }
        Files.createDirectory(work.resolve("bootfiles"));
        Files.writeString(work.resolve("bootfiles/start4.elf"), "firmware");
        Files.writeString(work.resolve("skerry.yaml"), "hostname: x\n");
        String make = """
                partitions.esp_tree('esp', 'systemd-bootx64.efi', 'kernel', 'initrd', 'the entry')
                partitions.fat('esp.img', 34 << 20, 'ESP', 'esp', 1767323045)
                entries = partitions.boot_entries('.', 'bootfiles/* a.dtb;overlays/a.dtb kernel;kernel8.img config.txt')
                partitions.boot_tree('boot', '.', entries, 'initrd', 'the command line')
                partitions.fat('boot.img', 34 << 20, 'BOOT-A', 'boot', 1767323045)
                update.boot_tar('boot.tar', 'boot')
                partitions.config_tree('config', 'skerry.yaml', layout.autoboot('a'))
                partitions.fat('config.img', 8 << 20, layout.CONFIG_VOLUME, 'config', 1767323045)
                partitions.data('data.img', 64 << 20, 1767323045)
                """;
        python(make);
        assertThat(run("mtype", "-i", work.resolve("esp.img").toString(), "::/EFI/BOOT/BOOTX64.EFI")).isEqualTo("contents of systemd-bootx64.efi");
        assertThat(run("mtype", "-i", work.resolve("esp.img").toString(), "::/skerry/a/linux")).isEqualTo("contents of kernel");
        assertThat(run("mtype", "-i", work.resolve("esp.img").toString(), "::/loader/entries/skerry-a.conf")).isEqualTo("the entry");
        assertThat(run("mtype", "-i", work.resolve("boot.img").toString(), "::/cmdline.txt")).isEqualTo("the command line\n");
        assertThat(run("mtype", "-i", work.resolve("boot.img").toString(), "::/start4.elf")).isEqualTo("firmware");
        assertThat(members(work.resolve("boot.tar")).keySet()).containsExactly("cmdline.txt", "config.txt", "initrd", "kernel8.img", "overlays/a.dtb", "start4.elf");
        assertThat(run("mtype", "-i", work.resolve("config.img").toString(), "::/skerry.yaml")).isEqualTo("hostname: x\n");
        assertThat(run("mtype", "-i", work.resolve("config.img").toString(), "::/" + Autoboot.FILE)).isEqualTo(Autoboot.render(Slot.A));
        assertThat(run("blkid", "-o", "value", "-s", "LABEL", work.resolve("config.img").toString()).strip()).isEqualTo(DeviceLayout.CONFIG_VOLUME);
        assertThat(run("blkid", "-o", "value", "-s", "LABEL", work.resolve("data.img").toString()).strip()).isEqualTo(DeviceLayout.DATA_VOLUME);
        assertThat(run("e2fsck", "-fn", work.resolve("data.img").toString())).contains(DeviceLayout.DATA_VOLUME);

        List<String> made = List.of("esp.img", "boot.img", "config.img", "data.img", "boot.tar");
        for (String image : made) {
            Files.move(work.resolve(image), work.resolve("first-" + image));
        }
        python(make);
        for (String image : made) {
            assertThat(Files.mismatch(work.resolve("first-" + image), work.resolve(image))).as(image + ", made again").isEqualTo(-1);
        }
    }

    @Test
    void tellsWhatIsWrong() throws Exception {
        Map<String, String> wrong = new LinkedHashMap<>();
        wrong.put("layout.check_version('1.0 beta')", "SKERRY_VERSION is \"1.0 beta\"");
        wrong.put("layout.entry_name('c')", "slot \"c\" is neither a nor b");
        wrong.put("partitions.boot_entries('.', 'missing.elf')", "there is no missing.elf in .");
        wrong.put("partitions.boot_entries('.', '*.dtb')", "nothing in . fits *.dtb");
        wrong.put("partitions.boot_entries('.', 'a;')", "\"a;\" is not of the form FILE or FILE;PLACE");
        wrong.put("partitions.esp_tree('esp', 'grub.efi', 'k', 'i', 'e')", "grub.efi: not the name of a systemd-boot program");
        List<String> complaints = values(wrong.keySet().stream().map(call -> "complaint(lambda: " + call + ")").toList());
        assertThat(complaints).zipSatisfy(wrong.values(), (complaint, expected) -> assertThat(complaint).contains(expected));
    }

    /** What expressions of Python come to: strings. */
    private List<String> values(List<String> expressions) throws Exception {
        String printed = python("""
                import json
                def complaint(call):
                    try:
                        call()
                    except ValueError as e:
                        return str(e)
                    return 'no complaint'
                """ + "print(json.dumps([" + String.join(", ", expressions) + "]))");
        return words(Yaml.parseAll(printed, "python").getFirst().root());
    }

    /** What code with the layer's modules prints. */
    private String python(String code) throws IOException, InterruptedException {
        return run("python3", "-B", "-c", "import sys\nsys.path.insert(0, " + quoted(LAYER.resolve("lib")) + ")\nfrom skerry import layout, partitions, update, verity\n" + code);
    }

    private String run(String... command) throws IOException, InterruptedException {
        Path out = Files.createTempFile(work, "out", "");
        Path err = Files.createTempFile(work, "err", "");
        int exit = new ProcessBuilder(command).directory(work.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile()).start().waitFor();
        assertThat(exit).as(String.join(" ", command) + ": " + Files.readString(err)).isZero();
        return Files.readString(out);
    }

    private int exit(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor();
    }

    private static String quoted(Path path) {
        return "'" + path.toString().replace("\\", "\\\\").replace("'", "\\'") + "'";
    }

    private static Map<String, byte[]> members(Path tar) throws IOException {
        Map<String, byte[]> members = new LinkedHashMap<>();
        try (InputStream in = Files.newInputStream(tar); TarArchiveInputStream entries = new TarArchiveInputStream(in)) {
            for (TarArchiveEntry entry = entries.getNextEntry(); entry != null; entry = entries.getNextEntry()) {
                members.put(entry.getName(), entries.readAllBytes());
            }
        }
        return members;
    }

    private static String sha256(byte[] bytes) throws java.security.NoSuchAlgorithmException {
        return HexFormat.of().formatHex(java.security.MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    /** Defaults of variables: {@code NAME ??= "value"}. */
    private static Map<String, String> variables(String recipe) {
        Map<String, String> variables = new TreeMap<>();
        Matcher line = Pattern.compile("^(\\w+) \\?\\?= \"(.*)\"$", Pattern.MULTILINE).matcher(recipe);
        while (line.find()) {
            variables.put(line.group(1), line.group(2));
        }
        return variables;
    }

    private static List<Path> boards() throws IOException {
        try (Stream<Path> folders = Files.list(OVERLAYS)) {
            return folders.map(folder -> folder.resolve("board.yaml")).filter(Files::exists).sorted().toList();
        }
    }

    private static JsonNode yaml(Path file) throws IOException {
        return Yaml.parseAll(Files.readString(file), file.toString()).getFirst().root();
    }

    private static List<String> words(JsonNode list) {
        List<String> words = new ArrayList<>();
        list.forEach(word -> words.add(word.asText()));
        return words;
    }
}
