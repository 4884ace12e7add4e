package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.quantity.Quantity;
import io.skerry.machinery.schema.Schema;
import java.util.Iterator;
import java.util.Map;

/**
 * What decoding into a Go struct (or apiextensions' pruning) does beside reading: what a type does not know goes, so do nulls, and quantities
 * take their canonical form (0.5 becomes 500m).
 */
public final class Normalizing {
    private Normalizing() {
    }

    public static void normalize(JsonNode value, Schema schema) {
        switch (schema.type()) {
            case OBJECT -> {
                if (value instanceof ObjectNode object) {
                    for (Iterator<Map.Entry<String, JsonNode>> i = object.properties().iterator(); i.hasNext();) {
                        Map.Entry<String, JsonNode> field = i.next();
                        Schema known = schema.field(field.getKey());
                        if (drop(field.getValue(), known, schema)) {
                            i.remove();
                        } else if (known != null && known.type() == Schema.Type.QUANTITY) {
                            field.setValue(canonical(field.getValue()));
                        } else if (known != null) {
                            normalize(field.getValue(), known);
                        }
                    }
                }
            }
            case MAP -> {
                if (value instanceof ObjectNode object && schema.values() != null && schema.values().type() == Schema.Type.QUANTITY) {
                    object.properties().forEach(entry -> entry.setValue(canonical(entry.getValue())));
                } else if (value instanceof ObjectNode object && schema.values() != null) {
                    object.forEach(child -> normalize(child, schema.values()));
                }
            }
            case ARRAY -> {
                if (value instanceof ArrayNode array && schema.items() != null) {
                    array.forEach(child -> normalize(child, schema.items()));
                }
            }
            default -> { }
        }
    }

    private static JsonNode canonical(JsonNode quantity) {
        try {
            return TextNode.valueOf(Quantity.parse(quantity.asText()).toString());
        } catch (IllegalArgumentException e) {
            // validation tells about it
            return quantity;
        }
    }

    private static boolean drop(JsonNode value, Schema known, Schema parent) {
        if (known == null) {
            return !parent.preserveUnknownFields();
        }
        return value.isNull() && !known.nullable() && known.type() != Schema.Type.ANY;
    }
}
