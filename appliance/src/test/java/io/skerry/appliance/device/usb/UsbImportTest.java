package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.device.Device;
import io.skerry.appliance.device.LocalFleet;
import io.skerry.appliance.device.SettingsStore;
import io.skerry.appliance.device.usb.UsbImport.Outcome;
import io.skerry.appliance.device.usb.UsbJournal.State;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.bundle.BundleWriter;
import io.skerry.image.update.Ed25519Keys;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.PublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real signatures and a real Git bundle; the stick is a folder. */
class UsbImportTest {
    private static final KeyPair OWNER = Ed25519Keys.generate();
    private static final Instant NOON = Instant.parse("2026-05-01T12:00:00Z");

    @TempDir
    Path folder;
    private Device device;
    private Path stick;
    private SettingsStore settings;
    private final List<String> installed = new ArrayList<>();

    @BeforeEach
    void device() throws Exception {
        device = new Device(folder.resolve("device"));
        stick = Files.createDirectories(folder.resolve("stick"));
        settings = new SettingsStore(device.paths, Set.of());
    }

    private UsbImport usb() {
        return usb(List.of(OWNER.getPublic()), update -> installed.add(update.getFileName().toString()));
    }

    private UsbImport usb(List<PublicKey> trusted, UsbImport.OsInstaller os) {
        return new UsbImport(device.paths, settings, content -> Files.write(device.paths.settings(), content), trusted, os);
    }

    private Path bundle(Instant created, String... pathsAndContents) throws IOException, BundleException {
        Path bundle = stick.resolve(BundleManifest.FOLDER);
        for (int i = 0; i < pathsAndContents.length; i += 2) {
            Path file = bundle.resolve(pathsAndContents[i]);
            Files.createDirectories(file.getParent());
            Files.writeString(file, pathsAndContents[i + 1]);
        }
        BundleWriter.write(bundle, "shop", created, OWNER.getPrivate());
        return bundle;
    }

    /** Every file on the data partition but the journal. */
    private TreeMap<String, String> data() throws IOException {
        TreeMap<String, String> files = new TreeMap<>();
        try (var tree = Files.walk(device.paths.data())) {
            for (Path file : tree.filter(Files::isRegularFile).filter(each -> !each.endsWith("usb/journal.json")).toList()) {
                files.put(device.paths.data().relativize(file).toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return files;
    }

    private void assertRefused(String why) throws IOException {
        TreeMap<String, String> before = data();
        assertThatThrownBy(() -> usb().take(stick)).isInstanceOf(BundleException.class).hasMessageContaining(why);
        assertThat(data()).as("nothing is changed").isEqualTo(before);
        assertThat(new UsbJournal(device.paths).last().orElseThrow()).satisfies(entry -> {
            assertThat(entry.state()).isEqualTo(State.REFUSED);
            assertThat(entry.message()).contains(why);
        });
        assertThat(installed).isEmpty();
    }

    @Test
    void aStickWithHolidayPicturesIsNoneOfOurBusiness() throws Exception {
        Files.writeString(stick.resolve("beach.jpg"), "sea");
        assertThat(usb().take(stick)).isEqualTo(Outcome.NOTHING);
        assertThat(new UsbJournal(device.paths).last()).isEmpty();
    }

    @Test
    void settingsAloneAreForDevicesWithoutAny() throws Exception {
        Files.writeString(stick.resolve("skerry.yaml"), "hostname: one\n");
        assertThat(usb().take(stick)).isEqualTo(Outcome.RESTART);
        assertThat(Files.readString(device.paths.settings())).isEqualTo("hostname: one\n");
        assertThat(settings.choose().settings().hostname()).contains("one");
        assertThat(usb().take(stick)).as("still plugged in after the restart").isEqualTo(Outcome.NOTHING);
        Files.writeString(stick.resolve("skerry.yaml"), "hostname: two\n");
        assertRefused("this device has its settings already");
    }

    @Test
    void wrongSettingsAreRefusedWithTheirLine() throws Exception {
        Files.writeString(stick.resolve("skerry.yaml"), "\nhostname: One\n");
        assertRefused("skerry.yaml:2: hostname: 'One' must be");
        assertThat(device.paths.settings()).doesNotExist();
    }

    @Test
    void aBundleIsAppliedWholeAndOnce() throws Exception {
        Files.writeString(device.paths.settings(), "hostname: old\n");
        settings.choose();
        bundle(NOON, "skerry.yaml", "hostname: new\n", "images/web.tar", "an archive", "os/skerry-1.os.tar", "an update");
        gitBundle(stick.resolve(BundleManifest.FOLDER).resolve("fleet.bundle"));
        BundleWriter.write(stick.resolve(BundleManifest.FOLDER), "shop", NOON, OWNER.getPrivate());
        assertThat(usb().take(stick)).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(settings.choose().settings().hostname()).contains("new");
        assertThat(device.paths.data().resolve("agent/images/web.tar")).hasContent("an archive");
        assertThat(installed).containsExactly("skerry-1.os.tar");
        String url = new LocalFleet(device.paths).url().orElseThrow();
        assertThat(git("ls-remote", url)).contains("refs/heads/main");
        assertThat(new UsbJournal(device.paths).last().orElseThrow().message()).contains("settings", "fleet repository", "images/web.tar");
        assertThat(usb().take(stick)).as("still plugged in").isEqualTo(Outcome.NOTHING);
        assertThat(data().keySet()).as("no copies are left").noneMatch(path -> path.startsWith("device/usb/"));
    }

    private void gitBundle(Path file) throws IOException {
        Path work = Files.createDirectories(folder.resolve("work"));
        git("init", "--quiet", "--initial-branch=main", work.toString());
        git("-C", work.toString(), "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "-m", "first");
        git("-C", work.toString(), "bundle", "create", file.toString(), "main");
    }

    private static String git(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        return Command.run(Duration.ofSeconds(30), command.toArray(String[]::new));
    }

    @Test
    void aFileThatWasChangedIsRefused() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good", "images/b.tar", "good");
        Files.writeString(bundle.resolve("images/b.tar"), "evil");
        assertRefused("images/b.tar is not the file that was signed");
    }

    @Test
    void aFileThatGrewIsRefusedWithoutBeingReadToItsEnd() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good");
        Files.writeString(bundle.resolve("images/a.tar"), "good and then some");
        assertRefused("images/a.tar is not the file that was signed");
    }

    @Test
    void aFileThatIsMissingIsRefused() throws Exception {
        Files.delete(bundle(NOON, "images/a.tar", "good", "images/b.tar", "good").resolve("images/b.tar"));
        assertRefused("images/b.tar is missing");
    }

    @Test
    void aManifestThatWasChangedIsRefused() throws Exception {
        Path manifest = bundle(NOON, "images/a.tar", "good").resolve(BundleManifest.MANIFEST);
        Files.writeString(manifest, Files.readString(manifest).replace("\"shop\"", "\"shed\""));
        assertRefused("is signed by none of the 1 keys");
    }

    @Test
    void anUnsignedBundleIsRefused() throws Exception {
        Files.delete(bundle(NOON, "images/a.tar", "good").resolve(BundleManifest.SIGNATURE));
        assertRefused("is not signed");
    }

    @Test
    void aStrangersBundleIsRefused() throws Exception {
        BundleWriter.write(bundle(NOON, "images/a.tar", "good"), "shop", NOON, Ed25519Keys.generate().getPrivate());
        assertRefused("is signed by none of the 1 keys");
    }

    @Test
    void aDeviceThatTrustsNobodySaysSo() throws Exception {
        bundle(NOON, "images/a.tar", "good");
        assertThatThrownBy(() -> usb(List.of(), update -> false).take(stick)).hasMessageContaining("trusts no key for bundles");
    }

    @Test
    void wrongSettingsInABundleRefuseAllOfIt() throws Exception {
        bundle(NOON, "images/a.tar", "good", "skerry.yaml", "hostname: [x]\n");
        assertRefused("skerry.yaml:1: hostname");
    }

    @Test
    void anOlderBundleIsRefused() throws Exception {
        bundle(NOON, "images/a.tar", "new");
        usb().take(stick);
        bundle(NOON.minusSeconds(1), "images/a.tar", "old");
        assertRefused("older than the bundle of 2026-05-01T12:00:00Z");
        bundle(NOON.plusSeconds(1), "images/a.tar", "newer");
        assertThat(usb().take(stick)).isEqualTo(Outcome.DONE);
        assertThat(device.paths.data().resolve("agent/images/a.tar")).hasContent("newer");
    }

    @Test
    void anOperatingSystemThatIsRefusedRefusesAll() throws Exception {
        bundle(NOON, "images/a.tar", "good", "os/x.os.tar", "update");
        TreeMap<String, String> before = data();
        assertThatThrownBy(() -> usb(List.of(OWNER.getPublic()), update -> {
            throw new BundleException("is for another board");
        }).take(stick)).hasMessageContaining("os/x.os.tar: is for another board");
        assertThat(data()).isEqualTo(before);
    }

    /** A power cut at each place where something is changed outside, and at the boot after it no stick. */
    @Test
    void aPowerCutIsTakenUpAgainWithoutTheStick() throws Exception {
        bundle(NOON, "skerry.yaml", "hostname: new\n", "images/a.tar", "good", "os/x.os.tar", "update");
        Error cut = new Error("power cut");
        assertThatThrownBy(() -> usb(List.of(OWNER.getPublic()), update -> {
            throw cut;
        }).take(stick)).isSameAs(cut);
        assertThatThrownBy(() -> new UsbImport(device.paths, settings, content -> {
            throw cut;
        }, List.of(OWNER.getPublic()), update -> installed.add("resumed")).resume()).isSameAs(cut);
        assertThat(device.paths.data().resolve("agent/images/a.tar")).hasContent("good");
        assertThat(new UsbJournal(device.paths).last().orElseThrow().state()).isEqualTo(State.APPLYING);
        assertThat(usb().resume()).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(Files.readString(device.paths.settings())).isEqualTo("hostname: new\n");
        assertThat(installed).containsExactly("resumed", "x.os.tar");
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        assertThat(usb().take(stick)).isEqualTo(Outcome.NOTHING);
    }

    @Test
    void pathsThatLeaveTheFolderAreNoPaths() {
        assertThat(List.of("images/../../x.tar", "/etc/passwd", "images/.hidden.tar", "images/a/b.tar", "os/x.tar", "../skerry.yaml")).noneMatch(BundleManifest::isPath);
        assertThatThrownBy(() -> BundleManifest.parse("{\"schema\":1,\"created\":\"2026-05-01T12:00:00Z\",\"files\":{\"../x\":{}}}".getBytes()))
                .isInstanceOf(BundleException.class).hasMessageContaining("names ../x");
    }
}
