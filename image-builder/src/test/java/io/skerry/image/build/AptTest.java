package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A package archive of a time long past, signed with a key of its own: what apt does with it is apt's own doing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AptTest {
    private static final long MADE = 1_700_000_000;

    @TempDir
    static Path folder;
    private Path keys;
    private Path keyring;
    private Path mirror;
    private final StringBuilder index = new StringBuilder();
    private Lock.Package bash;

    @BeforeAll
    void archive() throws Exception {
        keys = Files.createDirectory(folder.resolve("keys"));
        Tool.find("chmod").run("700", keys.toString());
        keyring = key("archive");
        mirror = Files.createDirectories(folder.resolve("archive/20231114T221320Z"));
        bash = deb("bash", "5.2-1", "");
        suite("trixie", index.toString());
        suite("trixie-updates", "");
    }

    @AfterAll
    void stopAgent() {
        Tool.find("gpgconf").with("GNUPGHOME", keys.toString()).run("--kill", "gpg-agent");
    }

    @Test
    void aLockIsRebuiltFromAnIndexOfAnyAge() throws Exception {
        Map<Lock.Package, Path> files = apt("lock", renamed(), true, keyring).fetch(lock(bash), progress());
        assertThat(Digests.sha256(files.get(bash))).isEqualTo(bash.sha256());
    }

    @Test
    void aSnapshotMayBeOldWithoutALockToo() throws Exception {
        assertThat(apt("snapshot", mirror, false, keyring).fetch(lock(bash), progress())).containsOnlyKeys(bash);
    }

    /** A version may be in several suites, and a package in several versions. */
    @Test
    void whatIsChosenIsWithTheSuiteThatItIsFrom() throws Exception {
        Path other = Files.createDirectories(folder.resolve("other/20231114T221320Z"));
        Path first = mirror;
        String before = index.toString();
        mirror = other;
        index.setLength(0);
        try {
            deb("base", "1", "Essential: yes\n");
            deb("linux-image-6.1-test", "6.1", "");
            deb("linux-image-test", "1", "Depends: linux-image-6.1-test (= 6.1)\n");
            String release = index.toString();
            suite("trixie", release);
            deb("both", "2", "");
            suite("trixie-updates", index.toString());
            index.setLength(0);
            deb("firmware", "3", "");
            suite("forky", index.toString());
            Apt apt = new Apt(folder.resolve("suites"), "amd64", "trixie", List.of("forky"), List.of("copy:" + other), false, keyring);
            List<Lock.Package> chosen = apt.resolve(List.of("both"), List.of("firmware/forky"), "linux-image-test", List.of(), false);
            assertThat(chosen).extracting(item -> item.name() + " " + item.suite()).containsExactlyInAnyOrder("base trixie", "both trixie-updates", "firmware forky", "linux-image-6.1-test trixie");
        } finally {
            mirror = first;
            index.replace(0, index.length(), before);
        }
    }

    /** Only what the sources say is looked at: whether apt then looks at the age is up to the machine as well, whose clock may be wrong. */
    @Test
    void anyOtherIndexMustBeFresh() throws Exception {
        assertThat(sources("fresh", renamed(), false)).hasSize(2).noneMatch(line -> line.contains("check-valid-until"));
        assertThat(sources("locked", renamed(), true)).hasSize(2).allMatch(line -> line.contains("check-valid-until=no"));
        assertThat(sources("old", mirror, false)).hasSize(2).allMatch(line -> line.contains("check-valid-until=no"));
    }

    private List<String> sources(String cache, Path mirror, boolean locked) throws IOException {
        apt(cache, mirror, locked, keyring);
        try (var folders = Files.list(folder.resolve(cache).resolve("apt"))) {
            return Files.readAllLines(folders.findFirst().orElseThrow().resolve("sources.list"));
        }
    }

    @Test
    void theSignatureMustBeGoodEvenWithALock() throws Exception {
        Path other = key("somebody");
        assertThatThrownBy(() -> apt("forged", mirror, true, other).fetch(lock(bash), progress())).isInstanceOf(ImageException.class).hasMessageContaining("apt-get failed")
                .hasMessageContaining("trixie");
    }

    @Test
    void whatTheMirrorHasNoMoreIsNamedWithAWayOut() {
        Lock.Package gone = new Lock.Package("bash", "5.1-9", "amd64", "ab".repeat(32), 7, Lock.Use.INSTALL);
        Lock.Package unknown = new Lock.Package("zsh", "1", "amd64", "cd".repeat(32), 7, Lock.Use.INSTALL);
        assertThatThrownBy(() -> apt("gone", mirror, true, keyring).fetch(lock(gone, unknown), progress())).isInstanceOf(ImageException.class)
                .hasMessageContaining("does not have bash 5.1-9, zsh 1 of the lock").hasMessageContaining("--mirror").hasMessageContaining("20231114T221320Z");
    }

    @Test
    void aMirrorThatCannotBeReachedIsNotTakenForOneWithoutThePackages() {
        Apt apt = new Apt(folder.resolve("offline"), "amd64", "trixie", List.of(), List.of("http://127.0.0.1:9/debian"), true, keyring);
        assertThatThrownBy(() -> apt.fetch(lock(bash), progress())).isInstanceOf(ImageException.class).hasMessageContaining("apt-get failed").hasMessageContaining("127.0.0.1");
    }

    @Test
    void theSameVersionWithOtherContentIsNotTaken() {
        Lock.Package rebuilt = new Lock.Package("bash", bash.version(), "amd64", "ab".repeat(32), 7, Lock.Use.INSTALL);
        assertThatThrownBy(() -> apt("rebuilt", mirror, true, keyring).fetch(lock(rebuilt), progress())).isInstanceOf(ImageException.class).hasMessageContaining("another SHA-256");
    }

    /** The archive under an address without a time. */
    private static Path renamed() throws IOException {
        Path link = folder.resolve("debian");
        return Files.exists(link) ? link : Files.createSymbolicLink(link, folder.resolve("archive/20231114T221320Z"));
    }

    private static Apt apt(String cache, Path mirror, boolean locked, Path keyring) {
        return new Apt(folder.resolve(cache), "amd64", "trixie", List.of(), List.of("copy:" + mirror), locked, keyring);
    }

    private static Lock lock(Lock.Package... packages) {
        return new Lock("generic-amd64", MADE, List.of(packages));
    }

    private static Progress progress() {
        return new Progress(new PrintStream(PrintStream.nullOutputStream()), false, 1);
    }

    private Path key(String name) {
        gpg("--quick-gen-key", name, "ed25519", "sign", "never");
        Path file = folder.resolve(name + ".gpg");
        gpg("--output", file.toString(), "--export", name);
        return file;
    }

    private Lock.Package deb(String name, String version, String more) throws IOException {
        Path tree = Files.createDirectories(folder.resolve("tree-" + name + "/DEBIAN"));
        String control = "Package: " + name + "\nVersion: " + version + "\nArchitecture: amd64\nMaintainer: nobody <nobody@example.org>\n" + more + "Description: a test\n";
        Files.writeString(tree.resolve("control"), control);
        Path file = mirror.resolve(name + ".deb");
        Tool.find("dpkg-deb").run("--build", "--root-owner-group", tree.getParent().toString(), file.toString());
        String sum = Digests.sha256(file);
        index.append(control).append("Filename: ").append(file.getFileName()).append("\nSize: ").append(Files.size(file)).append("\nSHA256: ").append(sum).append("\n\n");
        return new Lock.Package(name, version, "amd64", sum, Files.size(file), Lock.Use.INSTALL);
    }

    private void suite(String name, String packages) throws IOException {
        Path suite = mirror.resolve("dists/" + name);
        StringBuilder release = new StringBuilder("Origin: Debian\nSuite: " + name + "\nCodename: " + name + "\nDate: Tue, 14 Nov 2023 20:00:00 UTC\n"
                + "Valid-Until: Tue, 21 Nov 2023 20:00:00 UTC\nArchitectures: amd64\nComponents: main non-free-firmware\nSHA256:\n");
        for (String component : List.of("main", "non-free-firmware")) {
            String path = component + "/binary-amd64/Packages";
            byte[] bytes = (component.equals("main") ? packages : "").getBytes(StandardCharsets.UTF_8);
            Files.createDirectories(suite.resolve(path).getParent());
            Files.write(suite.resolve(path), bytes);
            release.append(' ').append(Digests.sha256(bytes)).append(' ').append(bytes.length).append(' ').append(path).append('\n');
        }
        Path plain = Files.writeString(suite.resolve("Release"), release);
        gpg("--local-user", "archive", "--output", suite.resolve("InRelease").toString(), "--clearsign", plain.toString());
        Files.delete(plain);
    }

    private void gpg(String... arguments) {
        List<String> all = new java.util.ArrayList<>(List.of("--homedir", keys.toString(), "--batch", "--quiet", "--passphrase", ""));
        all.addAll(List.of(arguments));
        Tool.find("gpg").run(all);
    }
}
