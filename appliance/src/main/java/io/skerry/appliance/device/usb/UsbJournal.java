package io.skerry.appliance.device.usb;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.appliance.device.DevicePaths;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** What became of the last stick, and which bundle is being applied: what a power cut must not make the device forget. */
public final class UsbJournal {
    /** How far a stick came. */
    public enum State { REFUSED, APPLYING, APPLIED }

    /**
     * @param digest  of the bundle's manifest or of the settings, hexadecimal
     * @param name    for people
     * @param created of the bundle; empty for settings alone
     * @param message why it was refused, or what it brought
     * @param system  SHA-256 of the update file that it brought and that is to be tried by a reboot; "" when there is none, or the reboot was begun
     */
    public record Entry(State state, String digest, String name, Optional<Instant> created, Instant at, String message, String system) {
        Entry(State state, String digest, String name, Optional<Instant> created, Instant at, String message) {
            this(state, digest, name, created, at, message, "");
        }
    }

    /**
     * An archive of container images that a bundle brought.
     *
     * @param sha256 hexadecimal
     */
    record Archive(String name, String sha256) {}

    private final Path file;

    public UsbJournal(DevicePaths paths) {
        file = paths.state().resolve("usb/journal.json");
    }

    Path file() {
        return file;
    }

    /** The last stick's. */
    public Optional<Entry> last() throws IOException {
        return entry(read().path("last"));
    }

    /** The last bundle that was taken, which the refusal of another does not replace. */
    Optional<Entry> taken() throws IOException {
        return entry(read().path("taken"));
    }

    /** The bundle that was begun and came to no end. */
    Optional<Entry> interrupted() throws IOException {
        Optional<Entry> last = last();
        // Before there was taken's own refusal, only the last stick's said it.
        return taken().filter(taken -> taken.state() == State.APPLYING
                && last.filter(entry -> entry.state() == State.REFUSED && entry.digest().equals(taken.digest())).isEmpty());
    }

    void write(Entry entry) throws IOException {
        ObjectNode journal = read();
        journal.set("last", node(entry));
        boolean begun = Json.text(journal.path("taken"), "digest").equals(entry.digest());
        if (entry.created().isPresent() && (entry.state() != State.REFUSED || begun)) {
            journal.set("taken", node(entry));
        }
        AtomicFile.write(file, Json.bytes(journal), "rw-------");
    }

    /** Those that bundles brought and that may still be there. Versions before this one did not write them down. */
    Set<Archive> archives() throws IOException {
        Set<Archive> archives = new LinkedHashSet<>();
        read().path("images").forEach(image -> archives.add(new Archive(Json.text(image, "name"), Json.text(image, "sha256"))));
        return archives;
    }

    void archives(Set<Archive> archives) throws IOException {
        ObjectNode journal = read();
        ArrayNode images = journal.putArray("images");
        archives.forEach(archive -> images.addObject().put("name", archive.name()).put("sha256", archive.sha256()));
        AtomicFile.write(file, Json.bytes(journal), "rw-------");
    }

    private ObjectNode read() throws IOException {
        return Files.exists(file) && Json.parse(Files.readAllBytes(file)) instanceof ObjectNode journal ? journal : Json.object();
    }

    private static ObjectNode node(Entry entry) {
        ObjectNode node = Json.object().put("state", entry.state().name()).put("digest", entry.digest()).put("name", entry.name())
                .put("at", entry.at().toString()).put("message", entry.message());
        entry.created().ifPresent(created -> node.put("created", created.toString()));
        if (!entry.system().isEmpty()) {
            node.put("system", entry.system());
        }
        return node;
    }

    private static Optional<Entry> entry(JsonNode node) {
        if (!node.isObject()) {
            return Optional.empty();
        }
        Optional<Instant> created = node.has("created") ? Optional.of(Instant.parse(node.path("created").asText())) : Optional.empty();
        return Optional.of(new Entry(State.valueOf(node.path("state").asText()), node.path("digest").asText(), node.path("name").asText(), created,
                Instant.parse(node.path("at").asText()), node.path("message").asText(), node.path("system").asText()));
    }
}
