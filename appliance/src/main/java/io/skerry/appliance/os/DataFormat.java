package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.pki.AtomicFile;
import io.skerry.appliance.UserError;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The format of everything in the data folder, which both slots' versions of skerry work on: {@code <data-dir>/format.json}.
 *
 * <p>A change of the format is a {@link Step} with a number, in two halves. The first, {@code expand}, is done when the new version starts
 * and must leave what the version before it reads: new tables and files beside the old ones. The second, {@code contract}, takes away what
 * only the old version needs, and is done when no slot holds a version that does. So falling back always finds its data. A version that
 * finds data which a newer one has contracted says so and touches nothing.
 */
public final class DataFormat {
    /** A half of a change; it may have been done before, wholly or in part. */
    @FunctionalInterface interface Half {
        void on(Path data) throws IOException;
    }

    /** One change of the format. @param number the format after it: 2 is the first */
    record Step(int number, String what, Half expand, Half contract) {}

    /** None so far. */
    private static final List<Step> STEPS = List.of();
    private static final int FIRST = 1;
    private static final Logger LOG = System.getLogger(DataFormat.class.getName());

    private final Path data;
    private final List<Step> steps;

    DataFormat(Path data, List<Step> steps) {
        this.data = data;
        this.steps = List.copyOf(steps);
    }

    /**
     * To be called before anything else looks into the data folder.
     *
     * @param version of skerry
     * @throws UserError when this version cannot use the data; nothing was touched
     */
    public static void prepare(Path data, String version) {
        try {
            new DataFormat(data, STEPS).prepare(RunningOs.read().map(os -> os.slot().letter()), version);
        } catch (IOException e) {
            throw new UserError("cannot bring the data folder " + data + " into this version's format: " + e.getMessage(), e);
        }
    }

    /** @param slot that runs; empty on a machine without slots, where there is no way back */
    void prepare(Optional<String> slot, String version) throws IOException {
        Path file = data.resolve("format.json");
        ObjectNode found = read(file);
        int newest = steps.isEmpty() ? FIRST : steps.getLast().number();
        int contracted = found.path("contracted").asInt(FIRST);
        if (contracted > newest) {
            throw new UserError("the data folder " + data + " is in format " + contracted + ", written by skerry " + Json.text(found, "writtenBy") + "; skerry " + version
                    + " knows up to format " + newest + ": run the newer version");
        }
        ObjectNode now = found.deepCopy();
        int expanded = now.path("expanded").asInt(FIRST);
        for (Step step : steps) {
            if (step.number() > expanded) {
                LOG.log(Level.INFO, "Bringing the data to format {0}: {1}", step.number(), step.what());
                step.expand().on(data);
                now.put("expanded", step.number());
                write(file, now.put("contracted", contracted).put("writtenBy", version));
            }
        }
        ObjectNode readers = now.withObject("/readers");
        readers.put(slot.orElse("only"), newest);
        for (Step step : steps) {
            boolean needed = false;
            for (Map.Entry<String, JsonNode> reader : readers.properties()) {
                needed |= reader.getValue().asInt() < step.number();
            }
            // A device with two slots of which one never ran this code may go back to what is in it.
            needed |= slot.isPresent() && readers.size() < 2;
            if (step.number() > contracted && !needed) {
                // First the word that it is so: a version that does not know it must not start in between.
                contracted = step.number();
                write(file, now.put("contracted", contracted).put("writtenBy", version));
            }
            if (step.number() <= contracted && step.number() > now.path("cleared").asInt(FIRST)) {
                step.contract().on(data);
                write(file, now.put("cleared", step.number()));
            }
        }
        if (!now.equals(found)) {
            write(file, now.put("expanded", Math.max(FIRST, now.path("expanded").asInt())).put("contracted", contracted).put("writtenBy", version));
        }
    }

    private static ObjectNode read(Path file) throws IOException {
        try {
            return Json.parse(Files.readAllBytes(file)) instanceof ObjectNode node ? node : Json.object();
        } catch (NoSuchFileException e) {
            return Json.object();
        } catch (IllegalArgumentException e) {
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    private static void write(Path file, ObjectNode content) throws IOException {
        AtomicFile.write(file, Json.bytes(content), "rw-r--r--");
    }
}
