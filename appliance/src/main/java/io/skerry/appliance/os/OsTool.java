package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.appliance.UserError;
import io.skerry.appliance.os.OsJournal.Past;
import io.skerry.appliance.os.OsJournal.SlotContent;
import io.skerry.appliance.os.OsJournal.State;
import io.skerry.appliance.os.OsJournal.Step;
import io.skerry.appliance.os.OsJournal.Update;
import io.skerry.appliance.os.Updater.Target;
import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import io.skerry.image.layout.Slot;
import io.skerry.image.update.OsManifest;
import io.skerry.machinery.json.Json;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** What a person does to the operating system by hand; works on the files, whether a server runs or not. */
public final class OsTool {
    /** How the device is. */
    @FunctionalInterface interface Look {
        ObjectNode now() throws IOException;
    }

    /** For a server to break off what it fetches: it may be waiting for an answer from far away. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private final Updater updater;
    private final Look before;

    /** @param before asked before a reboot: what the other version is compared with, as {@link Health#write} writes it */
    OsTool(Updater updater, Look before) {
        this.updater = updater;
        this.before = before;
    }

    /** @throws UserError on a machine whose operating system is not ours, or for anybody but root */
    public static OsTool open(Path data) {
        try {
            if (((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).intValue() != 0) {
                throw new UserError("only root may look at and update the operating system: log in as root, with a key of ssh.keys in skerry.yaml");
            }
            return new OsTool(OsDevice.updater(data, PATIENCE)
                    .orElseThrow(() -> new UserError("this machine does not run a skerry image; its operating system is updated by its own means")), Situation::now);
        } catch (IOException e) {
            throw new UserError("the operating system's slots cannot be found: " + e.getMessage(), e);
        }
    }

    /**
     * Until the result is closed, or this process ends in whatever way, a running server begins nothing with the slots and breaks off what it
     * fetches. Once in a process.
     */
    public Closeable goFirst() {
        try {
            return updater.goFirst();
        } catch (IOException e) {
            throw new UserError("the server cannot be asked to leave the operating system alone: " + e.getMessage(), e);
        }
    }

    /** What runs, what the other slot holds, what is being done, and how the last updates ended (newest first). */
    public ObjectNode status() {
        try {
            State state = updater.state();
            RunningOs running = updater.running();
            ObjectNode out = Json.object().put("version", running.version()).put("board", running.board()).put("slot", running.slot().letter());
            ObjectNode other = out.putObject("otherSlot").put("slot", running.slot().other().letter());
            SlotContent there = state.slots().get(running.slot().other());
            if (there != null) {
                other.put("version", there.version()).put("good", there.good());
            }
            state.update().ifPresent(update -> out.set("update", update(update, running.slot())));
            ArrayNode history = out.putArray("history");
            state.history().reversed().forEach(past -> history.addObject().put("time", past.time()).put("version", past.version()).put("fromVersion", past.fromVersion())
                    .put("outcome", OsImageController.outcome(past)).put("reason", past.reason()));
            return out;
        } catch (IOException e) {
            throw new UserError("the journal of OS updates cannot be read: " + e.getMessage(), e);
        }
    }

    private static ObjectNode update(Update update, Slot running) {
        String state = switch (update.step()) {
            case DOWNLOADING -> "Downloading";
            case INSTALLED -> "Installed";
            case TRYING -> update.slot() == running ? "OnTrial" : "Rebooting";
        };
        return Json.object().put("version", update.version()).put("slot", update.slot().letter()).put("state", state).put("bytes", update.offset()).put("tries", update.reboots());
    }

    /**
     * Brings an update file into the idle slot, for a person.
     *
     * @param from   a file, or an http(s) URL
     * @param sha256 of the file; may be null for a file on this machine
     * @return its version, or empty when that runs already
     * @throws UserError when it is not to be taken, or cannot be had
     */
    public Optional<String> install(String from, String sha256, LongConsumer progress) {
        try {
            return bring(from, sha256, progress);
        } catch (IOException | OsUpdateException e) {
            throw new UserError("the operating system is not updated: " + e.getMessage(), e);
        }
    }

    /**
     * As {@link #install}, for a program, which goes on according to what went wrong.
     *
     * @throws OsUpdateException when it is not to be taken
     * @throws IOException       when it could not be done now
     */
    public Optional<String> bring(String from, String sha256, LongConsumer progress) throws IOException, OsUpdateException {
        Function<String, ImageSource> source = from.matches("[a-z]+://.*") ? OsImageSpec.sourceOf(from) : validator -> ImageSource.file(Path.of(from).toAbsolutePath());
        if (source.apply("").remote() && sha256 == null) {
            throw new UserError("name the SHA-256 of " + from + " with --sha256: it is what tells one download from another");
        }
        String version = version(source.apply(""));
        if (version.equals(updater.running().version())) {
            return Optional.empty();
        }
        String digest = sha256 != null ? sha256 : Digests.sha256(Path.of(from));
        // Who asks by hand knows that it failed, and may have mended what was wrong.
        int attempt = updater.state().attemptByHand(digest);
        updater.fetch(new Target(version, digest, attempt, source, OsImageSpec.DEFAULT_HEALTH_TIMEOUT), progress, () -> false);
        return Optional.of(version);
    }

    /** Not to be trusted before {@link Updater#fetch} has checked the signature. */
    private static String version(ImageSource source) throws IOException, OsUpdateException {
        try (InputStream in = source.open(0)) {
            return OsManifest.first(in).version();
        } catch (ImageException e) {
            throw new OsUpdateException(source + ": " + e.getMessage());
        }
    }

    /** The board whose update files this device takes. */
    public String board() {
        return updater.running().board();
    }

    /** Why no other version can be tried on this machine, and what to do about it; "" when one can. */
    public String cannotTry() throws IOException {
        return updater.cannotTry();
    }

    /** @return the version that is installed and not tried yet */
    public Optional<String> installed() {
        try {
            return updater.state().update().filter(update -> update.step() != Step.DOWNLOADING && update.slot() != updater.running().slot()).map(Update::version);
        } catch (IOException e) {
            throw new UserError("the journal of OS updates cannot be read: " + e.getMessage(), e);
        }
    }

    /** Whether the update file with this SHA-256 is installed, and no boot into it was begun. */
    public boolean waits(String sha256) {
        try {
            return updater.state().update().filter(update -> update.step() == Step.INSTALLED && update.slot() != updater.running().slot() && update.sha256().equals(sha256))
                    .isPresent();
        } catch (IOException e) {
            throw new UserError("the journal of OS updates cannot be read: " + e.getMessage(), e);
        }
    }

    /** Reboots into what is installed; it is kept when the device is then as well as it is now. */
    public void reboot() {
        try {
            updater.tryIt(before.now());
        } catch (IOException e) {
            throw new UserError("cannot reboot into the other slot: " + e.getMessage(), e);
        }
    }

    /** Makes the other slot's version, if it was good once, the one to reboot into. @return that version */
    public String prepareRollback() {
        try {
            updater.prepareRollback(OsImageSpec.DEFAULT_HEALTH_TIMEOUT);
            return installed().orElseThrow();
        } catch (IOException | OsUpdateException e) {
            throw new UserError("there is no going back: " + e.getMessage(), e);
        }
    }
}
