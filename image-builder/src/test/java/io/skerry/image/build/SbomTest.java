package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

class SbomTest {
    @Test
    void namesEveryPackageWithLicencesAndChecksum() throws Exception {
        FileTree tree = new FileTree();
        tree.addText("usr/share/doc/bash/copyright", "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-3+\n text\n\nFiles: a\nLicense: Expat\n");
        tree.addText("usr/share/doc/zlib1g/copyright", "This is free text.\nLicense: none of your business\n");
        Lock lock = new Lock("generic-amd64", 0, List.of(new Lock.Package("bash", "1:5.2+b1", "amd64", "ab".repeat(32), 1, Lock.Use.INSTALL),
                new Lock.Package("zlib1g", "1.3", "amd64", "cd".repeat(32), 1, Lock.Use.INSTALL)));
        JsonNode sbom = new ObjectMapper().readTree(Sbom.render(lock, tree, "1.0", "ef".repeat(32)));
        assertThat(sbom.at("/components/0/hashes/0/content").asText()).isEqualTo("ef".repeat(32));
        JsonNode bash = sbom.at("/components/1");
        assertThat(bash.path("purl").asText()).isEqualTo("pkg:deb/debian/bash@1%3A5.2%2Bb1?arch=amd64&distro=trixie");
        assertThat(bash.at("/hashes/0/content").asText()).isEqualTo("ab".repeat(32));
        assertThat(bash.path("licenses")).extracting(licence -> licence.at("/license/name").asText()).containsExactly("Expat", "GPL-3+");
        assertThat(sbom.at("/components/2").has("licenses")).isFalse();
        assertThat(sbom.at("/dependencies/0/dependsOn")).hasSize(3);
        assertThat(Sbom.render(lock, tree, "1.0", "ef".repeat(32))).isEqualTo(Sbom.render(lock, tree, "1.0", "ef".repeat(32)));
    }
}
