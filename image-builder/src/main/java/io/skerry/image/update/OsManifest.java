package io.skerry.image.update;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.ImageException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * {@code manifest.json}, the first member of an OS update file ({@code skerry-BOARD-VERSION.os.tar}). The second is {@code manifest.sig},
 * the Ed25519 signature over its bytes, base64. Then follow the files that it names, in its order.
 *
 * @param buildDate RFC 3339
 * @param verityRootHash of {@code root.img}, hexadecimal
 * @param verityHashOffset where in {@code root.img} its hash tree starts, bytes
 * @param kernelArguments of the board, before our own: the new version's may differ from those of the running one
 * @param files {@code linux}, {@code initrd}, {@code root.img}; on Raspberry Pis {@code boot.tar}, {@code root.img}
 */
public record OsManifest(String board, String version, String buildDate, String verityRootHash, long verityHashOffset,
        List<String> kernelArguments, Map<String, Member> files) {
    public static final String NAME = "manifest.json";
    public static final String SIGNATURE = "manifest.sig";
    public static final String LINUX = "linux";
    public static final String INITRD = "initrd";
    public static final String ROOT = "root.img";
    /** Everything of the slot's boot partition, on {@link io.skerry.image.layout.BootChain#TRYBOOT} boards. */
    public static final String BOOT = "boot.tar";
    /** A manifest is small; what claims to be one and is larger is not read. */
    public static final int MAX_BYTES = 64 * 1024;

    /** Bytes of tar's own around it, at most. */
    private static final int HEADERS = 8 * 1024;
    private static final int SCHEMA = 1;
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /**
     * @param sha256 hexadecimal
     * @param size bytes
     */
    public record Member(String sha256, long size) {}

    public OsManifest {
        kernelArguments = List.copyOf(kernelArguments);
        files = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(files));
    }

    /** The bytes that are signed. */
    public byte[] render() {
        ObjectNode root = JSON.createObjectNode();
        root.put("schema", SCHEMA).put("board", board).put("version", version).put("buildDate", buildDate)
                .put("verityRootHash", verityRootHash).put("verityHashOffset", verityHashOffset);
        ArrayNode arguments = root.putArray("kernelArguments");
        kernelArguments.forEach(arguments::add);
        ObjectNode members = root.putObject("files");
        files.forEach((name, member) -> members.putObject(name).put("sha256", member.sha256()).put("size", member.size()));
        try {
            return (JSON.writeValueAsString(root) + "\n").getBytes(java.nio.charset.StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * The manifest of an update file; not to be trusted before its signature was checked.
     *
     * @param file read from its beginning, to the manifest's end or a little further
     * @throws ImageException when it is no update file, or none that this version knows
     */
    public static OsManifest first(InputStream file) throws IOException {
        // What fails after this is the content's fault, not the disk's.
        byte[] head = file.readNBytes(MAX_BYTES + HEADERS);
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new ByteArrayInputStream(head))) {
            TarArchiveEntry entry = tar.getNextEntry();
            if (entry == null || !entry.getName().equals(NAME) || entry.getSize() > MAX_BYTES) {
                throw new ImageException("not an OS update file: it does not begin with " + NAME);
            }
            return parse(tar.readAllBytes());
        } catch (IllegalArgumentException | IOException e) {
            throw new ImageException("not an OS update file: " + e.getMessage(), e);
        }
    }

    /** @throws ImageException when it is not a manifest that this version knows; the signature must have been checked before */
    public static OsManifest parse(byte[] bytes) {
        try {
            JsonNode root = JSON.readTree(bytes);
            if (root.path("schema").asInt() != SCHEMA) {
                throw new ImageException(NAME + ": \"schema\" is " + root.path("schema") + ", and only " + SCHEMA + " is known here: update to a version in between first");
            }
            Map<String, Member> files = new LinkedHashMap<>();
            for (Map.Entry<String, JsonNode> file : root.path("files").properties()) {
                files.put(file.getKey(), new Member(text(file.getValue(), "sha256", "[0-9a-f]{64}"), file.getValue().path("size").asLong(-1)));
                if (files.get(file.getKey()).size() < 0) {
                    throw new ImageException(NAME + ": files." + file.getKey() + ".size must be a number of bytes");
                }
            }
            List<String> arguments = new ArrayList<>();
            for (JsonNode argument : root.path("kernelArguments")) {
                if (!argument.asText().matches("[!-~]{1,256}")) {
                    throw new ImageException(NAME + ": \"kernelArguments\" must be a list of words, without spaces in them");
                }
                arguments.add(argument.asText());
            }
            return new OsManifest(text(root, "board", "[a-z0-9-]{1,63}"), text(root, "version", "[0-9A-Za-z.~_-]{1,64}"), text(root, "buildDate", "[0-9T:Z.+-]+"),
                    text(root, "verityRootHash", "[0-9a-f]{64}"), root.path("verityHashOffset").asLong(), arguments, files);
        } catch (IOException e) {
            throw new ImageException(NAME + " is not JSON: " + e.getMessage(), e);
        }
    }

    private static String text(JsonNode node, String field, String pattern) {
        String value = node.path(field).asText("");
        if (!value.matches(pattern)) {
            throw new ImageException(NAME + ": \"" + field + "\" is missing or not like " + pattern + ": \"" + value + "\"");
        }
        return value;
    }
}
