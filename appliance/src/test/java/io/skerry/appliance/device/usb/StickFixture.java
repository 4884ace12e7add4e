package io.skerry.appliance.device.usb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.device.Device;
import io.skerry.appliance.device.SettingsStore;
import io.skerry.appliance.device.usb.UsbJournal.State;
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
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A device and a stick, each a folder, with real signatures and real Git bundles. */
abstract class StickFixture {
    static final KeyPair OWNER = Ed25519Keys.generate();
    static final Instant NOON = Instant.parse("2026-05-01T12:00:00Z");

    @TempDir
    Path folder;
    Device device;
    Path stick;
    SettingsStore settings;
    final List<String> installed = new ArrayList<>();

    @BeforeEach
    void device() throws Exception {
        device = new Device(folder.resolve("device"));
        stick = Files.createDirectories(folder.resolve("stick"));
        settings = new SettingsStore(device.paths, ServerFlags.UNKNOWN);
    }

    /** A slot that takes what it is given. */
    class Slot implements UsbImport.IdleSlot {
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

    String waiting = "";
    String cannotTry = "";

    UsbImport usb() {
        return usb(List.of(OWNER.getPublic()), new Slot());
    }

    UsbImport usb(List<PublicKey> trusted, UsbImport.IdleSlot os) {
        return new UsbImport(device.paths, settings, content -> Files.write(device.paths.settings(), content), trusted, os);
    }

    Path bundle(Instant created, String... pathsAndContents) throws IOException, BundleException {
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
    TreeMap<String, String> data() throws IOException {
        TreeMap<String, String> files = new TreeMap<>();
        try (var tree = Files.walk(device.paths.data())) {
            for (Path file : tree.filter(Files::isRegularFile).filter(each -> !each.endsWith("usb/journal.json")).toList()) {
                files.put(device.paths.data().relativize(file).toString(), Files.readString(file, StandardCharsets.ISO_8859_1));
            }
        }
        return files;
    }

    void assertRefused(String why) throws IOException {
        TreeMap<String, String> before = data();
        assertThatThrownBy(() -> usb().take(stick)).isInstanceOf(BundleException.class).hasMessageContaining(why);
        assertThat(data()).as("nothing is changed").isEqualTo(before);
        assertThat(new UsbJournal(device.paths).last().orElseThrow()).satisfies(entry -> {
            assertThat(entry.state()).isEqualTo(State.REFUSED);
            assertThat(entry.message()).contains(why);
        });
        assertThat(installed).isEmpty();
    }

    /** An update file's beginning: the slot here takes anything. */
    static String update(String board, String version) throws IOException {
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

    static String update(String version) throws IOException {
        return update("generic-amd64", version);
    }

    void gitBundle(Path file) throws IOException {
        commit();
        git("-C", work().toString(), "bundle", "create", file.toString(), "main");
    }

    Path work() {
        return folder.resolve("work");
    }

    void commit() throws IOException {
        if (!Files.exists(work())) {
            git("init", "--quiet", "--initial-branch=main", work().toString());
        }
        git("-C", work().toString(), "-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--allow-empty", "-m", "one more");
    }

    /** Signs what is in the folder. */
    void sign(Instant created) throws IOException, BundleException {
        BundleWriter.write(stick.resolve(BundleManifest.FOLDER), "shop", created, OWNER.getPrivate());
    }

    static String git(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git"));
        command.addAll(List.of(arguments));
        return Command.run(Duration.ofSeconds(30), command.toArray(String[]::new));
    }
}
