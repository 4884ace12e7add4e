package io.skerry.appliance.device.usb;

import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.appliance.device.ConfigPartition;
import io.skerry.appliance.device.DevicePaths;
import io.skerry.appliance.device.LocalFleet;
import io.skerry.appliance.device.SettingsStore;
import io.skerry.appliance.device.usb.UsbJournal.Entry;
import io.skerry.appliance.device.usb.UsbJournal.State;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.settings.SettingsException;
import io.skerry.image.update.Ed25519Keys;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Takes in what a USB stick brings, without any network. A bundle is checked as a whole, by its signature and every file's digest, before
 * anything changes; from then on the journal sees to it that it is applied to its end. Settings by themselves carry no signature: they are
 * taken by a device that has none yet, as whoever can plug in a stick then could as well have written the card; a device that was set up
 * changes its settings by a signed bundle, or by a hand on its card, only.
 */
public final class UsbImport {
    /** Brings an operating system into the idle slot. */
    public interface OsInstaller {
        /**
         * @return whether it waits to be tried by a restart: the version may run already
         * @throws BundleException when the device does not take this one
         */
        boolean install(Path update) throws IOException, BundleException;
    }

    /** Whether the device must restart for what came to take effect, and whether into the other slot's system. */
    public enum Outcome { NOTHING, DONE, RESTART, TRY_SYSTEM }

    /** Bytes. A manifest names some files. */
    private static final int MAX_MANIFEST = 1 << 20;

    private final DevicePaths paths;
    private final SettingsStore settings;
    private final ConfigPartition partition;
    private final List<PublicKey> trusted;
    private final OsInstaller os;
    private final UsbJournal journal;

    /** @param trusted keys whose bundles are taken */
    public UsbImport(DevicePaths paths, SettingsStore settings, ConfigPartition partition, List<PublicKey> trusted, OsInstaller os) {
        this.paths = paths;
        this.settings = settings;
        this.partition = partition;
        this.trusted = List.copyOf(trusted);
        this.os = os;
        this.journal = new UsbJournal(paths);
    }

    /**
     * Takes what is there, if anything is.
     *
     * @param stick the mounted file system
     * @throws BundleException saying why it was refused; nothing is then changed but the journal
     */
    public Outcome take(Path stick) throws IOException, BundleException {
        Path bundle = stick.resolve(BundleManifest.FOLDER);
        Path file = stick.resolve(BundleManifest.SETTINGS);
        if (Files.isDirectory(bundle)) {
            return takeBundle(bundle);
        }
        return Files.isRegularFile(file) ? takeSettings(read(file)) : Outcome.NOTHING;
    }

    /** Goes on with a bundle that a power cut interrupted. */
    public Outcome resume() throws IOException, BundleException {
        Optional<Entry> last = journal.last().filter(entry -> entry.state() == State.APPLYING);
        if (last.isEmpty()) {
            return Outcome.NOTHING;
        }
        Path folder = staging(last.get().digest());
        return apply(new StagedBundle(folder, BundleManifest.parse(Files.readAllBytes(manifestCopy(last.get().digest())))), last.get());
    }

    private Outcome takeSettings(byte[] content) throws IOException, BundleException {
        String digest = sha256(content);
        if (Arrays.equals(content, settings.lastGood().orElse(null))) {
            return Outcome.NOTHING;
        }
        if (settings.configured()) {
            throw refused(digest, BundleManifest.SETTINGS, Optional.empty(),
                    "this device has its settings already; change them by a bundle that 'skerry image bundle' signed, or on its card");
        }
        try {
            settings.replace(content, BundleManifest.SETTINGS, partition);
        } catch (SettingsException e) {
            throw refused(digest, BundleManifest.SETTINGS, Optional.empty(), e.getMessage().replace("\n", "; "));
        }
        journal.write(new Entry(State.APPLIED, digest, BundleManifest.SETTINGS, Optional.empty(), Instant.now(), "settings"));
        return Outcome.RESTART;
    }

    private Outcome takeBundle(Path bundle) throws IOException, BundleException {
        byte[] json = read(bundle.resolve(BundleManifest.MANIFEST));
        String digest = sha256(json);
        Optional<Entry> taken = journal.taken();
        if (taken.filter(entry -> entry.digest().equals(digest) && entry.state() == State.APPLIED).isPresent()) {
            return Outcome.NOTHING;
        }
        String name = "bundle";
        Optional<Instant> created = Optional.empty();
        StagedBundle staged;
        try {
            verify(json, bundle.resolve(BundleManifest.SIGNATURE));
            BundleManifest manifest = BundleManifest.parse(json);
            name = manifest.name();
            created = Optional.of(manifest.created());
            if (taken.flatMap(Entry::created).filter(manifest.created()::isBefore).isPresent()) {
                throw new BundleException("is from " + manifest.created() + ", older than the bundle of " + taken.get().created().orElseThrow() + " that this device has taken already");
            }
            staged = new StagedBundle(staging(digest), manifest);
            staged.copyFrom(bundle);
            check(staged);
        } catch (BundleException e) {
            discard(digest);
            throw refused(digest, name, created, e.getMessage());
        }
        AtomicFile.write(manifestCopy(digest), json, "rw-------");
        Entry begun = new Entry(State.APPLYING, digest, name, created, Instant.now(), "");
        journal.write(begun);
        return apply(staged, begun);
    }

    /** What can be seen to be wrong before anything is changed. */
    private void check(StagedBundle staged) throws IOException, BundleException {
        if (staged.manifest().files().containsKey(BundleManifest.SETTINGS)) {
            try {
                settings.check(Files.readAllBytes(staged.file(BundleManifest.SETTINGS)), BundleManifest.SETTINGS);
            } catch (SettingsException e) {
                throw new BundleException(e.getMessage().replace("\n", "; "));
            }
        }
    }

    /** Every step can be taken again. The operating system comes first: it alone can still be refused, and has no effect before a restart. */
    private Outcome apply(StagedBundle staged, Entry begun) throws IOException, BundleException {
        List<String> brought = new ArrayList<>();
        boolean restart = false;
        boolean trySystem = false;
        for (String path : staged.paths(BundleManifest.OS)) {
            try {
                trySystem |= os.install(staged.file(path));
            } catch (BundleException e) {
                discard(begun.digest());
                throw refused(begun.digest(), begun.name(), begun.created(), path + ": " + e.getMessage());
            }
            brought.add("operating system " + path.substring(BundleManifest.OS.length()));
        }
        for (String path : staged.paths(BundleManifest.IMAGES)) {
            Path target = paths.data().resolve("agent").resolve(path);
            Files.createDirectories(target.getParent());
            if (Files.exists(staged.file(path))) {
                Files.move(staged.file(path), target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
            brought.add(path);
        }
        LocalFleet fleet = new LocalFleet(paths);
        if (staged.manifest().files().containsKey(BundleManifest.FLEET)) {
            boolean first = fleet.url().isEmpty();
            fleet.take(staged.file(BundleManifest.FLEET));
            brought.add("fleet repository");
            // From now on the server is told of it.
            restart |= first;
        }
        if (staged.manifest().files().containsKey(BundleManifest.SETTINGS)) {
            try {
                settings.replace(Files.readAllBytes(staged.file(BundleManifest.SETTINGS)), BundleManifest.SETTINGS, partition);
            } catch (SettingsException e) {
                throw new IOException("settings that were right are wrong: " + e.getMessage(), e);
            }
            brought.add("settings");
            restart = true;
        }
        journal.write(new Entry(State.APPLIED, begun.digest(), begun.name(), begun.created(), Instant.now(), String.join(", ", brought)));
        discard(begun.digest());
        return trySystem ? Outcome.TRY_SYSTEM : restart ? Outcome.RESTART : Outcome.DONE;
    }

    private void verify(byte[] json, Path signature) throws IOException, BundleException {
        if (trusted.isEmpty()) {
            throw new BundleException("this device trusts no key for bundles; build the image with one, or name it under trust.os in skerry.yaml");
        }
        if (!Files.exists(signature)) {
            throw new BundleException("is not signed: " + BundleManifest.SIGNATURE + " is missing; sign it with 'skerry image bundle'");
        }
        if (!Ed25519Keys.verify(json, new String(read(signature), StandardCharsets.ISO_8859_1), trusted)) {
            throw new BundleException("is signed by none of the " + trusted.size() + " keys that this device trusts, or was changed after it was signed");
        }
    }

    private BundleException refused(String digest, String name, Optional<Instant> created, String why) throws IOException {
        journal.write(new Entry(State.REFUSED, digest, name, created, Instant.now(), why));
        return new BundleException(name + " on the USB stick is refused: " + why);
    }

    private Path staging(String digest) {
        return paths.state().resolve("usb").resolve(digest);
    }

    private Path manifestCopy(String digest) {
        return paths.state().resolve("usb").resolve(digest + ".json");
    }

    private void discard(String digest) throws IOException {
        new StagedBundle(staging(digest), new BundleManifest("", Instant.EPOCH, Map.of())).discard();
        Files.deleteIfExists(manifestCopy(digest));
    }

    private static byte[] read(Path file) throws IOException, BundleException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(MAX_MANIFEST + 1);
            if (content.length > MAX_MANIFEST) {
                throw new BundleException(file.getFileName() + " on the USB stick is larger than 1 MiB, which no such file is");
            }
            return content;
        } catch (NoSuchFileException e) {
            throw new BundleException("the USB stick's " + BundleManifest.FOLDER + " has no " + file.getFileName() + "; make it with 'skerry image bundle'");
        }
    }

    private static String sha256(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
