package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Events: leniently through v1, for all the clients that write them so; strictly through events.k8s.io. Errors name v1's fields either way
 * (pkg/apis/core/validation/events.go).
 */
final class EventValidation {

    private static final int MAX_WORD = 128;
    private static final int MAX_MESSAGE = 1024;
    /** Fields of v1 by those of events.k8s.io/v1. */
    private static final Map<String, String> FIELDS = new LinkedHashMap<>();

    static {
        FIELDS.put("regarding", "involvedObject");
        FIELDS.put("note", "message");
        FIELDS.put("deprecatedSource", "source");
        FIELDS.put("deprecatedFirstTimestamp", "firstTimestamp");
        FIELDS.put("deprecatedLastTimestamp", "lastTimestamp");
        FIELDS.put("deprecatedCount", "count");
        for (String field : List.of("reason", "type", "eventTime", "action", "related", "reportingController", "reportingInstance")) {
            FIELDS.put(field, field);
        }
    }

    private EventValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("events", (o, old, errors) -> lenient(o, "involvedObject", "message", "reportingComponent", errors));
        checks.put("events.events.k8s.io", (o, old, errors) -> {
            lenient(o, "regarding", "note", "reportingController", errors);
            if (old == null) {
                strict(o, errors);
            } else {
                update(o, old, errors);
            }
        });
    }

    private static void lenient(ObjectNode o, String regarding, String note, String controller, Errors errors) {
        String namespace = Json.text(o, "metadata", "namespace");
        String about = Json.text(o, regarding, "namespace");
        boolean timed = !Json.text(o, "eventTime").isEmpty();
        boolean homeless = namespace.equals("default") || timed && namespace.equals("kube-system");
        if (about.isEmpty() ? !homeless : !timed && !about.equals(namespace)) {
            errors.invalid("involvedObject.namespace", about, "does not match event.namespace");
        }
        if (!timed) {
            return;
        }
        String reporter = Json.text(o, controller);
        if (reporter.isEmpty()) {
            errors.required("reportingController", "");
        }
        errors.invalid("reportingController", reporter, Names.qualifiedName(reporter));
        for (String field : List.of("reportingInstance", "action", "reason")) {
            errors.requiredText(o, "", field);
            atMost(Json.text(o, field), field, MAX_WORD, errors);
        }
        atMost(Json.text(o, note), "message", MAX_MESSAGE, errors);
    }

    private static void atMost(String text, String path, int max, Errors errors) {
        if (Errors.bytes(text) > max) {
            errors.invalid(path, "", "can have at most " + max + " characters");
        }
    }

    private static void strict(ObjectNode o, Errors errors) {
        series(o, errors);
        if (Json.text(o, "eventTime").isEmpty()) {
            errors.required("eventTime", "");
        }
        String type = Json.text(o, "type");
        if (!type.equals("Normal") && !type.equals("Warning")) {
            errors.invalid("type", "", "has invalid value: " + type);
        }
        for (String field : List.of("deprecatedFirstTimestamp", "deprecatedLastTimestamp", "deprecatedCount")) {
            if (o.path(field).isNumber() ? o.path(field).asLong() != 0 : !Json.text(o, field).isEmpty()) {
                errors.invalid(FIELDS.get(field), "", "needs to be unset");
            }
        }
        if (!Json.text(o, "deprecatedSource", "component").isEmpty() || !Json.text(o, "deprecatedSource", "host").isEmpty()) {
            errors.invalid("source", "", "needs to be unset");
        }
    }

    private static void series(ObjectNode o, Errors errors) {
        JsonNode series = o.path("series");
        if (!series.isObject()) {
            return;
        }
        if (series.path("count").asLong() < 2) {
            errors.invalid("series.count", "", "should be at least 2");
        }
        if (Json.text(series, "lastObservedTime").isEmpty()) {
            errors.required("series.lastObservedTime", "");
        }
    }

    private static void update(ObjectNode o, ObjectNode old, Errors errors) {
        if (!Values.same(o.path("series"), old.path("series"))) {
            series(o, errors);
        }
        FIELDS.forEach((field, told) -> {
            if (!Values.same(set(o.path(field)), set(old.path(field)))) {
                errors.invalid(told, o.path(field), Errors.IMMUTABLE);
            }
        });
    }

    /** Go keeps no difference between these and what is absent. */
    private static JsonNode set(JsonNode value) {
        boolean unset = value.isNull() || value.isContainerNode() && value.isEmpty() || value.isTextual() && value.asText().isEmpty() || value.isNumber() && value.asLong() == 0;
        return unset ? MissingNode.getInstance() : value;
    }
}
