package io.skerry.image.build;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.image.ImageException;
import io.skerry.image.layout.BootChain;
import io.skerry.machinery.yaml.Yaml;
import io.skerry.machinery.yaml.YamlException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What differs from board to board, read from {@code overlays/common/common.yaml}, then {@code overlays/BOARD/board.yaml}, and then
 * {@code overlays/PROFILE/profile.yaml} for each profile that is asked for; lists add up.
 * The format is described in overlays/README.md.
 *
 * @param name the folder's name: the board
 * @param arch Debian's name of the architecture
 * @param suite Debian release
 * @param extraSuites further ones; only what is named {@code package/suite} comes from them
 * @param packages installed in the root file system
 * @param unpacked laid over the root file system without running their scripts: firmware
 * @param kernelPackage a Debian package that depends on the kernel; like {@code unpacked} it may be {@code package/suite}
 * @param kernelArguments before our own
 * @param kernelModules folders of modules that are compiled for the kernel and loaded at boot
 * @param kernelExclude folders of modules below /usr/lib/modules/VERSION that are left out
 * @param initrdModules names of modules that the initrd must have, with what they depend on
 * @param strip patterns (globs) of paths that are removed from the root file system
 * @param sizes bytes by partition: esp or boot, config, root, data
 * @param firmware TRYBOOT only: files (globs in the image's tree) for the slot's boot partition
 * @param deviceTrees TRYBOOT only: names below the kernel package's dtb folder, globs
 * @param configTxt TRYBOOT only: lines of config.txt
 * @param overlays folders to lay over the root file system, in this order
 */
record Board(String name, String arch, String suite, List<String> extraSuites, BootChain boot, List<String> packages, List<String> unpacked, String kernelPackage,
        List<String> kernelArguments, List<Path> kernelModules, List<String> kernelExclude, List<String> initrdModules, List<String> strip,
        Map<String, Long> sizes, List<String> firmware, List<String> deviceTrees, List<String> configTxt, List<Path> overlays) {
    private static final String BOARD = "board.yaml";
    private static final String PROFILE = "profile.yaml";
    private static final Set<String> KEYS = Set.of("description", "arch", "suite", "extraSuites", "boot", "packages", "unpacked", "kernel", "initrd", "strip", "sizes",
            "firmware", "deviceTrees", "configTxt");
    /** A profile adds to a board; what a board is stays as it is. */
    private static final Set<String> PROFILE_KEYS = Set.of("description", "extraSuites", "packages", "unpacked", "kernel", "initrd", "strip", "firmware", "deviceTrees", "configTxt");
    private static final Set<String> PROFILE_KERNEL_KEYS = Set.of("arguments");
    private static final Pattern SIZE = Pattern.compile("(\\d{1,9})(MiB|GiB)");
    private static final long MIB = 1 << 20;

    /** The boards that this folder describes, sorted. */
    static List<String> names(Path overlays) {
        return folders(overlays, BOARD);
    }

    private static List<String> folders(Path overlays, String file) {
        try (Stream<Path> folders = Files.list(overlays)) {
            return folders.filter(folder -> Files.exists(folder.resolve(file))).map(folder -> folder.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new ImageException("cannot read the boards in " + overlays + ": name the folder with --overlays", e);
        }
    }

    static Board read(Path overlays, String name, List<String> profiles) {
        require(overlays, BOARD, "board", name);
        List<Yaml.Document> all = new ArrayList<>(List.of(parse(overlays.resolve("common/common.yaml"), KEYS), parse(overlays.resolve(name).resolve(BOARD), KEYS)));
        List<Path> roots = new ArrayList<>(List.of(overlays.resolve("common/root"), overlays.resolve(name).resolve("root")));
        for (String profile : profiles) {
            require(overlays, PROFILE, "profile", profile);
            Yaml.Document document = parse(overlays.resolve(profile).resolve(PROFILE), PROFILE_KEYS);
            document.root().path("kernel").fieldNames().forEachRemaining(key -> require(document, "/kernel/" + key, key, PROFILE_KERNEL_KEYS));
            all.add(document);
            roots.add(overlays.resolve(profile).resolve("root"));
        }
        Yaml.Document common = all.get(0);
        Yaml.Document board = all.get(1);
        BootChain boot = switch (required(board, "/boot").asText().toLowerCase(Locale.ROOT)) {
            case "efi" -> BootChain.EFI;
            case "tryboot" -> BootChain.TRYBOOT;
            default -> throw at(board, "/boot", "must be efi or tryboot");
        };
        return new Board(name, required(board, "/arch").asText(), text(board, common, "/suite"), lists(all, "/extraSuites"), boot, lists(all, "/packages"),
                lists(all, "/unpacked"), required(board, "/kernel/package").asText(), lists(all, "/kernel/arguments"), modules(overlays, common, board),
                lists(all, "/kernel/exclude"), lists(all, "/initrd/modules"), lists(all, "/strip"), sizes(board, boot), lists(all, "/firmware"),
                lists(all, "/deviceTrees"), lists(all, "/configTxt"), roots.stream().filter(Files::isDirectory).toList());
    }

    private static void require(Path overlays, String file, String what, String name) {
        List<String> known = folders(overlays, file);
        if (!known.contains(name)) {
            throw new ImageException("there is no " + what + " \"" + name + "\" in " + overlays + "; the " + what + "s are " + String.join(", ", known));
        }
    }

    private static List<Path> modules(Path overlays, Yaml.Document common, Yaml.Document board) {
        String key = "/kernel/modules";
        List<Path> folders = lists(List.of(common, board), key).stream().map(module -> overlays.resolve("common/modules").resolve(module)).toList();
        for (Path folder : folders) {
            if (!Files.exists(folder.resolve("Kbuild"))) {
                throw at(board, key, "names " + folder.getFileName() + ", but there is no " + folder.resolve("Kbuild"));
            }
        }
        return folders;
    }

    private static Yaml.Document parse(Path file, Set<String> keys) {
        try {
            List<Yaml.Document> documents = Yaml.parseAll(Files.readString(file), file.toString());
            if (documents.size() != 1 || !documents.getFirst().root().isObject()) {
                throw new ImageException(file + ": must be one YAML mapping");
            }
            Yaml.Document document = documents.getFirst();
            document.root().fieldNames().forEachRemaining(key -> require(document, "/" + key, key, keys));
            return document;
        } catch (YamlException e) {
            throw new ImageException(e.getMessage(), e);
        } catch (IOException e) {
            throw new ImageException("cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    private static void require(Yaml.Document document, String pointer, String key, Set<String> known) {
        if (!known.contains(key)) {
            throw at(document, pointer, "is not known here; known are " + String.join(", ", known.stream().sorted().toList()));
        }
    }

    private static Map<String, Long> sizes(Yaml.Document board, BootChain boot) {
        List<String> names = List.of(boot == BootChain.EFI ? "esp" : "boot", "config", "root", "data");
        Map<String, Long> sizes = new java.util.TreeMap<>();
        for (String name : names) {
            Matcher size = SIZE.matcher(required(board, "/sizes/" + name).asText());
            if (!size.matches()) {
                throw at(board, "/sizes/" + name, "must be like 64MiB or 2GiB");
            }
            sizes.put(name, Long.parseLong(size.group(1)) * (size.group(2).equals("MiB") ? MIB : 1024 * MIB));
        }
        return Map.copyOf(sizes);
    }

    private static JsonNode required(Yaml.Document document, String pointer) {
        JsonNode node = document.root().at(pointer);
        if (node.isMissingNode() || node.isNull()) {
            throw at(document, pointer, "is missing");
        }
        return node;
    }

    private static String text(Yaml.Document first, Yaml.Document second, String pointer) {
        JsonNode node = first.root().at(pointer);
        return node.isMissingNode() ? required(second, pointer).asText() : node.asText();
    }

    private static List<String> lists(List<Yaml.Document> documents, String pointer) {
        List<String> all = new ArrayList<>();
        for (Yaml.Document document : documents) {
            JsonNode list = document.root().at(pointer);
            if (!list.isMissingNode() && !list.isArray()) {
                throw at(document, pointer, "must be a list");
            }
            list.forEach(item -> all.add(item.asText()));
        }
        return List.copyOf(all);
    }

    private static ImageException at(Yaml.Document document, String pointer, String problem) {
        return new ImageException(document.source() + ":" + document.lineOf(pointer) + ": " + pointer.substring(1).replace('/', '.') + " " + problem);
    }
}
