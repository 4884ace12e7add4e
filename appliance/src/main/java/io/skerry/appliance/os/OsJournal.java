package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.image.layout.Slot;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What an update of the operating system must not forget when the power goes, in {@code <data-dir>/os/journal.json}: how far it is, what
 * the slots hold, and how earlier ones ended. Each {@link #save} replaces the file as a whole. Both slots' versions of skerry read it, so
 * fields are only ever added, and those that a version does not know stay.
 */
class OsJournal {
    /** How far an update has come; each step can be done again from its beginning. */
    enum Step {
        /** Its file is being fetched, and written into the idle slot from some point on. */
        DOWNLOADING,
        /** The slot holds it, and was read back; its entry in the boot loader is not armed. */
        INSTALLED,
        /** The boot loader was or is about to be told to try it. */
        TRYING
    }

    enum Outcome { KEPT, FELL_BACK, REFUSED }

    /**
     * The one update in progress.
     *
     * @param sha256    of the update file; "" for going back to what the other slot holds
     * @param attempt   the spec's counter by which an image that failed is tried again; negative when somebody tries it again by hand
     * @param offset    how many bytes of the file are on the medium
     * @param validator of the server for those bytes
     * @param rootHash  of the installed image; "" until then
     * @param reboots   how often the device was told to try it
     * @param before    how the device was when it left the old version: what has to be as good again
     * @param healthTimeout seconds that the new version has for becoming healthy
     */
    record Update(String version, String sha256, int attempt, Slot slot, String fromVersion, Step step, long offset, String validator, String rootHash,
            int reboots, JsonNode before, long healthTimeout, String started) {
        static Update begin(String version, String sha256, int attempt, Slot slot, String fromVersion, long healthTimeout) {
            return new Update(version, sha256, attempt, slot, fromVersion, Step.DOWNLOADING, 0, "", "", 0, Json.object(), healthTimeout, now());
        }

        boolean same(String otherSha256, int otherAttempt) {
            return sha256.equals(otherSha256) && attempt == otherAttempt;
        }

        /** For the health gate. Versions before this one let more be asked for than skerry-os-trial.service waits. */
        Duration gate() {
            return Duration.ofSeconds(Math.min(healthTimeout, OsImageSpec.MAX_HEALTH_TIMEOUT.toSeconds()));
        }

        Update at(long bytes, String withValidator) {
            return new Update(version, sha256, attempt, slot, fromVersion, step, bytes, withValidator, rootHash, reboots, before, healthTimeout, started);
        }

        Update within(Duration timeout) {
            return new Update(version, sha256, attempt, slot, fromVersion, step, offset, validator, rootHash, reboots, before, timeout.toSeconds(), started);
        }

        Update installed(String hash) {
            return new Update(version, sha256, attempt, slot, fromVersion, Step.INSTALLED, offset, validator, hash, reboots, before, healthTimeout, started);
        }

        Update trying(JsonNode situation) {
            return new Update(version, sha256, attempt, slot, fromVersion, Step.TRYING, offset, validator, rootHash, reboots + 1, reboots == 0 ? situation : before, healthTimeout,
                    started);
        }

        /** No further try. */
        Update exhausted() {
            return new Update(version, sha256, attempt, slot, fromVersion, step, offset, validator, rootHash, Integer.MAX_VALUE, before, healthTimeout, started);
        }

        private ObjectNode write() {
            ObjectNode node = Json.object().put("version", version).put("sha256", sha256).put("attempt", attempt).put("slot", slot.letter()).put("fromVersion", fromVersion)
                    .put("step", step.name()).put("offset", offset).put("validator", validator).put("rootHash", rootHash).put("reboots", reboots)
                    .put("healthTimeoutSeconds", healthTimeout).put("started", started);
            node.set("before", before);
            return node;
        }

        private static Update read(JsonNode n) {
            return new Update(Json.text(n, "version"), Json.text(n, "sha256"), n.path("attempt").asInt(), Slot.of(Json.text(n, "slot")), Json.text(n, "fromVersion"),
                    Step.valueOf(Json.text(n, "step")), n.path("offset").asLong(), Json.text(n, "validator"), Json.text(n, "rootHash"), n.path("reboots").asInt(),
                    n.path("before"), n.path("healthTimeoutSeconds").asLong(), Json.text(n, "started"));
        }
    }

    /** What a slot holds that an update wrote. @param good it once passed its health gate */
    record SlotContent(String version, String rootHash, boolean good) {}

    /**
     * How an update ended.
     *
     * @param time    RFC 3339
     * @param reason  "" when it was kept
     * @param curable it was refused for what this device or the spec says, not for what it is: so it may be tried again as it is
     */
    record Past(String time, String version, String fromVersion, String sha256, int attempt, Outcome outcome, String reason, boolean curable) {
        /** But for the time. */
        private boolean repeats(Past other) {
            return new Past(other.time, version, fromVersion, sha256, attempt, outcome, reason, curable).equals(other);
        }
    }

    /** @param history oldest first */
    record State(Optional<Update> update, Map<Slot, SlotContent> slots, List<Past> history) {
        State with(Update now) {
            return new State(Optional.of(now), slots, history);
        }

        State slot(Slot slot, SlotContent content) {
            Map<Slot, SlotContent> changed = new EnumMap<>(Slot.class);
            changed.putAll(slots);
            if (content == null) {
                changed.remove(slot);
            } else {
                changed.put(slot, content);
            }
            return new State(update, changed, history);
        }

        /** The update in progress has ended. */
        State ended(Outcome outcome, String reason) {
            return ended(outcome, reason, false);
        }

        /** It is not taken. @param curable as of {@link Past} */
        State refused(String reason, boolean curable) {
            return ended(Outcome.REFUSED, reason, curable);
        }

        private State ended(Outcome outcome, String reason, boolean curable) {
            Update u = update.orElseThrow();
            Past past = new Past(now(), u.version(), u.fromVersion(), u.sha256(), u.attempt(), outcome, reason, curable);
            List<Past> longer = new ArrayList<>(history);
            if (curable && !longer.isEmpty() && past.repeats(longer.getLast())) {
                // Asked for at each start, it would push out all others.
                longer.removeLast();
            }
            longer.add(past);
            return new State(Optional.empty(), slots, List.copyOf(longer.subList(Math.max(0, longer.size() - KEPT_HISTORY), longer.size())));
        }

        State dropped() {
            return new State(Optional.empty(), slots, history);
        }

        /** The image that brought this version failed after all. */
        State regretted(String version, String reason) {
            Optional<Past> kept = history.reversed().stream().filter(past -> past.version().equals(version) && past.outcome() == Outcome.KEPT && !past.sha256().isEmpty())
                    .findFirst();
            if (kept.isEmpty()) {
                return this;
            }
            List<Past> longer = new ArrayList<>(history);
            longer.add(new Past(now(), version, version, kept.get().sha256(), kept.get().attempt(), Outcome.FELL_BACK, reason, false));
            return new State(update, slots, List.copyOf(longer));
        }

        /** Why this image is not tried again; empty when it may be. */
        Optional<Past> failure(String sha256, int attempt) {
            return history.reversed().stream().filter(past -> past.sha256().equals(sha256) && past.attempt() == attempt).findFirst()
                    .filter(past -> past.outcome() != Outcome.KEPT && !past.curable());
        }

        /**
         * The attempt when somebody asks for this image by hand: the one that is under way, else the first that did not fail. After 0 they are
         * negative, so that they use up none of an OSImage's.
         */
        int attemptByHand(String sha256) {
            Optional<Update> underWay = update.filter(u -> u.sha256().equals(sha256));
            int attempt = underWay.map(Update::attempt).orElse(0);
            while (underWay.isEmpty() && failure(sha256, attempt).isPresent()) {
                attempt--;
            }
            return attempt;
        }
    }

    private static final Logger LOG = System.getLogger(OsJournal.class.getName());
    private static final int KEPT_HISTORY = 50;

    private final Path file;

    /** @param folder {@code <data-dir>/os} */
    OsJournal(Path folder) {
        file = folder.resolve("journal.json");
    }

    /**
     * One that cannot be read is put aside and begun anew: the running slot is known without it, and what was half done is done again.
     */
    State load() throws IOException {
        try {
            return read(Json.parse(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return new State(Optional.empty(), Map.of(), List.of());
        } catch (IllegalArgumentException e) {
            LOG.log(Level.ERROR, "{0} is damaged and is begun anew: {1}", file, e.getMessage());
            Files.move(file, file.resolveSibling(file.getFileName() + ".broken"), StandardCopyOption.REPLACE_EXISTING);
            return new State(Optional.empty(), Map.of(), List.of());
        }
    }

    /** Returns with the state on the disk. */
    void save(State state) throws IOException {
        ObjectNode node = Json.object();
        if (Files.exists(file)) {
            JsonNode old = Json.parse(Files.readAllBytes(file));
            if (old instanceof ObjectNode fields) {
                node.setAll(fields);
            }
        }
        node.remove("update");
        state.update().ifPresent(update -> node.set("update", update.write()));
        ObjectNode slots = node.putObject("slots");
        state.slots().forEach((slot, content) -> slots.putObject(slot.letter()).put("version", content.version()).put("rootHash", content.rootHash()).put("good", content.good()));
        ArrayNode history = node.putArray("history");
        for (Past past : state.history()) {
            ObjectNode entry = history.addObject().put("time", past.time()).put("version", past.version()).put("fromVersion", past.fromVersion())
                    .put("sha256", past.sha256()).put("attempt", past.attempt()).put("outcome", past.outcome().name()).put("reason", past.reason());
            if (past.curable()) {
                entry.put("curable", true);
            }
        }
        AtomicFile.write(file, Json.bytes(node), "rw-------");
    }

    private static State read(JsonNode node) {
        Map<Slot, SlotContent> slots = new EnumMap<>(Slot.class);
        for (Map.Entry<String, JsonNode> slot : node.path("slots").properties()) {
            JsonNode content = slot.getValue();
            slots.put(Slot.of(slot.getKey()), new SlotContent(Json.text(content, "version"), Json.text(content, "rootHash"), content.path("good").asBoolean()));
        }
        List<Past> history = new ArrayList<>();
        for (JsonNode p : node.path("history")) {
            history.add(new Past(Json.text(p, "time"), Json.text(p, "version"), Json.text(p, "fromVersion"), Json.text(p, "sha256"), p.path("attempt").asInt(),
                    Outcome.valueOf(Json.text(p, "outcome")), Json.text(p, "reason"), p.path("curable").asBoolean()));
        }
        return new State(node.has("update") ? Optional.of(Update.read(node.path("update"))) : Optional.empty(), slots, List.copyOf(history));
    }

    private static String now() {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
