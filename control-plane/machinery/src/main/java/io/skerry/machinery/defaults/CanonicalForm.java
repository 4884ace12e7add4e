package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import io.skerry.machinery.schema.Schema;
import java.util.Iterator;
import java.util.Map;

/**
 * What is left of a built-in type's object when Go decodes it into the API's structs and encodes it again (encoding/json, omitempty): quantities
 * are written one way, structs that are no pointers are there even when they are empty (with 0 and false for the required numbers and booleans in
 * them), as are numbers without omitempty, and of all else that is no pointer zero is nothing.
 *
 * <p>A client in Go sends an object back like this without having changed it, so whatever is stored or compared has this form. Values of another
 * type than the schema's are left alone, for validation to tell.
 */
public final class CanonicalForm {

    private CanonicalForm() {}

    /** Modifies the value. */
    public static void apply(JsonNode value, Schema schema) {
        switch (value) {
            case ObjectNode object when schema.type() == Schema.Type.OBJECT -> object(object, schema);
            case ObjectNode map when schema.type() == Schema.Type.MAP -> map.properties().forEach(entry -> child(entry, schema.values(), true));
            case ArrayNode array when schema.items() != null -> items(array, schema.items());
            default -> { }
        }
    }

    /** Makes one of an object's fields as if it had not been given. */
    public static void reset(ObjectNode object, String name, Schema schema) {
        object.remove(name);
        if (schema.alwaysThere().contains(name)) {
            fill(object, name, schema.field(name));
        }
    }

    /** Where nothing follows a dash in YAML, a list without pointers has a zero. */
    private static void items(ArrayNode array, Schema schema) {
        for (int i = 0; i < array.size(); i++) {
            if (array.get(i).isNull()) {
                switch (schema.type()) {
                    case OBJECT -> array.set(i, Json.object());
                    case STRING -> array.set(i, "");
                    case INTEGER, NUMBER -> array.set(i, 0);
                    case BOOLEAN -> array.set(i, false);
                    default -> { }
                }
            }
            apply(array.get(i), schema);
        }
    }

    private static void object(ObjectNode object, Schema schema) {
        for (Iterator<Map.Entry<String, JsonNode>> i = object.properties().iterator(); i.hasNext();) {
            Map.Entry<String, JsonNode> entry = i.next();
            Schema field = schema.field(entry.getKey());
            if (field != null && field.omittedWhenZero() && isZero(entry.getValue(), field.type())) {
                i.remove();
            } else {
                child(entry, field, false);
            }
        }
        schema.alwaysThere().forEach(name -> fill(object, name, schema.field(name)));
    }

    private static void fill(ObjectNode object, String name, Schema schema) {
        if (!object.hasNonNull(name)) {
            switch (schema.type()) {
                case OBJECT -> object(object.putObject(name), schema);
                case QUANTITY -> object.put(name, "0");
                default -> zero(object, name, schema.type());
            }
        }
        if (object.get(name) instanceof ObjectNode struct) {
            schema.required().stream().filter(required -> !struct.hasNonNull(required)).forEach(required -> zero(struct, required, schema.field(required).type()));
        }
    }

    private static void zero(ObjectNode struct, String name, Schema.Type type) {
        switch (type) {
            case INTEGER, NUMBER -> struct.put(name, 0);
            case BOOLEAN -> struct.put(name, false);
            default -> { }
        }
    }

    /** @param listed whether it is a map's */
    private static void child(Map.Entry<String, JsonNode> entry, Schema schema, boolean listed) {
        if (schema == null) {
            return;
        }
        if (schema.type() == Schema.Type.QUANTITY) {
            entry.setValue(quantity(entry.getValue(), listed));
        } else if (listed && schema.type() == Schema.Type.STRING && entry.getValue().isNull()) {
            entry.setValue(TextNode.valueOf("")); // a key in YAML that nothing follows
        } else {
            apply(entry.getValue(), schema);
        }
    }

    /** Of another type than the schema's nothing is zero. */
    private static boolean isZero(JsonNode value, Schema.Type type) {
        return switch (type) {
            case STRING -> value.isTextual() && value.textValue().isEmpty();
            case INTEGER, NUMBER -> value.isNumber() && value.decimalValue().signum() == 0;
            case BOOLEAN -> value.isBoolean() && !value.booleanValue();
            case ARRAY -> value.isArray() && value.isEmpty();
            case MAP -> value.isObject() && value.isEmpty();
            default -> false;
        };
    }

    /**
     * 1000m is stored as 1, and 1 as "1".
     *
     * @param listed in a map of resources, which has none finer than a thousandth
     */
    private static JsonNode quantity(JsonNode quantity, boolean listed) {
        if (!quantity.isTextual() && !quantity.isNumber()) {
            return quantity;
        }
        try {
            // not 1.0E-4, which is another format of quantities
            Quantity parsed = Quantity.parse(quantity.isNumber() ? quantity.decimalValue().toPlainString() : quantity.asText());
            return TextNode.valueOf((listed ? parsed.roundedToMilli() : parsed).toString());
        } catch (IllegalArgumentException invalid) {
            return quantity;
        }
    }
}
