package io.skerry.image.update;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OsManifestTest {
    private static OsManifest manifest() {
        Map<String, OsManifest.Member> files = new LinkedHashMap<>();
        for (String name : List.of(OsManifest.LINUX, OsManifest.INITRD, OsManifest.ROOT)) {
            files.put(name, new OsManifest.Member("ab".repeat(32), 7));
        }
        return new OsManifest("generic-amd64", "1.2.3-rc1", "2026-01-01T00:00:00Z", "cd".repeat(32), 4096, List.of("console=ttyS0"), files);
    }

    @Test
    void readsWhatItWroteInTheSameOrder() {
        OsManifest read = OsManifest.parse(manifest().render());
        assertThat(read).isEqualTo(manifest());
        assertThat(read.files().keySet()).containsExactly("linux", "initrd", "root.img");
        assertThat(read.render()).isEqualTo(manifest().render());
    }

    @Test
    void refusesWhatItDoesNotKnow() {
        assertThatThrownBy(() -> change("\"schema\" : 1", "\"schema\" : 2")).hasMessageContaining("\"schema\" is 2");
        assertThatThrownBy(() -> change("1.2.3-rc1", "../../etc")).hasMessageContaining("\"version\"");
        assertThatThrownBy(() -> change("cd".repeat(32), "cd")).hasMessageContaining("verityRootHash");
        assertThatThrownBy(() -> change("\"size\" : 7", "\"size\" : \"x\"")).hasMessageContaining("size must be a number");
        assertThatThrownBy(() -> OsManifest.parse("{".getBytes(StandardCharsets.UTF_8))).hasMessageContaining("is not JSON");
    }

    private static OsManifest change(String from, String to) {
        String text = new String(manifest().render(), StandardCharsets.UTF_8);
        assertThat(text).contains(from);
        return OsManifest.parse(text.replace(from, to).getBytes(StandardCharsets.UTF_8));
    }
}
