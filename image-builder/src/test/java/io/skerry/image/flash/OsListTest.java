package io.skerry.image.flash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.image.ImageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OsListTest {
    @TempDir
    Path folder;

    @Test
    void sizesAndChecksumsAreThoseThatTheToolsSay() throws Exception {
        Path raw = folder.resolve("skerry-raspberrypi4-0.1.0.img");
        Files.write(raw, new byte[3_000_000]);
        Path image = folder.resolve("skerry-raspberrypi4-0.1.0.img.zst");
        run("zstd", "--quiet", raw.toString());
        JsonNode entry = OsList.of(List.of(image), "https://images.example/skerry", true).at("/os_list/0");
        assertThat(entry.get("name").asText()).isEqualTo("Skerry raspberrypi4-0.1.0");
        assertThat(entry.get("url").asText()).isEqualTo("https://images.example/skerry/skerry-raspberrypi4-0.1.0.img.zst");
        assertThat(entry.get("extract_size").asLong()).isEqualTo(3_000_000);
        assertThat(entry.get("extract_sha256").asText()).isEqualTo(run("sha256sum", raw.toString()).split(" ")[0]);
        assertThat(entry.get("image_download_size").asLong()).isEqualTo(Files.size(image));
        assertThat(entry.get("image_download_sha256").asText()).isEqualTo(run("sha256sum", image.toString()).split(" ")[0]);
        assertThat(entry.get("devices").toString()).isEqualTo("[\"pi4-64bit\",\"pi3-64bit\"]");
        // Required by Imager's schema.
        assertThat(entry.properties()).extracting(Map.Entry::getKey).contains("name", "description", "icon", "url", "extract_size", "extract_sha256", "image_download_size", "release_date");
    }

    @Test
    void anImageForNoPiIsRefused() throws Exception {
        Path image = Files.write(folder.resolve("skerry-generic-amd64.img"), new byte[1]);
        assertThatThrownBy(() -> OsList.of(List.of(image), "https://images.example", true)).isInstanceOf(ImageException.class).hasMessageContaining("for no Raspberry Pi");
    }

    @Test
    void whatIsNoSkerryImageIsRefused() throws Exception {
        Path image = Files.write(folder.resolve("skerry-raspberrypi4.img"), new byte[3_000_000]);
        assertThatThrownBy(() -> OsList.of(List.of(image), "https://images.example", false)).isInstanceOf(ImageException.class);
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).start();
        String out = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).isZero();
        return out;
    }
}
