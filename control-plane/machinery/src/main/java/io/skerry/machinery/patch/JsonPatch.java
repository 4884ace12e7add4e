package io.skerry.machinery.patch;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;

/** JSON Patch (RFC 6902). As upstream's, a negative array index counts from the end. */
public final class JsonPatch {

    /** More operations than this in one patch are refused, as upstream does, for each may copy much. */
    public static final int MAX_OPERATIONS = 10_000;

    /** Bytes of JSON that the copies of one patch may add together, as upstream: else a few copies of the whole double it until memory ends. */
    public static final long MAX_COPIED_BYTES = 3 << 20;

    private JsonPatch() {}

    /** @throws PatchException at the first operation that is malformed or fails; the inputs are not modified */
    public static JsonNode apply(JsonNode target, JsonNode operations) {
        if (!operations.isArray()) {
            throw new PatchException("a JSON patch must be an array of operations");
        }
        if (operations.size() > MAX_OPERATIONS) {
            throw new PatchTooLargeException(operations.size());
        }
        JsonNode document = target.deepCopy();
        long copied = 0;
        for (JsonNode json : operations) {
            Operation operation = new Operation(json);
            if (operation.name.equals("copy")) {
                copied += Json.bytes(find(document, operation, operation.from())).length;
                if (copied > MAX_COPIED_BYTES) {
                    throw new PatchException("Unable to complete the copy, the accumulated size increase of copy is " + copied + ", exceeding the limit " + MAX_COPIED_BYTES);
                }
            }
            document = apply(document, operation);
        }
        return document;
    }

    private static JsonNode apply(JsonNode document, Operation operation) {
        switch (operation.name) {
            case "add" -> {
                return add(document, operation, operation.path, operation.value());
            }
            case "replace" -> {
                if (operation.path.isEmpty()) {
                    return operation.value();
                }
                set(operation, holder(document, operation, operation.path), operation.path, operation.value());
            }
            case "remove" -> remove(operation, holder(document, operation, operation.path), operation.path);
            case "move" -> {
                JsonNode moved = find(document, operation, operation.from());
                if (operation.from().isEmpty() || !operation.path.equals(operation.from()) && operation.path.startsWith(operation.from() + "/")) {
                    throw new PatchException("move operation does not apply: cannot move \"" + operation.from() + "\" into itself");
                }
                remove(operation, holder(document, operation, operation.from()), operation.from());
                return add(document, operation, operation.path, moved);
            }
            case "copy" -> {
                return add(document, operation, operation.path, find(document, operation, operation.from()).deepCopy());
            }
            case "test" -> test(document, operation);
            default -> throw new PatchException("Unexpected kind: " + operation.name);
        }
        return document;
    }

    private record Operation(JsonNode json, String name, String path) {
        Operation(JsonNode json) {
            this(json, Json.text(json, "op"), pointer(json, "path"));
        }

        private static String pointer(JsonNode json, String field) {
            JsonNode pointer = json.path(field);
            if (!pointer.isTextual()) {
                throw new PatchException("operation missing " + field + " field: " + json);
            }
            String path = pointer.textValue();
            if (!path.isEmpty() && !path.startsWith("/")) {
                throw new PatchException(Json.text(json, "op") + " operation does not apply: doc is missing path: \"" + path + "\": a path must start with \"/\"");
            }
            return path;
        }

        String from() {
            return pointer(json, "from");
        }

        JsonNode value() {
            if (!json.has("value")) {
                throw new PatchException("operation missing value field: " + json);
            }
            return json.get("value").deepCopy();
        }

        PatchException missing(String at) {
            return new PatchException(name + " operation does not apply: doc is missing path: \"" + at + "\": missing value");
        }
    }

    private static List<String> tokens(String path) {
        List<String> tokens = new ArrayList<>();
        for (String token : path.substring(1).split("/", -1)) {
            tokens.add(token.replace("~1", "/").replace("~0", "~"));
        }
        return tokens;
    }

    /** The container that holds the path's last token. */
    private static JsonNode holder(JsonNode document, Operation operation, String path) {
        if (path.isEmpty()) {
            throw new PatchException(operation.name + " operation does not apply: the whole document cannot be the path");
        }
        if (!document.isContainerNode()) {
            // an operation before put a scalar in the place of the whole document
            throw operation.missing(path);
        }
        List<String> tokens = tokens(path);
        JsonNode at = document;
        for (String token : tokens.subList(0, tokens.size() - 1)) {
            at = at instanceof ArrayNode array ? element(operation, array, token) : at.get(token);
            if (at == null || !at.isContainerNode()) {
                throw operation.missing(path);
            }
        }
        return at;
    }

    private static JsonNode find(JsonNode document, Operation operation, String path) {
        if (path.isEmpty()) {
            return document;
        }
        JsonNode holder = holder(document, operation, path);
        String token = tokens(path).getLast();
        JsonNode found = holder instanceof ArrayNode array ? element(operation, array, token) : holder.get(token);
        if (found == null) {
            throw operation.missing(path);
        }
        return found;
    }

    private static JsonNode element(Operation operation, ArrayNode array, String token) {
        return array.get(index(operation, token, array.size(), array.size() - 1));
    }

    private static int index(Operation operation, String token, int size, int max) {
        int index;
        try {
            index = Integer.parseInt(token);
        } catch (NumberFormatException e) {
            throw new PatchException(operation.name + " operation does not apply: value was not a proper array index: '" + token + "'");
        }
        int counted = index < 0 ? index + size : index;
        if (counted < 0 || counted > max) {
            throw new PatchException(operation.name + " operation does not apply: Unable to access invalid index: " + index + ": invalid index referenced");
        }
        return counted;
    }

    private static JsonNode add(JsonNode document, Operation operation, String path, JsonNode value) {
        if (path.isEmpty()) {
            return value;
        }
        JsonNode holder = holder(document, operation, path);
        String token = tokens(path).getLast();
        if (holder instanceof ArrayNode array) {
            array.insert(token.equals("-") ? array.size() : index(operation, token, array.size() + 1, array.size()), value);
        } else {
            ((ObjectNode) holder).set(token, value);
        }
        return document;
    }

    private static void set(Operation operation, JsonNode holder, String path, JsonNode value) {
        String token = tokens(path).getLast();
        if (holder instanceof ArrayNode array) {
            array.set(index(operation, token, array.size(), array.size() - 1), value);
        } else {
            ((ObjectNode) holder).set(token, value); // upstream's library does not ask whether the field is there
        }
    }

    private static void remove(Operation operation, JsonNode holder, String path) {
        String token = tokens(path).getLast();
        if (holder instanceof ArrayNode array) {
            array.remove(index(operation, token, array.size(), array.size() - 1));
        } else if (((ObjectNode) holder).remove(token) == null) {
            throw operation.missing(path);
        }
    }

    /** An absent field equals null, as upstream has it. */
    private static void test(JsonNode document, Operation operation) {
        JsonNode expected = operation.json.path("value");
        JsonNode actual;
        try {
            actual = find(document, operation, operation.path);
        } catch (PatchException absent) {
            if (expected.isNull() || expected.isMissingNode()) {
                return;
            }
            throw new PatchException("testing path " + operation.path + " failed: " + absent.getMessage());
        }
        if (!Values.same(actual, expected) && !(actual.isNull() && expected.isMissingNode())) {
            throw new PatchException("testing value " + operation.path + " failed: test failed");
        }
    }
}
