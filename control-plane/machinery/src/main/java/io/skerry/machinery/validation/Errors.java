package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.validation.FieldError.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/** Collects what is wrong. Paths are spelled as upstream does: spec.containers[0].resources.limits[cpu]. */
final class Errors {

    static final String IMMUTABLE = "field is immutable";
    static final String NOT_NEGATIVE = "must be greater than or equal to 0";

    private final List<FieldError> list = new ArrayList<>();

    List<FieldError> list() {
        return list;
    }

    static String at(String path, String field) {
        return path.isEmpty() ? field : path + "." + field;
    }

    static String at(String path, int index) {
        return path + "[" + index + "]";
    }

    /** As Go counts a string's length: bytes of UTF-8. */
    static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    static String key(String path, String key) {
        return path + "[" + key + "]";
    }

    void required(String path, String detail) {
        list.add(new FieldError(Type.REQUIRED, path, null, detail));
    }

    void invalid(String path, JsonNode value, String detail) {
        list.add(new FieldError(Type.INVALID, path, print(value), detail));
    }

    void invalid(String path, String value, String detail) {
        invalid(path, TextNode.valueOf(value), detail);
    }

    /** Of a value that is not shown. */
    void invalid(String path, String detail) {
        list.add(new FieldError(Type.INVALID, path, null, detail));
    }

    /** One error for each complaint. */
    void invalid(String path, String value, List<String> details) {
        details.forEach(detail -> invalid(path, value, detail));
    }

    void duplicate(String path, JsonNode value) {
        list.add(new FieldError(Type.DUPLICATE, path, print(value), ""));
    }

    void forbidden(String path, String detail) {
        list.add(new FieldError(Type.FORBIDDEN, path, null, detail));
    }

    void duplicate(String path, JsonNode value, String detail) {
        list.add(new FieldError(Type.DUPLICATE, path, print(value), detail));
    }

    void notFound(String path, String value) {
        notFound(path, value, "");
    }

    void notFound(String path, String value, String detail) {
        list.add(new FieldError(Type.NOT_FOUND, path, print(TextNode.valueOf(value)), detail));
    }

    void tooLong(String path, int max) {
        list.add(new FieldError(Type.TOO_LONG, path, null, "may not be more than " + max + " bytes"));
    }

    void tooMany(String path, int given, int max) {
        list.add(new FieldError(Type.TOO_MANY, path, Integer.toString(given), "must have at most " + max + " items"));
    }

    /** @param supported told in a list's order, else sorted */
    void notSupported(String path, String value, Collection<String> supported) {
        notSupported(path, TextNode.valueOf(value), supported);
    }

    void notSupported(String path, JsonNode value, Collection<String> supported) {
        Stream<String> shown = supported instanceof List ? supported.stream() : supported.stream().sorted();
        List<String> quoted = shown.map(s -> "\"" + s + "\"").toList();
        list.add(new FieldError(Type.NOT_SUPPORTED, path, print(value), "supported values: " + String.join(", ", quoted)));
    }

    /** Strings quoted, all else as JSON. */
    private static String print(JsonNode value) {
        return value == null || value.isMissingNode() || value.isNull() ? "null" : value.toString();
    }

    /** The field must be there and one of these. */
    void oneOf(JsonNode object, String path, String field, Collection<String> supported) {
        String value = Json.text(object, field);
        if (value.isEmpty()) {
            required(at(path, field), "");
        } else if (!supported.contains(value)) {
            notSupported(at(path, field), value, supported);
        }
    }

    /** The field may be absent, else it is one of these. */
    void optionalOneOf(JsonNode object, String path, String field, Collection<String> supported) {
        if (!Json.text(object, field).isEmpty()) {
            oneOf(object, path, field, supported);
        }
    }

    void requiredText(JsonNode object, String path, String field) {
        if (Json.text(object, field).isEmpty()) {
            required(at(path, field), "");
        }
    }

    /** Numbers in these fields must not be negative. */
    void notNegative(JsonNode object, String path, String... fields) {
        for (String field : fields) {
            if (object.path(field).isNumber() && object.path(field).asLong() < 0) {
                invalid(at(path, field), object.get(field), NOT_NEGATIVE);
            }
        }
    }

    /** The value under the path must not change. */
    void immutable(JsonNode updated, JsonNode old, String... path) {
        JsonNode now = Json.at(updated, path);
        JsonNode was = Json.at(old, path);
        boolean absent = (now.isMissingNode() || now.isNull()) && (was.isMissingNode() || was.isNull());
        if (!absent && !Values.same(now, was)) {
            invalid(String.join(".", path), now, IMMUTABLE);
        }
    }
}
