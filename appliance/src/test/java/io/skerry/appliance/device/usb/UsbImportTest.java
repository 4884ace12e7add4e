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
import io.skerry.image.update.OsManifest;
import io.skerry.node.host.Command;
import java.io.ByteArrayOutputStream;
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
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
        public String board() {
            return "generic-amd64";
        }

        @Override
        public String cannotTry() {
            return cannotTry;
        }

        @Override
        public boolean waits(String sha256) {
            return sha256.equals(waiting);
        }
    }

    private String waiting = "";
    private String cannotTry = "";

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
        bundle(NOON, "skerry.yaml", "hostname: new\n", "images/web.tar", "an archive", "os/skerry-1.os.tar", update("1"));
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
        assertThat(OsDevice.bundles(device.paths.data()).resolve("skerry-1.os.tar")).as("for an OSImage that names it").hasContent(update("1"));
        assertThat(data().keySet()).as("no copies are left").noneMatch(path -> path.startsWith("device/usb/"));
    }

    /** An update file's beginning: the slot here takes anything. */
    private static String update(String board, String version) throws IOException {
        byte[] manifest = new OsManifest(board, version, "2026-05-01T12:00:00Z", "a".repeat(64), 4096, List.of(), Map.of()).render();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(out)) {
            TarArchiveEntry entry = new TarArchiveEntry(OsManifest.NAME);
            entry.setSize(manifest.length);
            entry.setModTime(0);
            tar.putArchiveEntry(entry);
            tar.write(manifest);
            tar.closeArchiveEntry();
        }
        return out.toString(StandardCharsets.US_ASCII);
    }

    private static String update(String version) throws IOException {
        return update("generic-amd64", version);
    }

    private void gitBundle(Path file) throws IOException {
        commit();
        git("-C", work().toString(), "bundle", "create", file.toString(), "main");
    }

    private Path work() {
        return folder.resolve("work");
    }

    private void commit() throws IOException {
        if (!Files.exists(work())) {
            git("init", "--quiet", "--initial-branch=main", work().toString());
        }
        git("-C", work().toString(), "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "-m", "one more");
    }

    /** Signs what is in the folder. */
    private void sign(Instant created) throws IOException, BundleException {
        BundleWriter.write(stick.resolve(BundleManifest.FOLDER), "shop", created, OWNER.getPrivate());
    }

    /** What goes on from commits that this device never had is seen before anything is changed. */
    @Test
    void anIncrementalFleetIsForDevicesThatHaveItsBase() throws Exception {
        Path fleet = bundle(NOON, "images/a.tar", "good", "os/x.os.tar", update("1")).resolve("fleet.bundle");
        commit();
        commit();
        git("-C", work().toString(), "bundle", "create", fleet.toString(), "main", "^main~1");
        sign(NOON);
        assertRefused("fleet.bundle goes on from commits that are not here");
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
        git("-C", work().toString(), "bundle", "create", fleet.toString(), "main");
        sign(NOON.plusSeconds(1));
        assertThat(usb().take(stick)).isEqualTo(Outcome.TRY_SYSTEM);
        commit();
        git("-C", work().toString(), "bundle", "create", fleet.toString(), "main", "^main~1");
        sign(NOON.plusSeconds(2));
        assertThat(usb().take(stick)).as("a device that has it").isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(git("ls-remote", new LocalFleet(device.paths).url().orElseThrow())).contains(git("-C", work().toString(), "rev-parse", "main").strip() + "\trefs/heads/main");
    }

    @Test
    void aBrokenFleetIsRefusedBeforeAnythingIsChanged() throws Exception {
        Path fleet = bundle(NOON, "os/x.os.tar", update("1")).resolve("fleet.bundle");
        gitBundle(fleet);
        byte[] content = Files.readAllBytes(fleet);
        content[content.length - 30] ^= 1;
        Files.write(fleet, content);
        sign(NOON);
        assertRefused("the Git bundle fleet.bundle cannot be read: ");
        Files.writeString(fleet, "no bundle");
        sign(NOON);
        assertRefused("the Git bundle fleet.bundle cannot be read: ");
        git("-C", work().toString(), "bundle", "create", fleet.toString(), "HEAD");
        sign(NOON);
        assertRefused("fleet.bundle holds no branch");
    }

    /** As versions before this one began it, and failed at each boot without a word. */
    @Test
    void aFleetThatCanNeverBeTakenEndsWithAReason() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good");
        Error cut = new Error("power cut");
        gitBundle(bundle.resolve("fleet.bundle"));
        Files.writeString(bundle.resolve("skerry.yaml"), "hostname: new\n");
        sign(NOON);
        assertThatThrownBy(() -> new UsbImport(device.paths, settings, content -> {
            throw cut;
        }, List.of(OWNER.getPublic()), new Slot()).take(stick)).isSameAs(cut);
        Path staged = device.paths.state().resolve("usb").resolve(new UsbJournal(device.paths).last().orElseThrow().digest());
        Files.writeString(staged.resolve("fleet.bundle"), "damaged");
        assertThatThrownBy(() -> usb().resume()).isInstanceOf(BundleException.class).hasMessageContaining("the Git bundle fleet.bundle cannot be read");
        assertThat(new UsbJournal(device.paths).last().orElseThrow().state()).isEqualTo(State.REFUSED);
        assertThat(usb().resume()).isEqualTo(Outcome.NOTHING);
    }

    /** A disk that is full, or a FAT that cannot be written just now. */
    @Test
    void whatMayPassIsTriedAgainAndSaid() throws Exception {
        bundle(NOON, "images/a.tar", "good", "skerry.yaml", "hostname: new\n");
        assertThatThrownBy(() -> new UsbImport(device.paths, settings, content -> {
            throw new IOException("No space left on device");
        }, List.of(OWNER.getPublic()), new Slot()).take(stick)).isInstanceOf(IOException.class);
        assertThat(new UsbJournal(device.paths).last().orElseThrow()).satisfies(entry -> {
            assertThat(entry.state()).isEqualTo(State.APPLYING);
            assertThat(entry.message()).isEqualTo("is tried again at the next boot: No space left on device");
        });
        assertThat(usb().resume()).isEqualTo(Outcome.RESTART);
        assertThat(Files.readString(device.paths.settings())).isEqualTo("hostname: new\n");
    }

    /** JGit tells of a full disk as it tells of a broken bundle. */
    @Test
    void aFullDiskIsNotTheFleetsFault() throws Exception {
        commit();
        byte[] noise = new byte[4 << 20];
        new java.util.Random(1).nextBytes(noise);
        Files.write(work().resolve("noise"), noise);
        git("-C", work().toString(), "add", "noise");
        Path file = folder.resolve("fleet.bundle");
        gitBundle(file);
        Files.createDirectories(device.paths.state());
        Command.run(Duration.ofSeconds(30), "mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", device.paths.state().toString());
        try {
            assertThatThrownBy(() -> new LocalFleet(device.paths).take(file)).isInstanceOf(IOException.class).hasMessageContaining("cannot be taken");
        } finally {
            Command.run(Duration.ofSeconds(30), "umount", device.paths.state().toString());
        }
        new LocalFleet(device.paths).take(file);
        assertThat(new LocalFleet(device.paths).url()).isPresent();
    }

    @Test
    void aLockThatAPowerCutLeftIsNoHindrance() throws Exception {
        Path file = folder.resolve("fleet.bundle");
        gitBundle(file);
        LocalFleet fleet = new LocalFleet(device.paths);
        fleet.take(file);
        gitBundle(file);
        Files.createFile(device.paths.state().resolve("fleet.git/refs/heads/main.lock"));
        fleet.take(file);
        assertThat(git("ls-remote", fleet.url().orElseThrow())).contains(git("-C", work().toString(), "rev-parse", "main").strip());
    }

    @Test
    void oneStickServesTwoBoards() throws Exception {
        bundle(NOON, "images/a.tar", "good", "os/amd64.os.tar", update("1"), "os/pi.os.tar", update("raspberrypi4", "1"));
        assertThat(usb().take(stick)).isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(installed).containsExactly("amd64.os.tar");
        assertThat(new UsbJournal(device.paths).last().orElseThrow().message())
                .isEqualTo("operating system amd64.os.tar, images/a.tar, left out os/pi.os.tar: is for the board raspberrypi4, this device is a generic-amd64");
        assertThat(data().keySet()).contains("os/bundles/amd64.os.tar").noneMatch(path -> path.contains("pi.os.tar"));
    }

    @Test
    void twoSystemsForOneBoardAreRefused() throws Exception {
        bundle(NOON, "images/a.tar", "good", "os/one.os.tar", update("1"), "os/two.os.tar", update("2"));
        assertRefused("os/one.os.tar and os/two.os.tar are both for the board generic-amd64");
        assertThatThrownBy(() -> BundleContents.check(stick.resolve(BundleManifest.FOLDER), ServerFlags.UNKNOWN)).hasMessageContaining("are both for the board generic-amd64");
    }

    @Test
    void aBundleWithNothingForThisDeviceIsRefused() throws Exception {
        bundle(NOON, "os/pi.os.tar", update("raspberrypi4", "1"), "os/none.os.tar", "not a tar");
        assertRefused("os/none.os.tar: not an OS update file");
        Files.delete(stick.resolve("skerry-bundle/os/none.os.tar"));
        sign(NOON);
        assertRefused("has nothing for this device: os/pi.os.tar: is for the board raspberrypi4");
    }

    /** A Raspberry Pi 3, say: the rest of the bundle is for it all the same. */
    @Test
    void aBoardThatCannotTryASystemTakesTheRest() throws Exception {
        cannotTry = "a Raspberry Pi 3 forgets";
        bundle(NOON, "images/a.tar", "good", "os/x.os.tar", update("1"));
        assertThat(usb().take(stick)).isEqualTo(Outcome.DONE);
        assertThat(installed).isEmpty();
        assertThat(new UsbJournal(device.paths).last().orElseThrow().message()).isEqualTo("images/a.tar, left out os/x.os.tar: a Raspberry Pi 3 forgets");
        Files.delete(stick.resolve("skerry-bundle/images/a.tar"));
        sign(NOON.plusSeconds(1));
        assertRefused("has nothing for this device: os/x.os.tar: a Raspberry Pi 3 forgets");
        cannotTry = "";
        assertThat(usb().take(stick)).as("when that is mended").isEqualTo(Outcome.TRY_SYSTEM);
    }

    /** Opening a pipe waits for a writer; no other stick would be looked at meanwhile. */
    @Test
    @Timeout(20)
    void onlyPlainFilesAreOpened() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good");
        for (String name : List.of("images/a.tar", "manifest.sig", "manifest.json")) {
            Files.delete(bundle.resolve(name));
            Command.run(Duration.ofSeconds(5), "mkfifo", bundle.resolve(name).toString());
            assertThatThrownBy(() -> usb().take(stick)).isInstanceOf(BundleException.class).hasMessageContaining(name + " is not a plain file");
        }
        Files.delete(bundle.resolve("manifest.json"));
        Files.createSymbolicLink(bundle.resolve("manifest.json"), Path.of("/etc/hostname"));
        assertThatThrownBy(() -> usb().take(stick)).isInstanceOf(BundleException.class).hasMessageContaining("manifest.json is not a plain file");
        Files.move(bundle, folder.resolve("elsewhere"));
        Files.createSymbolicLink(bundle, folder.resolve("elsewhere"));
        assertThat(usb().take(stick)).as("a link").isEqualTo(Outcome.NOTHING);
    }

    @Test
    void foldersThatAreLinksAreNotFollowed() throws Exception {
        Path bundle = bundle(NOON, "images/a.tar", "good");
        Files.move(bundle.resolve("images"), folder.resolve("elsewhere"));
        Files.createSymbolicLink(bundle.resolve("images"), folder.resolve("elsewhere"));
        assertRefused("images is not a folder");
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
        bundle(NOON, "images/a.tar", "good", "os/x.os.tar", update("1"));
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
        bundle(NOON, "skerry.yaml", "hostname: new\n", "images/a.tar", "good", "os/x.os.tar", update("1"));
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
        bundle(NOON, "images/a.tar", "good", "os/x.os.tar", update("1"));
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
        bundle(NOON, "os/x-1.os.tar", update("1"));
        usb().take(stick);
        Files.delete(stick.resolve("skerry-bundle/os/x-1.os.tar"));
        bundle(NOON.plusSeconds(1), "images/a.tar", "good");
        usb().take(stick);
        assertThat(OsDevice.bundles(device.paths.data())).as("a bundle without one").isDirectoryContaining("glob:**/x-1.os.tar");
        bundle(NOON.plusSeconds(2), "os/x-2.os.tar", update("2"));
        usb().take(stick);
        assertThat(data().keySet()).contains("os/bundles/x-2.os.tar").doesNotContain("os/bundles/x-1.os.tar");
    }

    /** On a file system of 90 MiB, of which 64 stay free. */
    @Test
    void aSystemIsKeptOnlyWhileThereIsRoomAndMakesRoomForTheNext() throws Exception {
        Command.run(Duration.ofSeconds(30), "mount", "-t", "tmpfs", "-o", "size=90m", "tmpfs", device.paths.data().toString());
        try {
            String large = update("1") + "x".repeat(10 << 20);
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
