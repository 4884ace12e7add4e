package io.skerry.machinery.cel;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Trees as the values that programs take. */
public final class CelValues {
    private static final Pattern DURATION_PART = Pattern.compile("(\\d+(?:\\.\\d+)?)(ns|us|µs|ms|s|m|h)");

    private CelValues() {
    }

    /** Any JSON, for variables without a schema: objects are maps, dates stay strings. */
    public static Object of(JsonNode value) {
        if (value == null || value.isNull() || value.isMissingNode()) {
            return NullValue.NULL_VALUE;
        }
        if (value.isObject()) {
            Map<String, Object> map = new LinkedHashMap<>();
            value.properties().forEach(p -> map.put(p.getKey(), of(p.getValue())));
            return map;
        }
        if (value.isArray()) {
            List<Object> list = new ArrayList<>(value.size());
            value.forEach(each -> list.add(of(each)));
            return list;
        }
        return scalar(value);
    }

    private static Object scalar(JsonNode value) {
        if (value.isTextual()) {
            return value.textValue();
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        return value.isIntegralNumber() && value.canConvertToLong() ? (Object) value.longValue() : (Object) value.doubleValue();
    }

    /** A value of a structural schema, typed as {@link CelTypes} says. */
    public static Object of(JsonNode value, JsonNode schema, boolean root) {
        if (value == null || value.isNull()) {
            return NullValue.NULL_VALUE;
        }
        if (!CelTypes.isWhole(schema, root) && schema.path("type").asText("").isEmpty()) {
            return of(value);
        }
        if (value.isObject()) {
            return object(value, schema, root);
        }
        if (value.isArray()) {
            return list(value, schema);
        }
        if (value.isTextual()) {
            return text(value.textValue(), schema.path("format").asText(""));
        }
        return schema.path("type").asText("").equals("number") ? (Object) value.doubleValue() : scalar(value);
    }

    private static Map<String, Object> object(JsonNode value, JsonNode schema, boolean root) {
        Map<String, Object> map = new LinkedHashMap<>();
        if (schema.path("additionalProperties").isObject()) {
            value.properties().forEach(p -> map.put(p.getKey(), of(p.getValue(), schema.get("additionalProperties"), false)));
            return map;
        }
        Map<String, JsonNode> fields = CelTypes.fields(schema, root);
        Map<String, JsonNode> others = new LinkedHashMap<>();
        value.properties().forEach(p -> {
            JsonNode declared = fields.get(p.getKey());
            String escaped = declared == null ? null : CelNames.escape(p.getKey());
            if (escaped != null) {
                map.put(escaped, of(p.getValue(), declared, false));
            } else {
                others.put(p.getKey(), p.getValue());
            }
        });
        return new SchemaObject(map, others);
    }

    private static List<Object> list(JsonNode value, JsonNode schema) {
        List<Object> list = new ArrayList<>(value.size());
        value.forEach(each -> list.add(of(each, schema.path("items"), false)));
        return switch (schema.path("x-kubernetes-list-type").asText("")) {
            case "set" -> AssociativeList.set(list);
            case "map" -> {
                List<String> keys = new ArrayList<>();
                schema.path("x-kubernetes-list-map-keys").forEach(key -> keys.add(Objects.requireNonNullElse(CelNames.escape(key.asText()), key.asText())));
                yield AssociativeList.map(list, keys);
            }
            default -> list;
        };
    }

    private static Object text(String text, String format) {
        try {
            return switch (format) {
                case "byte" -> CelByteString.of(Base64.getDecoder().decode(text));
                case "date-time" -> OffsetDateTime.parse(text).toInstant();
                case "date" -> (Object) LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
                case "duration" -> duration(text);
                default -> text;
            };
        } catch (java.time.DateTimeException | IllegalArgumentException e) {
            // the schema's validation tells about it; expressions are then not evaluated
            return format.equals("byte") ? CelByteString.of(new byte[0]) : format.equals("duration") ? Duration.ZERO : Instant.EPOCH;
        }
    }

    /** Go's form of a duration: 1h30m, 1.5s, -2ms. */
    private static Duration duration(String text) {
        boolean negative = text.startsWith("-");
        String rest = negative || text.startsWith("+") ? text.substring(1) : text;
        Duration sum = Duration.ZERO;
        Matcher part = DURATION_PART.matcher(rest);
        int end = 0;
        while (part.find() && part.start() == end) {
            long nanos = switch (part.group(2)) {
                case "ns" -> 1L;
                case "us", "µs" -> 1_000L;
                case "ms" -> 1_000_000L;
                case "s" -> 1_000_000_000L;
                case "m" -> 60_000_000_000L;
                default -> 3_600_000_000_000L;
            };
            sum = sum.plusNanos(new java.math.BigDecimal(part.group(1)).multiply(java.math.BigDecimal.valueOf(nanos)).longValue());
            end = part.end();
        }
        if (end != rest.length() || end == 0 && !rest.equals("0")) {
            throw new IllegalArgumentException("\"" + text + "\" is no duration");
        }
        return negative ? sum.negated() : sum;
    }
}
