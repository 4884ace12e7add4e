package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SbomTest {
    private static final ContainerImage WEB = new ContainerImage("registry.example.org/shop/web", "1.2", "12".repeat(32), true, "arm64");

    @TempDir
    Path folder;

    @Test
    void namesEveryPackageWithLicencesAndChecksum() throws Exception {
        FileTree tree = new FileTree();
        tree.addText("usr/share/doc/bash/copyright", "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-3+\n text\n\nFiles: a\nLicense: Expat\n");
        tree.addText("usr/share/doc/zlib1g/copyright", "This is free text.\nLicense: none of your business\n");
        Lock lock = new Lock("generic-amd64", 0, List.of(new Lock.Package("bash", "1:5.2+b1", "amd64", "ab".repeat(32), 1, Lock.Use.INSTALL, "trixie"),
                new Lock.Package("zlib1g", "1.3", "amd64", "cd".repeat(32), 1, Lock.Use.INSTALL)));
        JsonNode sbom = new ObjectMapper().readTree(Sbom.render(lock, tree, "1.0", "ef".repeat(32), libraries(), List.of(), List.of(WEB)));
        assertThat(sbom.at("/components/0/hashes/0/content").asText()).isEqualTo("ef".repeat(32));
        JsonNode bash = sbom.at("/components/1");
        assertThat(bash.path("purl").asText()).isEqualTo("pkg:deb/debian/bash@1%3A5.2%2Bb1?arch=amd64&distro=trixie");
        assertThat(bash.at("/hashes/0/content").asText()).isEqualTo("ab".repeat(32));
        assertThat(bash.path("licenses")).extracting(licence -> licence.at("/license/name").asText()).containsExactly("Expat", "GPL-3+");
        assertThat(sbom.at("/components/2").has("licenses")).isFalse();
        assertThat(sbom.at("/components/3")).isEqualTo(new ObjectMapper().readTree("""
                {"type": "container", "bom-ref": "PURL", "name": "registry.example.org/shop/web", "version": "1.2", "hashes": [{"alg": "SHA-256", "content": "HASH"}], "purl": "PURL"}"""
                .replace("PURL", WEB.purl()).replace("HASH", "12".repeat(32))));
        assertThat(sbom.at("/dependencies/0/dependsOn")).hasSize(4);
        assertThat(sbom.at("/components/4")).isEqualTo(new ObjectMapper().readTree("""
                {"type": "library", "bom-ref": "pkg:maven/org.x/y@2?type=jar", "group": "org.x", "name": "y", "version": "2",
                 "licenses": [{"license": {"id": "MIT"}}], "purl": "pkg:maven/org.x/y@2?type=jar", "hashes": [{"alg": "SHA-256", "content": "23"}]}"""));
        assertThat(sbom.at("/dependencies/1")).isEqualTo(new ObjectMapper().readTree("{\"ref\": \"skerry\", \"dependsOn\": [\"pkg:maven/org.x/y@2?type=jar\"]}"));
        assertThat(Sbom.render(lock, tree, "1.0", "ef".repeat(32), libraries(), List.of(), List.of(WEB))).isEqualTo(Sbom.render(lock, tree, "1.0", "ef".repeat(32), libraries(), List.of(), List.of(WEB)));
    }

    @Test
    void packagesBelongToTheReleaseThatTheyAreFrom() throws Exception {
        Lock.Package firmware = new Lock.Package("raspi-firmware", "1.2", "all", "ab".repeat(32), 1, Lock.Use.UNPACK);
        Lock lock = new Lock("raspberrypi4", 0, List.of(firmware.from("forky"), named("bash").from("trixie-security"), named("dash").from("trixie-updates"),
                named("linux-image-7").from("trixie-backports"), named("old")));
        JsonNode sbom = new ObjectMapper().readTree(Sbom.render(lock, new FileTree(), "1.0", "ef".repeat(32), List.of(), List.of(), List.of()));
        assertThat(sbom.path("components")).extracting(component -> component.path("purl").asText()).containsExactly("", "pkg:deb/debian/bash@1?arch=arm64&distro=trixie",
                "pkg:deb/debian/dash@1?arch=arm64&distro=trixie", "pkg:deb/debian/linux-image-7@1?arch=arm64&distro=trixie-backports", "pkg:deb/debian/old@1?arch=arm64",
                "pkg:deb/debian/raspi-firmware@1.2?arch=all&distro=forky");
    }

    private static Lock.Package named(String name) {
        return new Lock.Package(name, "1", "arm64", "cd".repeat(32), 1, Lock.Use.INSTALL);
    }

    /** The module of the boards, with the licence that its source says. */
    @Test
    void modulesThatWereCompiledAreListed() throws Exception {
        Kernel kernel = new Kernel(folder, "6.12.0-1-arm64");
        Files.createDirectories(kernel.modules().resolve("extra"));
        Path module = Files.writeString(kernel.added("skerry_tryboot.ko"), "compiled");
        List<Sbom.Module> modules = KernelModules.listed(List.of(Path.of("../overlays/common/modules/skerry_tryboot")), kernel);
        JsonNode sbom = new ObjectMapper().readTree(Sbom.render(new Lock("raspberrypi4", 0, List.of()), new FileTree(), "1.0", "ef".repeat(32), List.of(), modules, List.of()));
        assertThat(sbom.at("/components/1")).isEqualTo(new ObjectMapper().readTree("""
                {"type": "device-driver", "bom-ref": "skerry_tryboot", "name": "skerry_tryboot", "version": "1.0", "hashes": [{"alg": "SHA-256", "content": "HASH"}],
                 "licenses": [{"license": {"name": "GPL-2.0-only"}}]}""".replace("HASH", Digests.sha256(module))));
        assertThat(sbom.at("/dependencies/0/dependsOn")).extracting(JsonNode::asText).containsExactly("skerry", "skerry_tryboot");
        Path nameless = Files.createDirectory(folder.resolve("nameless"));
        Files.writeString(nameless.resolve("Kbuild"), "obj-m := nameless.o\n");
        assertThatThrownBy(() -> KernelModules.listed(List.of(nameless), kernel)).isInstanceOf(ImageException.class).hasMessageContaining("names no licence");
    }

    @Test
    void whatIsBesideTheProgramAndIsNotABillOfMaterialsIsNamed() throws Exception {
        Path file = ProgramSbom.of(folder.resolve("skerry"));
        assertThat(ProgramSbom.libraries(file)).isEmpty();
        for (String wrong : List.of("<bom/>", "{}", "{\"bomFormat\": \"CycloneDX\"}")) {
            Files.writeString(file, wrong);
            assertThatThrownBy(() -> ProgramSbom.libraries(file)).isInstanceOf(ImageException.class).hasMessageStartingWith(file + " is not a CycloneDX bill of materials");
        }
    }

    private List<JsonNode> libraries() throws Exception {
        Path file = ProgramSbom.of(folder.resolve("skerry"));
        Files.writeString(file, """
                {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [
                  {"group": "io.skerry", "name": "skerry-machinery", "version": "1", "purl": "pkg:maven/io.skerry/skerry-machinery@1?type=jar"},
                  {"group": "org.x", "name": "y", "version": "2", "purl": "pkg:maven/org.x/y@2?type=jar", "description": "long",
                   "licenses": [{"license": {"id": "MIT"}}], "hashes": [{"alg": "MD5", "content": "01"}, {"alg": "SHA-256", "content": "23"}]}]}""");
        return ProgramSbom.libraries(file);
    }
}
