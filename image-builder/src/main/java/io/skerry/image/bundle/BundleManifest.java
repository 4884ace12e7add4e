package io.skerry.image.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a bundle on a USB stick holds: {@code manifest.json} in the folder {@value #FOLDER}, signed by {@code manifest.sig} (Ed25519 over
 * the file's bytes, base64). Everything else in the folder follows from it by digest; what it does not name is not looked at.
 *
 * <ul>
 * <li>{@code skerry.yaml}: settings
 * <li>{@code images/NAME.tar}, {@code .tar.gz}, {@code .tgz} or {@code .tar.zst}: container images (OCI archives)
 * <li>{@code fleet.bundle}: the fleet repository (git-bundle(1))
 * <li>{@code os/NAME.os.tar}: an operating system, with a signature of its own
 * </ul>
 *
 * @param name    for people
 * @param created a device takes no bundle that is older than the last one it took
 * @param files   by path, which uses {@code /}
 */
public record BundleManifest(String name, Instant created, Map<String, Content> files) {
    public static final String FOLDER = "skerry-bundle", MANIFEST = "manifest.json", SIGNATURE = "manifest.sig";
    public static final String SETTINGS = "skerry.yaml", FLEET = "fleet.bundle", IMAGES = "images/", OS = "os/";
    private static final int SCHEMA = 1;
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}";

    /** @param sha256 lower-case hexadecimal; @param size bytes */
    public record Content(String sha256, long size) {}

    public BundleManifest {
        files = Collections.unmodifiableMap(new TreeMap<>(files));
    }

    /** Whether a bundle may hold a file of this path. */
    public static boolean isPath(String path) {
        return path.equals(SETTINGS) || path.equals(FLEET) || path.matches(IMAGES + NAME + "\\.(tar|tar\\.gz|tgz|tar\\.zst)") || path.matches(OS + NAME + "\\.os\\.tar");
    }

    /** Bytes of all files together. */
    public long size() {
        return files.values().stream().mapToLong(Content::size).sum();
    }

    public byte[] toJson() {
        ObjectNode node = Json.object().put("schema", SCHEMA).put("name", name).put("created", created.toString());
        ObjectNode all = node.putObject("files");
        files.forEach((path, content) -> all.putObject(path).put("sha256", content.sha256()).put("size", content.size()));
        return (node.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** @throws BundleException when it is none that this version reads */
    public static BundleManifest parse(byte[] json) throws BundleException {
        JsonNode node;
        try {
            node = Json.parse(json);
        } catch (IllegalArgumentException e) {
            throw new BundleException(MANIFEST + " is not JSON: " + e.getMessage());
        }
        if (node.path("schema").asInt() != SCHEMA) {
            throw new BundleException(MANIFEST + " has schema " + node.path("schema") + "; this version of skerry reads schema " + SCHEMA);
        }
        Instant created;
        try {
            created = Instant.parse(node.path("created").asText());
        } catch (DateTimeException e) {
            throw new BundleException(MANIFEST + ": created '" + node.path("created").asText() + "' is not a time of RFC 3339");
        }
        Map<String, Content> files = new TreeMap<>();
        for (Map.Entry<String, JsonNode> each : node.path("files").properties()) {
            if (!isPath(each.getKey())) {
                throw new BundleException(MANIFEST + " names " + each.getKey() + ", which this version of skerry has no use for");
            }
            Content content = new Content(each.getValue().path("sha256").asText(), each.getValue().path("size").asLong(-1));
            if (!content.sha256().matches("[0-9a-f]{64}") || content.size() < 0) {
                throw new BundleException(MANIFEST + ": " + each.getKey() + " needs sha256 and size");
            }
            files.put(each.getKey(), content);
        }
        if (files.isEmpty()) {
            throw new BundleException(MANIFEST + " names no files");
        }
        return new BundleManifest(node.path("name").asText(), created, files);
    }
}
