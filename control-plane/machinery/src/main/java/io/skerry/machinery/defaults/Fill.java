package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.function.Consumer;

/** Sets what is absent. A null counts as absent, and so do "" and 0 where Go's type has no way to tell them from it. */
final class Fill {

    private Fill() {}

    static void string(ObjectNode object, String field, String value) {
        if (Json.text(object, field).isEmpty()) {
            object.put(field, value);
        }
    }

    /** For Go's pointers: an explicit 0 stays. */
    static void integer(ObjectNode object, String field, int value) {
        if (!object.hasNonNull(field)) {
            object.put(field, value);
        }
    }

    /** For Go's plain integers: 0 is as good as absent. */
    static void nonZero(ObjectNode object, String field, int value) {
        if (object.path(field).asInt() == 0) {
            object.put(field, value);
        }
    }

    static void bool(ObjectNode object, String field, boolean value) {
        if (!object.hasNonNull(field)) {
            object.put(field, value);
        }
    }

    static void node(ObjectNode object, String field, JsonNode value) {
        if (!object.hasNonNull(field)) {
            object.set(field, value);
        }
    }

    /** The object under the field, made if absent; a new object that goes nowhere when something else is there. */
    static ObjectNode object(ObjectNode object, String field) {
        if (!object.hasNonNull(field)) {
            return object.putObject(field);
        }
        return object.get(field) instanceof ObjectNode child ? child : Json.object();
    }

    /** Calls with the object under the path, if there is one. */
    static void in(JsonNode object, Consumer<ObjectNode> action, String... path) {
        if (Json.at(object, path) instanceof ObjectNode child) {
            action.accept(child);
        }
    }

    /** Calls with each object of the list under the path. */
    static void each(JsonNode object, Consumer<ObjectNode> action, String... path) {
        if (Json.at(object, path) instanceof ArrayNode list) {
            list.forEach(item -> {
                if (item instanceof ObjectNode child) {
                    action.accept(child);
                }
            });
        }
    }
}
