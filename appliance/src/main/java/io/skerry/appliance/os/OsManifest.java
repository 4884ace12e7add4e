package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What an OS update file holds: its first member, {@code manifest.json}, which the signature covers, so that everything else follows from
 * it by digest.
 *
 * @param rootHash        root of the dm-verity tree, hexadecimal
 * @param hashOffset      where in {@code root.img} the tree's superblock starts, bytes
 * @param kernelArguments of the board, before skerry's own
 * @param files           the members after the signature
 */
public record OsManifest(String board, String version, String rootHash, long hashOffset, List<String> kernelArguments, Map<String, Content> files) {
    public static final String NAME = "manifest.json", SIGNATURE = "manifest.sig", ROOT = "root.img", LINUX = "linux", INITRD = "initrd", BOOT = "boot.tar";
    private static final int SCHEMA = 1;
    private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][-A-Za-z0-9._+~]{0,63}"), HASH = Pattern.compile("[0-9a-f]{64}");

    /** @param size bytes */
    public record Content(String sha256, long size) {}

    /** @throws OsUpdateException naming the field that is wrong */
    static OsManifest parse(byte[] json) throws OsUpdateException {
        JsonNode node;
        try {
            node = Json.parse(json);
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage());
        }
        if (node.path("schema").asInt(-1) != SCHEMA) {
            throw wrong("schema is " + node.path("schema") + ", this version reads " + SCHEMA + "; update to a version in between first");
        }
        Map<String, Content> files = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> file : node.path("files").properties()) {
            JsonNode size = file.getValue().path("size");
            if (!size.canConvertToLong() || size.asLong() < 0) {
                throw wrong("files." + file.getKey() + ".size is not a number of bytes");
            }
            files.put(file.getKey(), new Content(text(file.getValue(), "sha256", HASH), size.asLong()));
        }
        if (!files.containsKey(ROOT) || !files.containsKey(BOOT) && !(files.containsKey(LINUX) && files.containsKey(INITRD))) {
            throw wrong("files must name root.img, and linux and initrd or boot.tar; it names " + files.keySet());
        }
        long offset = node.path("verityHashOffset").asLong(-1);
        if (offset <= 0 || offset >= files.get(ROOT).size()) {
            throw wrong("verityHashOffset " + node.path("verityHashOffset") + " is not within root.img");
        }
        List<String> arguments = new ArrayList<>();
        node.path("kernelArguments").forEach(argument -> arguments.add(argument.asText()));
        if (arguments.stream().anyMatch(argument -> argument.isBlank() || argument.chars().anyMatch(c -> c <= ' ' || c > '~'))) {
            throw wrong("kernelArguments must be a list of words");
        }
        return new OsManifest(text(node, "board", VERSION), text(node, "version", VERSION), text(node, "verityRootHash", HASH), offset, List.copyOf(arguments), Map.copyOf(files));
    }

    private static String text(JsonNode node, String field, Pattern allowed) throws OsUpdateException {
        String value = Json.text(node, field);
        if (!allowed.matcher(value).matches()) {
            throw wrong(field + " \"" + value + "\" does not match " + allowed);
        }
        return value;
    }

    private static OsUpdateException wrong(String what) {
        return new OsUpdateException("the image's manifest.json cannot be used: " + what);
    }
}
