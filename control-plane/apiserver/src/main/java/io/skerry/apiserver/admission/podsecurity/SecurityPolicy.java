package io.skerry.apiserver.admission.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the labels {@code pod-security.kubernetes.io/*} of a namespace ask for; what they say nothing of is privileged. */
record SecurityPolicy(Standard enforce, Standard audit, Standard warn, List<FieldError> errors) {
    private static final String PREFIX = "pod-security.kubernetes.io/";
    private static final Pattern VERSION = Pattern.compile("v1\\.(0|[1-9]\\d{0,2})");

    enum Level { PRIVILEGED, BASELINE, RESTRICTED }

    /** A level at a version; {@code minor} of latest is the largest number. */
    record Standard(Level level, int minor) {
        static final int LATEST = Integer.MAX_VALUE;
        static final Standard NONE = new Standard(Level.PRIVILEGED, LATEST);

        List<Violation> violations(PodView pod) {
            if (level == Level.PRIVILEGED) {
                return List.of();
            }
            List<Violation> all = new ArrayList<>(BaselineChecks.check(pod, minor, level == Level.RESTRICTED));
            if (level == Level.RESTRICTED) {
                all.addAll(RestrictedChecks.check(pod, minor));
            }
            return all;
        }

        @Override
        public String toString() {
            return level.name().toLowerCase(java.util.Locale.ROOT) + ":" + (minor == LATEST ? "latest" : "v1." + minor);
        }
    }

    static SecurityPolicy of(JsonNode labels) {
        List<FieldError> errors = new ArrayList<>();
        Standard enforce = standard(labels, "enforce", errors);
        Standard audit = standard(labels, "audit", errors);
        Standard warn = standard(labels, "warn", errors);
        if (!labels.has(PREFIX + "warn") && (Json.text(labels, PREFIX + "enforce").equals("baseline") || Json.text(labels, PREFIX + "enforce").equals("restricted"))) {
            // as upstream: templates that will not run are told about without being asked
            warn = new Standard(enforce.level(), labels.has(PREFIX + "warn-version") ? warn.minor() : enforce.minor());
        }
        return new SecurityPolicy(enforce, audit, warn, errors);
    }

    boolean isPrivileged() {
        return enforce.level() == Level.PRIVILEGED && audit.level() == Level.PRIVILEGED && warn.level() == Level.PRIVILEGED;
    }

    private static Standard standard(JsonNode labels, String mode, List<FieldError> errors) {
        String level = Json.text(labels, PREFIX + mode);
        String version = Json.text(labels, PREFIX + mode + "-version");
        int minor = Standard.LATEST;
        Matcher matcher = VERSION.matcher(version);
        if (matcher.matches()) {
            minor = Integer.parseInt(matcher.group(1));
        } else if (!version.isEmpty() && !version.equals("latest")) {
            errors.add(new FieldError(FieldError.Type.INVALID, "metadata.labels[" + PREFIX + mode + "-version]", "\"" + version + "\"", "must be \"latest\" or \"v1.x\""));
        }
        return switch (level) {
            case "", "privileged" -> new Standard(Level.PRIVILEGED, minor);
            case "baseline" -> new Standard(Level.BASELINE, minor);
            case "restricted" -> new Standard(Level.RESTRICTED, minor);
            default -> {
                errors.add(new FieldError(FieldError.Type.INVALID, "metadata.labels[" + PREFIX + mode + "]", "\"" + level + "\"", "must be one of privileged, baseline, restricted"));
                // whoever wrote it wanted something: only enforcing fails safe
                yield mode.equals("enforce") ? new Standard(Level.RESTRICTED, Standard.LATEST) : Standard.NONE;
            }
        };
    }
}
