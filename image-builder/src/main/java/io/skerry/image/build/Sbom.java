package io.skerry.image.build;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.image.Digests;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The image's bill of materials: every Debian package with version, checksum and licences, skerry itself and its libraries, its kernel modules,
 * and the container images that are there without being pulled (CycloneDX 1.6, JSON).
 */
final class Sbom {
    /** The JDK's copyright file is free text, and in another package. */
    private static final String JDK_LICENCE = "GPL-2.0-only WITH Classpath-exception-2.0";

    /**
     * A kernel module that is in none of Debian's packages.
     *
     * @param licence SPDX identifier
     * @param sha256 of its file in the image, hexadecimal
     */
    record Module(String name, String licence, String sha256) {}

    private Sbom() {}

    /**
     * @param tree for the packages' copyright files
     * @param programHash SHA-256 of skerry's binary, hexadecimal
     * @param libraries inside it: CycloneDX components
     * @param modules of the kernel that were compiled for the image
     * @param images that the devices are given
     */
    static String render(Lock lock, FileTree tree, String version, String programHash, List<JsonNode> libraries, List<Module> modules, List<ContainerImage> images)
            throws IOException {
        ObjectMapper json = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
        ObjectNode root = json.createObjectNode();
        root.put("bomFormat", "CycloneDX").put("specVersion", "1.6")
                .put("serialNumber", "urn:uuid:" + Digests.uuid("sbom " + version + " " + lock.render() + programHash + modules + images)).put("version", 1);
        ObjectNode metadata = root.putObject("metadata");
        metadata.put("timestamp", Instant.ofEpochSecond(lock.buildDate()).toString());
        String whole = "skerry-" + lock.board();
        metadata.putObject("component").put("type", "operating-system").put("bom-ref", whole).put("name", whole).put("version", version);
        ArrayNode components = root.putArray("components");
        ObjectNode skerry = components.addObject().put("type", "application").put("bom-ref", "skerry").put("name", "skerry").put("version", version);
        hash(skerry, programHash);
        licences(skerry, List.of("Apache-2.0"));
        List<String> all = new ArrayList<>(List.of("skerry"));
        for (Lock.Package item : lock.packages().stream().filter(item -> item.use() != Lock.Use.BUILD).toList()) {
            String purl = "pkg:deb/debian/" + encode(item.name()) + "@" + encode(item.version()) + "?arch=" + item.architecture() + distro(item.suite());
            ObjectNode component = components.addObject().put("type", item.name().startsWith("linux-image") ? "operating-system" : "library")
                    .put("bom-ref", purl).put("name", item.name()).put("version", item.version());
            hash(component, item.sha256());
            licences(component, item.use() == Lock.Use.LINK ? List.of(JDK_LICENCE) : licencesOf(tree, item.name()));
            component.put("purl", purl);
            all.add(purl);
        }
        for (Module module : modules) {
            ObjectNode component = components.addObject().put("type", "device-driver").put("bom-ref", module.name()).put("name", module.name()).put("version", version);
            hash(component, module.sha256());
            licences(component, List.of(module.licence()));
            all.add(module.name());
        }
        for (ContainerImage image : images) {
            ObjectNode component = components.addObject().put("type", "container").put("bom-ref", image.purl()).put("name", image.repository())
                    .put("version", image.tag().isEmpty() ? "sha256:" + image.digest() : image.tag());
            hash(component, image.digest());
            component.put("purl", image.purl());
            all.add(image.purl());
        }
        ArrayNode dependencies = root.putArray("dependencies");
        all.forEach(dependencies.addObject().put("ref", whole).putArray("dependsOn")::add);
        ArrayNode inside = dependencies.addObject().put("ref", "skerry").putArray("dependsOn");
        for (JsonNode library : libraries) {
            ObjectNode component = components.addObject().put("type", "library").put("bom-ref", library.get("purl").asText());
            for (String key : List.of("group", "name", "version", "licenses", "purl")) {
                if (library.has(key)) {
                    component.set(key, library.get(key));
                }
            }
            library.path("hashes").forEach(hash -> {
                if (hash.path("alg").asText().equals("SHA-256")) {
                    hash(component, hash.path("content").asText());
                }
            });
            inside.add(library.get("purl").asText());
        }
        return json.writeValueAsString(root) + "\n";
    }

    /** The release, by which scanners look for advisories: its own corrections belong to it. Nothing for a package of which it is not known. */
    private static String distro(String suite) {
        String release = suite.replaceFirst("-(security|updates)$", "");
        return release.isEmpty() ? "" : "&distro=" + encode(release);
    }

    private static void hash(ObjectNode component, String sha256) {
        component.putArray("hashes").addObject().put("alg", "SHA-256").put("content", sha256);
    }

    /** By name, because Debian's short names are not all SPDX identifiers. */
    private static void licences(ObjectNode component, List<String> names) {
        if (!names.isEmpty()) {
            ArrayNode list = component.putArray("licenses");
            names.forEach(name -> list.addObject().putObject("license").put("name", name));
        }
    }

    /** The short names in a machine-readable copyright file (Debian's DEP-5); empty when it is free text. */
    static List<String> licencesOf(FileTree tree, String name) throws IOException {
        String path = "usr/share/doc/" + name + "/copyright";
        FileTree.Entry entry = tree.resolve(path);
        if (entry == null || entry.content() == null) {
            return List.of();
        }
        String text = new String(tree.read(path), StandardCharsets.UTF_8);
        Set<String> found = new TreeSet<>();
        if (text.startsWith("Format:") || text.contains("\nFormat:")) {
            text.lines().filter(line -> line.startsWith("License:")).map(line -> line.substring("License:".length()).strip())
                    .filter(licence -> !licence.isEmpty() && licence.length() < 100).forEach(found::add);
        }
        return List.copyOf(found);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
