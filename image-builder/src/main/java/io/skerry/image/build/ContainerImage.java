package io.skerry.image.build;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.skerry.image.ImageException;
import io.skerry.image.Zstd;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * A container image in an archive that devices are given: an OCI image layout in a tar (OCI image specification 1.1, image-layout.md), or what
 * {@code docker save} writes. Either may be packed by gzip or zstd.
 *
 * @param repository with its registry, such as docker.io/library/web
 * @param tag empty when the image is named by its digest alone
 * @param digest hexadecimal SHA-256: of the manifest (or index) of an OCI image, else of the configuration, which is Docker's image id
 * @param oci whether it has a manifest of its own
 * @param architecture as Go names it; empty when the archive does not tell
 */
record ContainerImage(String repository, String tag, String digest, boolean oci, String architecture) {
    private static final String INDEX = "index.json", DOCKER = "manifest.json", BLOBS = "blobs/sha256/";

    /**
     * The images of an archive, of which there is at least one.
     *
     * @throws ImageException when a device could not import it
     */
    static List<ContainerImage> read(Path archive) throws IOException {
        JsonNode index = null;
        JsonNode docker = null;
        Set<String> names = new HashSet<>();
        try (TarArchiveInputStream tar = new TarArchiveInputStream(open(archive))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                String name = entry.getName().replaceFirst("^\\./", "");
                names.add(name);
                if (name.equals(INDEX)) {
                    index = new ObjectMapper().readTree(tar.readAllBytes());
                } else if (name.equals(DOCKER)) {
                    docker = new ObjectMapper().readTree(tar.readAllBytes());
                }
            }
        } catch (IOException e) {
            throw new ImageException(archive + " is no archive of a container image, or damaged: " + e.getMessage(), e);
        }
        if (index == null && docker == null) {
            throw new ImageException(archive + " is no archive of a container image: it has neither " + INDEX + " (OCI) nor " + DOCKER + " (docker save)");
        }
        List<ContainerImage> images = index != null ? ofIndex(archive, index, names) : ofDocker(archive, docker, names);
        if (images.isEmpty()) {
            throw new ImageException(archive + " has no named image (annotation io.containerd.image.name in index.json, or RepoTags in manifest.json)");
        }
        return images;
    }

    private static List<ContainerImage> ofIndex(Path archive, JsonNode index, Set<String> names) {
        List<ContainerImage> images = new ArrayList<>();
        for (JsonNode descriptor : index.path("manifests")) {
            JsonNode annotations = descriptor.path("annotations");
            String name = annotations.path("io.containerd.image.name").asText(annotations.path("org.opencontainers.image.ref.name").asText());
            if (!name.isEmpty()) {
                String digest = descriptor.path("digest").asText().replaceFirst("^sha256:", "");
                require(archive, names, BLOBS + digest, name);
                images.add(named(name, digest, true, descriptor.path("platform").path("architecture").asText()));
            }
        }
        return images;
    }

    private static List<ContainerImage> ofDocker(Path archive, JsonNode manifest, Set<String> names) {
        List<ContainerImage> images = new ArrayList<>();
        for (JsonNode image : manifest) {
            String config = image.path("Config").asText();
            String digest = config.substring(config.lastIndexOf('/') + 1).replaceFirst("\\.json$", "");
            for (JsonNode name : image.path("RepoTags")) {
                require(archive, names, config, name.asText());
                images.add(named(name.asText(), digest, false, ""));
            }
        }
        return images;
    }

    private static void require(Path archive, Set<String> names, String blob, String image) {
        if (!blob.matches("(.*/)?[0-9a-f]{64}(\\.json)?") || !names.contains(blob)) {
            throw new ImageException(archive + " is not whole: it names the image " + image + " and has no file " + blob + "; save it again");
        }
    }

    /** Names without a registry are Docker Hub's, as containerd takes them. */
    private static ContainerImage named(String name, String digest, boolean oci, String architecture) {
        String bare = name.replaceFirst("@.*$", "");
        int colon = bare.indexOf(':', bare.lastIndexOf('/') + 1);
        String repository = colon < 0 ? bare : bare.substring(0, colon);
        String first = repository.contains("/") ? repository.substring(0, repository.indexOf('/')) : "";
        if (!first.contains(".") && !first.contains(":") && !first.equals("localhost")) {
            repository = "docker.io/" + (first.isEmpty() ? "library/" : "") + repository;
        }
        return new ContainerImage(repository, colon < 0 ? "" : bare.substring(colon + 1), digest, oci, architecture);
    }

    private static InputStream open(Path archive) throws IOException {
        InputStream file = new BufferedInputStream(Files.newInputStream(archive));
        file.mark(4);
        byte[] magic = file.readNBytes(4);
        file.reset();
        int start = magic.length < 4 ? 0 : (magic[0] & 0xff) << 24 | (magic[1] & 0xff) << 16 | (magic[2] & 0xff) << 8 | magic[3] & 0xff;
        if (start >>> 16 == 0x1f8b) {
            return new GZIPInputStream(file);
        }
        if (start != 0x28b52ffd) {
            return file;
        }
        file.close();
        return Zstd.unpack(archive);
    }

    /** https://github.com/package-url/purl-spec, types oci and docker. */
    String purl() {
        int slash = repository.lastIndexOf('/');
        String name = repository.substring(slash + 1);
        if (oci) {
            return "pkg:oci/" + name + "@sha256%3A" + digest + "?" + (architecture.isEmpty() ? "" : "arch=" + architecture + "&") + "repository_url=" + repository
                    + (tag.isEmpty() ? "" : "&tag=" + tag);
        }
        int registry = repository.indexOf('/');
        return "pkg:docker/" + repository.substring(registry + 1) + "@sha256%3A" + digest + "?repository_url=" + repository.substring(0, registry);
    }
}
