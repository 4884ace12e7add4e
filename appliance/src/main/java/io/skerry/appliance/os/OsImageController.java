package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.skerry.appliance.os.OsJournal.Outcome;
import io.skerry.appliance.os.OsJournal.Past;
import io.skerry.appliance.os.OsUpdates.Activity;
import io.skerry.appliance.os.OsUpdates.Status;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Crds;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Brings the device to the version of the operating system that the OSImage names. Its conditions are kstatus' (Ready, Reconciling,
 * Stalled), so that whoever applied it knows whether to wait.
 */
public final class OsImageController implements Controller {
    /** Annotation by which somebody allows the reboot into the version that is its value. */
    public static final String REBOOT = "appliance.skerry.io/reboot";
    private static final int SHOWN_HISTORY = 5;
    private static final Duration CLOCK_LOOK = Duration.ofSeconds(10);

    private final Informers informers;
    private final Optional<OsUpdates> updates;
    private final String whyNot;
    private final Path bundles;
    private final Clock clock;
    private final BooleanSupplier clockKnown;
    private final EventRecorder events;

    /**
     * @param updates    empty where the operating system is not updated
     * @param whyNot     then says why
     * @param clock      in the device's time zone
     * @param clockKnown whether it is right, as far as anybody can tell
     */
    public OsImageController(Informers informers, Optional<OsUpdates> updates, String whyNot, Path data, Clock clock, BooleanSupplier clockKnown) {
        this.informers = informers;
        this.updates = updates;
        this.whyNot = whyNot;
        this.bundles = OsDevice.bundles(data);
        this.clock = clock;
        this.clockKnown = clockKnown;
        this.events = informers.recorder(name());
    }

    /** The CRD, one JSON document. */
    public static List<String> definitions() {
        return Crds.read(OsImageController.class, "crds.yaml");
    }

    @Override
    public String name() {
        return "os-image-controller";
    }

    @Override
    public void prepare() {
        Crds.ensure(informers.client(), definitions());
    }

    @Override
    public List<Watch<?>> watches() {
        // Of several one counts, so a change of any concerns them all.
        return List.of(new Watch<>(OSImage.class, (before, after) -> {
            Set<Key> keys = new LinkedHashSet<>(keys());
            keys.add(Key.of(after == null ? before : after));
            return keys;
        }));
    }

    @Override
    public Set<Class<? extends HasMetadata>> writes() {
        return Set.of(OSImage.class);
    }

    @Override
    public void sources(Consumer<Key> queue) {
        updates.ifPresent(u -> u.onChange(() -> keys().forEach(queue)));
    }

    private List<Key> keys() {
        return informers.list(OSImage.class).stream().map(Key::of).toList();
    }

    /** The one that counts: the oldest that is to stay. */
    private Optional<OSImage> first() {
        return informers.list(OSImage.class).stream().filter(image -> image.getMetadata().getDeletionTimestamp() == null)
                .min(Comparator.comparing((OSImage image) -> image.getMetadata().getCreationTimestamp()).thenComparing(image -> image.getMetadata().getName()));
    }

    @Override
    public int concurrency() {
        return 1;
    }

    @Override
    public void reconcile(Key key) throws IOException {
        OSImage image = informers.get(OSImage.class, key);
        Optional<OSImage> first = first();
        if (image == null || image.getMetadata().getDeletionTimestamp() != null) {
            if (first.isEmpty()) {
                updates.ifPresent(u -> u.want(null));
            }
            return;
        }
        if (updates.isEmpty()) {
            write(image, stalled("NotSupported", whyNot));
        } else if (first.isPresent() && !first.get().getMetadata().getName().equals(key.name())) {
            write(image, stalled("Conflict", "the OSImage " + first.get().getMetadata().getName() + " says already what this device shall run; keep one of them"));
        } else {
            write(image, bring(image, updates.get()));
        }
    }

    private Verdict bring(OSImage image, OsUpdates system) throws IOException {
        String version = Json.text(image.getSpec(), "version");
        Status now = system.status();
        if (now.activity() == Activity.Starting) {
            return reconciling("Starting", "looking at what the last boot came to");
        }
        if (now.activity() == Activity.OnTrial) {
            return reconciling("OnTrial", "version " + system.running().version() + " is on trial" + (now.missing().isEmpty() ? "" : ": " + now.missing()));
        }
        if (system.running().version().equals(version)) {
            system.want(null);
            return new Verdict("True", "Running", "version " + version + " runs in slot " + system.running().slot().letter(), false, false);
        }
        OsImageSpec spec;
        try {
            spec = OsImageSpec.of(image.getSpec(), system.running().board(), bundles);
        } catch (OsUpdateException e) {
            system.want(null);
            return stalled("InvalidSpec", e.getMessage());
        }
        Optional<Past> failure = system.failure(spec.target());
        if (failure.isPresent()) {
            system.want(null);
            String what = failure.get().outcome() == Outcome.REFUSED ? "version " + version + " is refused: " : "version " + version + " was tried and not kept: ";
            return stalled(failure.get().outcome() == Outcome.REFUSED ? "Refused" : "FellBack", what + failure.get().reason());
        }
        system.want(spec.target());
        return switch (now.activity()) {
            case Installed -> installed(image, spec, system);
            case Rebooting -> reconciling("Rebooting", "rebooting into version " + version);
            default -> reconciling("Downloading", now.error().isEmpty() ? "downloading version " + version + progress(now.bytes(), spec.size())
                    : "downloading version " + version + progress(now.bytes(), spec.size()) + " is tried again: " + now.error());
        };
    }

    private Verdict installed(OSImage image, OsImageSpec spec, OsUpdates system) {
        String version = spec.target().version();
        Map<String, String> annotations = image.getMetadata().getAnnotations();
        boolean asked = annotations != null && version.equals(annotations.get(REBOOT));
        switch (asked ? OsImageSpec.Policy.Immediate : spec.policy()) {
            case Manual -> {
                return reconciling("WaitingForReboot", "version " + version + " is installed; it is tried when somebody says skerry os reboot");
            }
            case Window -> {
                if (!clockKnown.getAsBoolean()) {
                    Requeue.after(CLOCK_LOOK);
                    return reconciling("WaitingForTime", "version " + version + " is installed; the window for its reboot is not known before a time server has answered");
                }
                ZonedDateTime now = ZonedDateTime.now(clock);
                Duration until = spec.window().orElseThrow().until(now);
                if (until.isPositive()) {
                    Instant begin = now.toInstant().plus(until);
                    Requeue.at(begin);
                    return reconciling("WaitingForWindow", "version " + version + " is installed; the window for its reboot begins at " + begin.truncatedTo(ChronoUnit.MINUTES));
                }
            }
            case Immediate -> { }
        }
        system.allowReboot();
        return reconciling("Rebooting", "rebooting into version " + version);
    }

    private static String progress(long bytes, long total) {
        return bytes == 0 ? "" : ": " + bytes / 1_000_000 + (total > 0 ? " of " + total / 1_000_000 : "") + " MB";
    }

    /** @param ready status of the condition Ready; the other two say why it is not True */
    private record Verdict(String ready, String reason, String message, boolean reconciling, boolean stalled) {}

    private static Verdict reconciling(String reason, String message) {
        return new Verdict("False", reason, message, true, false);
    }

    private static Verdict stalled(String reason, String message) {
        return new Verdict("False", reason, message, false, true);
    }

    private void write(OSImage image, Verdict verdict) throws IOException {
        ObjectNode status = Json.object();
        status.put("observedGeneration", image.getMetadata().getGeneration());
        if (updates.isPresent()) {
            OsUpdates system = updates.get();
            Status now = system.status();
            status.put("runningVersion", system.running().version()).put("slot", system.running().slot().letter()).put("state", now.activity().name());
            if (now.bytes() > 0) {
                status.putObject("progress").put("bytes", now.bytes());
            }
            if (!now.error().isEmpty()) {
                status.put("lastError", now.error());
            }
            ArrayNode history = status.putArray("history");
            system.journal().history().reversed().stream().limit(SHOWN_HISTORY).forEach(past -> history.addObject().put("time", past.time()).put("version", past.version())
                    .put("fromVersion", past.fromVersion()).put("outcome", outcome(past)).put("reason", past.reason()));
        }
        ArrayNode conditions = status.putArray("conditions");
        conditions.add(condition(image, "Ready", verdict.ready(), verdict));
        if (verdict.reconciling()) {
            conditions.add(condition(image, "Reconciling", "True", verdict));
        }
        if (verdict.stalled()) {
            conditions.add(condition(image, "Stalled", "True", verdict));
        }
        if (status.equals(image.getStatus())) {
            return;
        }
        if (verdict.stalled() && !verdict.message().equals(message(image, "Stalled"))) {
            events.warning(image, verdict.reason(), verdict.message());
        }
        OSImage changed = informers.client().getKubernetesSerialization().clone(image);
        changed.setStatus(status);
        informers.awaitSeen(informers.client().resources(OSImage.class).resource(changed).updateStatus());
    }

    /** In the form of MQTT's status and of commands. */
    static String outcome(Past past) {
        return switch (past.outcome()) {
            case KEPT -> "Kept";
            case FELL_BACK -> "FellBack";
            case REFUSED -> "Refused";
        };
    }

    private ObjectNode condition(OSImage image, String type, String value, Verdict verdict) {
        String since = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
        JsonNode old = find(image, type);
        if (Json.text(old, "status").equals(value)) {
            since = Json.text(old, "lastTransitionTime");
        }
        return Json.object().put("type", type).put("status", value).put("reason", verdict.reason()).put("message", verdict.message()).put("lastTransitionTime", since)
                .put("observedGeneration", image.getMetadata().getGeneration());
    }

    private static String message(OSImage image, String type) {
        return Json.text(find(image, type), "message");
    }

    private static JsonNode find(OSImage image, String type) {
        if (image.getStatus() != null) {
            for (JsonNode condition : image.getStatus().path("conditions")) {
                if (Json.text(condition, "type").equals(type)) {
                    return condition;
                }
            }
        }
        return Json.object();
    }
}
