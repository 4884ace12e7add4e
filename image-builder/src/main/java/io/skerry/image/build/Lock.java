package io.skerry.image.build;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.nio.charset.StandardCharsets;

/**
 * Exactly which packages an image is made of. The same lock, binary, overlays and settings give the same image, bit by bit. It names no
 * mirror: packages are known by their SHA-256.
 *
 * @param buildDate seconds since 1970: the time of every file in the image
 * @param packages sorted by name
 */
record Lock(String board, long buildDate, List<Package> packages) {
    private static final int SCHEMA = 1;
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** How a package gets into the image. */
    enum Use {
        /** Installed by dpkg, with its scripts. */
        INSTALL,
        /** Only its files are used: the kernel and firmware, whose scripts would build an initrd for the build machine. */
        UNPACK,
        /** The JDK whose modules make the image's Java ({@link JavaRuntime}). Only for images without a native skerry. */
        LINK,
        /** Unpacked on the build machine, to compile the board's kernel modules ({@link KernelModules}); nothing of it gets into the image. */
        BUILD
    }

    /**
     * @param architecture of the package: the board's, or {@code all}
     * @param sha256 of the .deb, hexadecimal
     * @param size of the .deb, bytes
     * @param suite of Debian that it is from, such as trixie-security; "" in older locks, which do not say it
     */
    record Package(String name, String version, String architecture, String sha256, long size, Use use, String suite) {
        Package(String name, String version, String architecture, String sha256, long size, Use use) {
            this(name, version, architecture, sha256, size, use, "");
        }

        Package from(String suite) {
            return new Package(name, version, architecture, sha256, size, use, suite);
        }
    }

    Lock {
        packages = packages.stream().sorted(Comparator.comparing(Package::name).thenComparing(Package::use)).toList();
    }

    List<Package> used(Use use) {
        return packages.stream().filter(item -> item.use() == use).toList();
    }

    /** Those of these names that no installed package has. */
    List<String> missing(List<String> names) {
        List<String> installed = used(Use.INSTALL).stream().map(Package::name).toList();
        return names.stream().filter(name -> !installed.contains(name)).toList();
    }

    /** SHA-256 over what is installed, hexadecimal: two locks with the same one share a base system. */
    String baseKey() {
        StringBuilder text = new StringBuilder();
        used(Use.INSTALL).forEach(item -> text.append(item.name()).append(' ').append(item.sha256()).append('\n'));
        return Digests.sha256(text.toString().getBytes(StandardCharsets.UTF_8));
    }

    String render() {
        ObjectNode root = JSON.createObjectNode();
        root.put("schema", SCHEMA);
        root.put("board", board);
        root.put("buildDate", buildDate);
        ArrayNode list = root.putArray("packages");
        for (Package item : packages) {
            ObjectNode locked = list.addObject().put("name", item.name()).put("version", item.version()).put("architecture", item.architecture())
                    .put("sha256", item.sha256()).put("size", item.size()).put("use", item.use().name().toLowerCase(java.util.Locale.ROOT));
            // An older lock stays as it is: what is made of its text, such as UUIDs, must not change.
            if (!item.suite().isEmpty()) {
                locked.put("suite", item.suite());
            }
        }
        try {
            return JSON.writeValueAsString(root) + "\n";
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** @throws ImageException when it is not a lock, or one of another board */
    static Lock read(Path file, String board) {
        try {
            JsonNode root = JSON.readTree(Files.readAllBytes(file));
            if (root.path("schema").asInt() != SCHEMA) {
                throw new ImageException(file + ": \"schema\" must be " + SCHEMA + "; make a new lock by building without --lock");
            }
            if (!root.path("board").asText().equals(board)) {
                throw new ImageException(file + " is the lock of board " + root.path("board").asText() + ", not of " + board);
            }
            List<Package> packages = new ArrayList<>();
            for (JsonNode item : root.path("packages")) {
                Package locked = new Package(text(file, item, "name"), text(file, item, "version"), text(file, item, "architecture"),
                        text(file, item, "sha256"), item.path("size").asLong(), Use.valueOf(text(file, item, "use").toUpperCase(java.util.Locale.ROOT)),
                        item.path("suite").asText());
                if (locked.sha256().length() != 64 || !isHex(locked.sha256())) {
                    throw new ImageException(file + ": the sha256 of " + locked.name() + " must be 64 hexadecimal digits");
                }
                packages.add(locked);
            }
            if (packages.isEmpty()) {
                throw new ImageException(file + " names no packages; make a new lock by building without --lock");
            }
            return new Lock(board, root.path("buildDate").asLong(), packages);
        } catch (IOException | IllegalArgumentException e) {
            throw new ImageException("cannot read the lock " + file + ": " + e.getMessage(), e);
        }
    }

    private static boolean isHex(String text) {
        try {
            HexFormat.of().parseHex(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static String text(Path file, JsonNode item, String field) {
        if (!item.path(field).isTextual()) {
            throw new ImageException(file + ": a package has no \"" + field + "\": " + item);
        }
        return item.path(field).asText();
    }
}
