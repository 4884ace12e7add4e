package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.appliance.config.GoDuration;
import io.skerry.machinery.json.Json;
import java.net.URI;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import okhttp3.HttpUrl;

/**
 * What an OSImage's spec asks of this device.
 *
 * @param size   bytes of the update file; 0 when it is not said
 * @param window for {@link Policy#Window}
 */
record OsImageSpec(Updater.Target target, long size, Policy policy, Optional<MaintenanceWindow> window) {
    /** When the device may reboot. */
    enum Policy { Immediate, Window, Manual }

    static final Duration DEFAULT_HEALTH_TIMEOUT = Duration.ofMinutes(10);
    /** As in crds.yaml; RuntimeMaxSec of skerry-os-trial.service has to be longer by what {@link TrialWatch} adds. */
    static final Duration MAX_HEALTH_TIMEOUT = Duration.ofHours(2);

    /**
     * @param spec    as the CRD's schema lets it through
     * @param bundles folder with update files that came on a stick
     * @throws OsUpdateException naming the field that is wrong for this device
     */
    static OsImageSpec of(JsonNode spec, String board, Path bundles) throws OsUpdateException {
        List<String> boards = new ArrayList<>();
        for (JsonNode image : spec.path("images")) {
            boards.add(Json.text(image, "board"));
            if (Json.text(image, "board").equals(board)) {
                return of(spec, image, bundles);
            }
        }
        throw new OsUpdateException("spec.images has no image for this device's board " + board + ", only for " + String.join(", ", boards));
    }

    private static OsImageSpec of(JsonNode spec, JsonNode image, Path bundles) throws OsUpdateException {
        String timeout = Json.text(spec, "healthTimeout");
        Duration healthTimeout = timeout.isEmpty() ? DEFAULT_HEALTH_TIMEOUT : GoDuration.parse(timeout);
        if (!healthTimeout.isPositive()) {
            throw new OsUpdateException("spec.healthTimeout must be more than nothing, such as 10m");
        }
        Policy policy = Json.at(spec, "reboot", "policy").isTextual() ? Policy.valueOf(Json.text(spec, "reboot", "policy")) : Policy.Immediate;
        JsonNode window = Json.at(spec, "reboot", "window");
        if (policy == Policy.Window && window.isMissingNode()) {
            throw new OsUpdateException("spec.reboot.policy is Window, and spec.reboot.window is not given");
        }
        Updater.Target target = new Updater.Target(Json.text(spec, "version"), Json.text(image, "sha256"), spec.path("attempt").asInt(0), source(image, bundles),
                healthTimeout);
        return new OsImageSpec(target, image.path("size").asLong(0), policy, policy == Policy.Window ? Optional.of(window(window)) : Optional.empty());
    }

    private static Function<String, ImageSource> source(JsonNode image, Path bundles) throws OsUpdateException {
        String bundle = Json.text(image, "bundle");
        String url = Json.text(image, "url");
        if (bundle.isEmpty() == url.isEmpty()) {
            throw new OsUpdateException("spec.images of board " + Json.text(image, "board") + " needs either url or bundle");
        }
        if (!bundle.isEmpty()) {
            return validator -> ImageSource.file(bundles.resolve(bundle));
        }
        return sourceOf(url);
    }

    /** @param url http, https or file */
    static Function<String, ImageSource> sourceOf(String url) throws OsUpdateException {
        try {
            URI uri = URI.create(url);
            if ("file".equals(uri.getScheme())) {
                return validator -> ImageSource.file(Path.of(uri));
            }
            HttpUrl.get(url);
            return validator -> new HttpImageSource(url, validator);
        } catch (IllegalArgumentException e) {
            throw new OsUpdateException("\"" + url + "\" is not the URL of an update file: " + e.getMessage());
        }
    }

    private static MaintenanceWindow window(JsonNode window) throws OsUpdateException {
        Set<DayOfWeek> days = EnumSet.noneOf(DayOfWeek.class);
        for (JsonNode day : window.path("days")) {
            for (DayOfWeek each : DayOfWeek.values()) {
                if (each.name().startsWith(day.asText().toUpperCase(Locale.ROOT))) {
                    days.add(each);
                }
            }
        }
        Duration duration = Json.text(window, "duration").isEmpty() ? Duration.ZERO : GoDuration.parse(Json.text(window, "duration"));
        if (!duration.isPositive()) {
            throw new OsUpdateException("spec.reboot.window.duration must be more than nothing, such as 2h");
        }
        return new MaintenanceWindow(days.isEmpty() ? EnumSet.allOf(DayOfWeek.class) : days, LocalTime.parse(Json.text(window, "start")), duration);
    }
}
