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
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
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
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Takes in what a USB stick brings, without any network. A bundle is checked as a whole, by its signature and every file's digest, before
 * anything changes; from then on the journal sees to it that it is applied to its end. Settings by themselves carry no signature: they are
 * taken by a device that has none yet, as whoever can plug in a stick then could as well have written the card; a device that was set up
 * changes its settings by a signed bundle, or by a hand on its card, only.
 */
public final class UsbImport {
    /** The other slot. */
    public interface IdleSlot {
        /**
         * Brings an operating system into it.
         *
         * @return whether it waits to be tried by a restart: the version may run already
         * @throws BundleException when the device does not take this one
         */
        boolean install(Path update) throws IOException, BundleException;

        /** The board whose systems it takes. */
        String board() throws IOException;

        /** Why no system can be tried on this machine, and what to do about it; "" when one can. */
        String cannotTry() throws IOException;

        /** Whether it holds what this update file brought, and no try of it was begun. @param sha256 of the file */
        boolean waits(String sha256) throws IOException;
    }

    /** Whether the device must restart for what came to take effect, and whether into the other slot's system. */
    public enum Outcome { NOTHING, DONE, RESTART, TRY_SYSTEM }

    /** Bytes. A manifest names some files. */
    private static final int MAX_MANIFEST = 1 << 20;

    private final DevicePaths paths;
    private final SettingsStore settings;
    private final ConfigPartition partition;
    private final List<PublicKey> trusted;
    private final IdleSlot os;
    private final UsbJournal journal;
    private final KeptSystems kept;
    private final BundleSystems systems;
    private final BundleImages images;
    private final LocalFleet fleet;

    /** @param trusted keys whose bundles are taken */
    public UsbImport(DevicePaths paths, SettingsStore settings, ConfigPartition partition, List<PublicKey> trusted, IdleSlot os) {
        this.paths = paths;
        this.settings = settings;
        this.partition = partition;
        this.trusted = List.copyOf(trusted);
        this.os = os;
        this.journal = new UsbJournal(paths);
        this.kept = new KeptSystems(paths);
        this.systems = new BundleSystems(os, kept);
        this.images = new BundleImages(paths, journal);
        this.fleet = new LocalFleet(paths);
    }

    /**
     * Takes what is there, if anything is.
     *
     * @param stick the mounted file system
     * @throws BundleException saying why it was refused; nothing is then changed but the journal, and without the data partition not even that
     */
    public Outcome take(Path stick) throws IOException, BundleException {
        return alone(() -> takeAlone(stick));
    }

    private Outcome takeAlone(Path stick) throws IOException, BundleException {
        Path bundle = stick.resolve(BundleManifest.FOLDER);
        boolean isBundle = Files.isDirectory(bundle, LinkOption.NOFOLLOW_LINKS);
        if (!isBundle && !Files.isRegularFile(stick.resolve(BundleManifest.SETTINGS), LinkOption.NOFOLLOW_LINKS)) {
            return Outcome.NOTHING;
        }
        if (!paths.isDataMounted()) {
            // What is taken would be forgotten by the restart that it asks for, and taken again; and whether the device has settings is not known.
            throw new BundleException("nothing is taken from the USB stick: the data partition is not mounted on " + paths.data() + "; the card may be damaged");
        }
        return isBundle ? takeBundle(bundle) : takeSettings(read(stick, BundleManifest.SETTINGS));
    }

    /** Goes on with a bundle that a power cut interrupted, up to the restart into the operating system that it brought. */
    public Outcome resume() throws IOException, BundleException {
        return alone(this::resumeAlone);
    }

    private Outcome resumeAlone() throws IOException, BundleException {
        Optional<Entry> begun = journal.interrupted();
        if (begun.isEmpty()) {
            Optional<Entry> taken = journal.taken();
            return taken.isPresent() && waits(taken.get()) ? Outcome.TRY_SYSTEM : Outcome.NOTHING;
        }
        Entry entry = begun.get();
        if (!Files.exists(manifestCopy(entry.digest()))) {
            throw refused(entry.digest(), entry.name(), entry.created(), "its copy on the data partition is gone; plug in the stick again");
        }
        return apply(new StagedBundle(staging(entry.digest()), BundleManifest.parse(Files.readAllBytes(manifestCopy(entry.digest())))), entry);
    }

    /** The restart that {@link Outcome#TRY_SYSTEM} asks for has begun: what comes of it is the update's journal to know. */
    public void tried() throws IOException, BundleException {
        alone(() -> {
            Optional<Entry> taken = journal.taken().filter(entry -> !entry.system().isEmpty());
            if (taken.isPresent()) {
                Entry e = taken.get();
                journal.write(new Entry(e.state(), e.digest(), e.name(), e.created(), e.at(), e.message()));
            }
            return Outcome.NOTHING;
        });
    }

    private boolean waits(Entry taken) throws IOException {
        return taken.state() == State.APPLIED && !taken.system().isEmpty() && os.waits(taken.system());
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
        byte[] json = read(bundle, BundleManifest.MANIFEST);
        String digest = sha256(json);
        Optional<Entry> taken = journal.taken();
        if (taken.filter(entry -> entry.digest().equals(digest) && entry.state() == State.APPLIED).isPresent()) {
            return waits(taken.get()) ? Outcome.TRY_SYSTEM : Outcome.NOTHING;
        }
        String name = "bundle";
        Optional<Instant> created = Optional.empty();
        StagedBundle staged;
        try {
            verify(json, bundle);
            BundleManifest manifest = BundleManifest.parse(json);
            name = manifest.name();
            created = Optional.of(manifest.created());
            if (taken.flatMap(Entry::created).filter(manifest.created()::isBefore).isPresent()) {
                throw new BundleException("is from " + manifest.created() + ", older than the bundle of " + taken.get().created().orElseThrow() + " that this device has taken already");
            }
            staged = new StagedBundle(staging(digest), manifest);
            staged.copyFrom(bundle, kept);
            check(staged);
        } catch (BundleException e) {
            throw refused(digest, name, created, e.getMessage());
        }
        AtomicFile.write(manifestCopy(digest), json, "rw-------");
        Entry begun = new Entry(State.APPLYING, digest, name, created, Instant.now(), "");
        journal.write(begun);
        return apply(staged, begun);
    }

    /** What can be seen to be wrong before anything is changed. */
    private void check(StagedBundle staged) throws IOException, BundleException {
        Set<String> files = staged.manifest().files().keySet();
        if (files.contains(BundleManifest.SETTINGS)) {
            try {
                settings.check(Files.readAllBytes(staged.file(BundleManifest.SETTINGS)), BundleManifest.SETTINGS);
            } catch (SettingsException e) {
                throw new BundleException(e.getMessage().replace("\n", "; "));
            }
        }
        Map<String, String> leftOut = systems.leftOut(staged);
        if (leftOut.keySet().containsAll(files)) {
            throw new BundleException("has nothing for this device: " + said(leftOut));
        }
        if (files.contains(BundleManifest.FLEET)) {
            Path scratch = paths.state().resolve("usb/scratch.git");
            try {
                fleet.check(staged.file(BundleManifest.FLEET), scratch);
            } finally {
                StagedBundle.discard(scratch);
            }
        }
    }

    private static String said(Map<String, String> leftOut) {
        return leftOut.entrySet().stream().map(each -> each.getKey() + ": " + each.getValue()).collect(Collectors.joining("; "));
    }

    /** Once more and once more, until it is done or turns out never to be: the journal says which, and why. */
    private Outcome apply(StagedBundle staged, Entry begun) throws IOException, BundleException {
        try {
            return applyNow(staged, begun);
        } catch (BundleException e) {
            throw refused(begun.digest(), begun.name(), begun.created(), e.getMessage());
        } catch (IOException | RuntimeException e) {
            try {
                journal.write(new Entry(State.APPLYING, begun.digest(), begun.name(), begun.created(), Instant.now(), "is tried again at the next boot: " + e.getMessage()));
            } catch (IOException full) {
                e.addSuppressed(full);
            }
            throw e;
        }
    }

    /** Every step can be taken again. The operating system comes first: it is refused for more than can be seen before, and has no effect before a restart. */
    private Outcome applyNow(StagedBundle staged, Entry begun) throws IOException, BundleException {
        List<String> brought = new ArrayList<>();
        boolean restart = false;
        String system = "";
        Map<String, String> leftOut = systems.leftOut(staged);
        for (String path : staged.paths(BundleManifest.OS)) {
            if (leftOut.containsKey(path)) {
                continue;
            }
            String file = path.substring(BundleManifest.OS.length());
            try {
                if (os.install(systems.file(staged, path))) {
                    system = staged.manifest().files().get(path).sha256();
                    kept.prune(List.of(file));
                    kept.keep(staged.file(path));
                }
            } catch (BundleException e) {
                throw new BundleException(path + ": " + e.getMessage());
            }
            brought.add("operating system " + file);
        }
        brought.addAll(images.take(staged));
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
                throw new BundleException(e.getMessage().replace("\n", "; "));
            }
            brought.add("settings");
            restart = true;
        }
        if (!leftOut.isEmpty()) {
            brought.add("left out " + said(leftOut));
        }
        images.prune(staged);
        journal.write(new Entry(State.APPLIED, begun.digest(), begun.name(), begun.created(), Instant.now(), String.join(", ", brought), system));
        sweep();
        return !system.isEmpty() ? Outcome.TRY_SYSTEM : restart ? Outcome.RESTART : Outcome.DONE;
    }

    private void verify(byte[] json, Path bundle) throws IOException, BundleException {
        if (trusted.isEmpty()) {
            throw new BundleException("this device trusts no key for bundles; build the image with one, or name it under trust.os in skerry.yaml");
        }
        if (!Files.exists(bundle.resolve(BundleManifest.SIGNATURE), LinkOption.NOFOLLOW_LINKS)) {
            throw new BundleException("is not signed: " + BundleManifest.SIGNATURE + " is missing; sign it with 'skerry image bundle'");
        }
        if (!Ed25519Keys.verify(json, new String(read(bundle, BundleManifest.SIGNATURE), StandardCharsets.ISO_8859_1), trusted)) {
            throw new BundleException("is signed by none of the " + trusted.size() + " keys that this device trusts, or was changed after it was signed");
        }
    }

    private BundleException refused(String digest, String name, Optional<Instant> created, String why) throws IOException {
        // Before the copies go: a bundle that the journal calls begun has them.
        journal.write(new Entry(State.REFUSED, digest, name, created, Instant.now(), why));
        sweep();
        return new BundleException(name + " on the USB stick is refused: " + why);
    }

    private Path staging(String digest) {
        return paths.state().resolve("usb").resolve(digest);
    }

    private Path manifestCopy(String digest) {
        return paths.state().resolve("usb").resolve(digest + ".json");
    }

    /** Deletes what was copied from sticks and belongs to no bundle that is being applied. */
    private void sweep() throws IOException {
        Path folder = paths.state().resolve("usb");
        if (!Files.isDirectory(folder)) {
            return;
        }
        String begun = journal.interrupted().map(Entry::digest).orElse("");
        List<Path> found;
        try (Stream<Path> all = Files.list(folder)) {
            found = all.toList();
        }
        for (Path each : found) {
            if (!each.equals(journal.file()) && !each.equals(staging(begun)) && !each.equals(manifestCopy(begun))) {
                StagedBundle.discard(each);
            }
        }
    }

    private interface Work {
        Outcome run() throws IOException, BundleException;
    }

    /** With no other stick, or partition of the same one, in between; and with nothing left behind by a run that was cut off. */
    private Outcome alone(Work work) throws IOException, BundleException {
        Path lock = Files.createDirectories(paths.run()).resolve("usb.lock");
        try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE); FileLock _ = channel.lock()) {
            sweep();
            return work.run();
        }
    }

    private static byte[] read(Path folder, String name) throws IOException, BundleException {
        try (InputStream in = StickFile.open(folder, name)) {
            byte[] content = in.readNBytes(MAX_MANIFEST + 1);
            if (content.length > MAX_MANIFEST) {
                throw new BundleException(name + " on the USB stick is larger than 1 MiB, which no such file is");
            }
            return content;
        } catch (NoSuchFileException e) {
            throw new BundleException("the USB stick's " + BundleManifest.FOLDER + " has no " + name + "; make it with 'skerry image bundle'");
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
