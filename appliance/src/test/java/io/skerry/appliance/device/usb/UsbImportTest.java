package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.device.Device;
import io.skerry.appliance.device.LocalFleet;
import io.skerry.appliance.device.SettingsStore;
import io.skerry.appliance.device.usb.UsbImport.Outcome;
import io.skerry.appliance.device.usb.UsbJournal.State;
import io.skerry.appliance.os.OsDevice;
import io.skerry.image.Digests;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.bundle.BundleWriter;
import io.skerry.image.settings.ServerFlags;
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
import java.util.Optional;
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
        settings = new SettingsStore(device.paths, ServerFlags.UNKNOWN);
    }

    /** A slot that takes what it is given. */
    private class Slot implements UsbImport.IdleSlot {
        @Override
        public boolean install(Path update) throws IOException, BundleException {
            installed.add(update.getFileName().toString());
            waiting = Digests.sha256(update);
            return true;
        }

        @Override
        public boolean waits(String sha256) {
            return sha256.equals(waiting);
        }
    }

    private String waiting = "";

    private UsbImport usb() {
        return usb(List.of(OWNER.getPublic()), new Slot());
    }

    private UsbImport usb(List<PublicKey> trusted, UsbImport.IdleSlot os) {
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
        assertThat(usb().resume()).as("the power was cut before the restart").isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(usb().take(stick)).as("or somebody plugs it in once more").isEqualTo(Outcome.TRY_SYSTEM);
        usb().tried();
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        assertThat(usb().take(stick)).as("still plugged in").isEqualTo(Outcome.NOTHING);
        assertThat(installed).as("once").hasSize(1);
        assertThat(OsDevice.bundles(device.paths.data()).resolve("skerry-1.os.tar")).as("for an OSImage that names it").hasContent("an update");
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
        assertThatThrownBy(() -> usb(List.of(), new Slot()).take(stick)).hasMessageContaining("trusts no key for bundles");
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
        Slot picky = new Slot() {
            @Override
            public boolean install(Path update) throws BundleException {
                throw new BundleException("is for another board");
            }
        };
        assertThatThrownBy(() -> usb(List.of(OWNER.getPublic()), picky).take(stick)).hasMessageContaining("os/x.os.tar: is for another board");
        assertThat(data()).isEqualTo(before);
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        assertThat(usb().take(stick)).as("when what was wrong is mended").isEqualTo(Outcome.TRY_SYSTEM);
    }

    /** A power cut at each place where something is changed outside, and at the boot after it no stick. */
    @Test
    void aPowerCutIsTakenUpAgainWithoutTheStick() throws Exception {
        bundle(NOON, "skerry.yaml", "hostname: new\n", "images/a.tar", "good", "os/x.os.tar", "update");
        Error cut = new Error("power cut");
        Slot cutOff = new Slot() {
            @Override
            public boolean install(Path update) {
                throw cut;
            }
        };
        assertThatThrownBy(() -> usb(List.of(OWNER.getPublic()), cutOff).take(stick)).isSameAs(cut);
        assertThatThrownBy(() -> new UsbImport(device.paths, settings, content -> {
            throw cut;
        }, List.of(OWNER.getPublic()), new Slot()).resume()).isSameAs(cut);
        assertThat(device.paths.data().resolve("agent/images/a.tar")).hasContent("good");
        assertThat(new UsbJournal(device.paths).last().orElseThrow().state()).isEqualTo(State.APPLYING);
        assertThat(usb().resume()).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(Files.readString(device.paths.settings())).isEqualTo("hostname: new\n");
        assertThat(installed).as("from where the first run had moved it").containsExactly("x.os.tar", "x.os.tar");
        assertThat(usb().resume()).as("the power is cut before the restart, once more").isEqualTo(Outcome.TRY_SYSTEM);
        // The restart has begun.
        waiting = "";
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        assertThat(usb().take(stick)).isEqualTo(Outcome.NOTHING);
    }

    /** What cuts in copying, and between journal and copies, leave on the data partition. */
    @Test
    void leftoversGoWithTheNextStick() throws Exception {
        Path folder = Files.createDirectories(device.paths.state().resolve("usb"));
        Files.createDirectories(folder.resolve("0a1b/images"));
        Files.writeString(folder.resolve("0a1b/images/a.tar"), "half an arch");
        Files.writeString(folder.resolve("0a1b.json"), "{}");
        assertThat(usb().take(stick)).as("holiday pictures").isEqualTo(Outcome.NOTHING);
        assertThat(data()).isEmpty();
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void aBundleThatIsBeingAppliedOutlivesAnotherSticksRefusal() throws Exception {
        bundle(NOON, "images/a.tar", "good", "os/x.os.tar", "update");
        Error cut = new Error("power cut");
        assertThatThrownBy(() -> usb(List.of(OWNER.getPublic()), new Slot() {
            @Override
            public boolean install(Path update) {
                throw cut;
            }
        }).take(stick)).isSameAs(cut);
        bundle(NOON.minusSeconds(1), "images/a.tar", "old");
        assertRefused("older than the bundle of");
        assertThat(usb().resume()).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(device.paths.data().resolve("agent/images/a.tar")).hasContent("good");
    }

    /** As versions before this one left it: the refusal discarded the copies first. */
    @Test
    void aBundleWhoseCopiesAreGoneIsRefusedOnce() throws Exception {
        new UsbJournal(device.paths).write(new UsbJournal.Entry(State.APPLYING, "0a1b", "shop", Optional.of(NOON), NOON, ""));
        assertThatThrownBy(() -> usb().resume()).isInstanceOf(BundleException.class).hasMessageContaining("its copy on the data partition is gone; plug in the stick again");
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
    }

    @Test
    void theNewestBundlesSystemIsKeptAndNoOther() throws Exception {
        bundle(NOON, "os/x-1.os.tar", "one");
        usb().take(stick);
        Files.delete(stick.resolve("skerry-bundle/os/x-1.os.tar"));
        bundle(NOON.plusSeconds(1), "images/a.tar", "good");
        usb().take(stick);
        assertThat(OsDevice.bundles(device.paths.data())).as("a bundle without one").isDirectoryContaining("glob:**/x-1.os.tar");
        bundle(NOON.plusSeconds(2), "os/x-2.os.tar", "two");
        usb().take(stick);
        assertThat(data().keySet()).contains("os/bundles/x-2.os.tar").doesNotContain("os/bundles/x-1.os.tar");
    }

    /** On a file system of 90 MiB, of which 64 stay free. */
    @Test
    void aSystemIsKeptOnlyWhileThereIsRoomAndMakesRoomForTheNext() throws Exception {
        Command.run(Duration.ofSeconds(30), "mount", "-t", "tmpfs", "-o", "size=90m", "tmpfs", device.paths.data().toString());
        try {
            String large = "x".repeat(10 << 20);
            bundle(NOON, "os/x-1.os.tar", large);
            usb().take(stick);
            assertThat(data().keySet()).as("10 MiB, and 16 are left").contains("os/bundles/x-1.os.tar");
            Files.delete(stick.resolve("skerry-bundle/os/x-1.os.tar"));
            bundle(NOON.plusSeconds(1), "os/x-2.os.tar", large + large);
            assertThat(usb().take(stick)).as("20 MiB, for which the first had to go").isEqualTo(Outcome.TRY_SYSTEM);
            assertThat(data().keySet()).as("and 6 are left").noneMatch(path -> path.startsWith("os/") || path.startsWith("device/usb"));
            Files.delete(stick.resolve("skerry-bundle/os/x-2.os.tar"));
            bundle(NOON.plusSeconds(2), "os/x-3.os.tar", large + large + large);
            installed.clear();
            assertRefused("needs 30 MiB, but the data partition has only");
        } finally {
            Command.run(Duration.ofSeconds(30), "umount", device.paths.data().toString());
        }
    }

    @Test
    void pathsThatLeaveTheFolderAreNoPaths() {
        assertThat(List.of("images/../../x.tar", "/etc/passwd", "images/.hidden.tar", "images/a/b.tar", "os/x.tar", "../skerry.yaml")).noneMatch(BundleManifest::isPath);
        assertThatThrownBy(() -> BundleManifest.parse("{\"schema\":1,\"created\":\"2026-05-01T12:00:00Z\",\"files\":{\"../x\":{}}}".getBytes()))
                .isInstanceOf(BundleException.class).hasMessageContaining("names ../x");
    }
}
