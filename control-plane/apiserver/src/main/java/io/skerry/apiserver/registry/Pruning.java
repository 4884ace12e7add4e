package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.Schema;
import java.util.Iterator;
import java.util.Map;

/** Drops what a type does not know, and nulls, as decoding into a Go struct (or apiextensions' pruning) does. */
public final class Pruning {
    private Pruning() {
    }

    public static void prune(JsonNode value, Schema schema) {
        switch (schema.type()) {
            case OBJECT -> {
                if (value instanceof ObjectNode object) {
                    for (Iterator<Map.Entry<String, JsonNode>> i = object.properties().iterator(); i.hasNext();) {
                        Map.Entry<String, JsonNode> field = i.next();
                        Schema known = schema.field(field.getKey());
                        if (drop(field.getValue(), known, schema)) {
                            i.remove();
                        } else if (known != null) {
                            prune(field.getValue(), known);
                        }
                    }
                }
            }
            case MAP -> {
                if (value instanceof ObjectNode object && schema.values() != null) {
                    object.forEach(child -> prune(child, schema.values()));
                }
            }
            case ARRAY -> {
                if (value instanceof ArrayNode array && schema.items() != null) {
                    array.forEach(child -> prune(child, schema.items()));
                }
            }
            default -> { }
        }
    }

    private static boolean drop(JsonNode value, Schema known, Schema parent) {
        if (known == null) {
            return !parent.preserveUnknownFields();
        }
        return value.isNull() && !known.nullable() && known.type() != Schema.Type.ANY;
    }
}
