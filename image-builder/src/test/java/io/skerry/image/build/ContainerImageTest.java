package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerImageTest {
    private static final String DIGEST = "ab".repeat(32), OTHER = "cd".repeat(32);

    @TempDir
    Path folder;

    @Test
    void anOciArchiveTellsItsManifest() throws Exception {
        Path archive = oci(folder.resolve("web.tar"), "registry.example.org:5000/shop/web:1.2");
        ContainerImage image = new ContainerImage("registry.example.org:5000/shop/web", "1.2", DIGEST, true, "arm64");
        assertThat(ContainerImage.read(archive)).containsExactly(image);
        assertThat(image.purl()).isEqualTo("pkg:oci/web@sha256%3A" + DIGEST + "?arch=arm64&repository_url=registry.example.org:5000/shop/web&tag=1.2");
    }

    @Test
    void packedOnesAreReadWhateverTheyAreCalled() throws Exception {
        Path archive = oci(folder.resolve("web.tar"), "web:1");
        Tool.find("gzip").run("--keep", "--suffix", ".packed", archive.toString());
        Tool.find("zstd").run("-q", archive.toString(), "-o", folder.resolve("web.zst").toString());
        assertThat(ContainerImage.read(folder.resolve("web.tar.packed"))).isEqualTo(ContainerImage.read(archive)).isEqualTo(ContainerImage.read(folder.resolve("web.zst")));
    }

    @Test
    void namesWithoutARegistryAreDockerHubs() throws Exception {
        for (Map.Entry<String, String> name : Map.of("web:1", "docker.io/library/web", "shop/web:1", "docker.io/shop/web", "localhost/web:1", "localhost/web",
                "r.example.org/web:1", "r.example.org/web", "host:5000/web", "host:5000/web").entrySet()) {
            assertThat(ContainerImage.read(oci(folder.resolve("web.tar"), name.getKey())).getFirst().repository()).isEqualTo(name.getValue());
        }
    }

    @Test
    void dockersOwnFormTellsTheImagesId() throws Exception {
        Path archive = tar(folder.resolve("saved.tar"), Map.of("manifest.json", "[{\"Config\": \"" + DIGEST + ".json\", \"RepoTags\": [\"web:1\", \"shop/web:2\"], \"Layers\": []},"
                + "{\"Config\": \"blobs/sha256/" + OTHER + "\", \"RepoTags\": [\"db:3\"]}]", DIGEST + ".json", "{}", "blobs/sha256/" + OTHER, "{}"));
        List<ContainerImage> images = ContainerImage.read(archive);
        assertThat(images).extracting(ContainerImage::tag).containsExactly("1", "2", "3");
        assertThat(images).extracting(ContainerImage::purl).containsExactly("pkg:docker/library/web@sha256%3A" + DIGEST + "?repository_url=docker.io",
                "pkg:docker/shop/web@sha256%3A" + DIGEST + "?repository_url=docker.io", "pkg:docker/library/db@sha256%3A" + OTHER + "?repository_url=docker.io");
    }

    @Test
    void whatADeviceCouldNotImportIsRefused() throws Exception {
        refuses(Files.writeString(folder.resolve("text.tar"), "not an image"), "is no archive of a container image");
        refuses(tar(folder.resolve("other.tar"), Map.of("readme", "x")), "has neither index.json (OCI) nor manifest.json");
        refuses(oci(folder.resolve("unnamed.tar"), ""), "has no named image");
        refuses(tar(folder.resolve("cut.tar"), Map.of("index.json", index("web:1"))), "is not whole: it names the image web:1 and has no file blobs/sha256/" + DIGEST);
        refuses(tar(folder.resolve("broken.tar"), Map.of("index.json", "{")), "is no archive of a container image, or damaged");
    }

    private static void refuses(Path archive, String why) {
        assertThatThrownBy(() -> ContainerImage.read(archive)).isInstanceOf(ImageException.class).hasMessageContaining(archive.toString()).hasMessageContaining(why);
    }

    static Path oci(Path file, String name) throws IOException {
        return tar(file, Map.of("oci-layout", "{\"imageLayoutVersion\": \"1.0.0\"}", "index.json", index(name), "blobs/sha256/" + DIGEST, "{}"));
    }

    private static String index(String name) {
        String annotations = name.isEmpty() ? "{}" : "{\"io.containerd.image.name\": \"" + name + "\", \"org.opencontainers.image.ref.name\": \"x\"}";
        return "{\"schemaVersion\": 2, \"manifests\": [{\"digest\": \"sha256:" + DIGEST + "\", \"size\": 2, \"platform\": {\"architecture\": \"arm64\", \"os\": \"linux\"}, \"annotations\": "
                + annotations + "}]}";
    }

    private static Path tar(Path file, Map<String, String> files) throws IOException {
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, String> each : new TreeMap<>(files).entrySet()) {
                byte[] bytes = each.getValue().getBytes(StandardCharsets.UTF_8);
                TarArchiveEntry entry = new TarArchiveEntry("./" + each.getKey());
                entry.setSize(bytes.length);
                tar.putArchiveEntry(entry);
                tar.write(bytes);
                tar.closeArchiveEntry();
            }
        }
        return file;
    }
}
