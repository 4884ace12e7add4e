package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.Schema;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;

/** Drops what a type does not know, and nulls, as decoding into a Go struct (or apiextensions' pruning) does. */
public final class Pruning {
    /** Known to every object, whatever a custom resource's schema says. */
    private static final Set<String> HEAD = Set.of("apiVersion", "kind", "metadata");

    private Pruning() {
    }

    /** @param metadata schema of metadata, which a custom resource's schema does not describe */
    public static void prune(ObjectNode object, Schema schema, Schema metadata) {
        for (Iterator<Map.Entry<String, JsonNode>> i = object.properties().iterator(); i.hasNext();) {
            Map.Entry<String, JsonNode> field = i.next();
            if (field.getKey().equals("metadata")) {
                prune(field.getValue(), metadata);
            } else if (!HEAD.contains(field.getKey())) {
                Schema known = schema.field(field.getKey());
                if (drop(field.getValue(), known, schema)) {
                    i.remove();
                } else if (known != null) {
                    prune(field.getValue(), known);
                }
            }
        }
    }

    private static boolean drop(JsonNode value, Schema known, Schema parent) {
        if (known == null) {
            return !parent.preserveUnknownFields() && parent.type() != Schema.Type.ANY;
        }
        return value.isNull() && !known.nullable() && known.type() != Schema.Type.ANY;
    }

    private static void prune(JsonNode value, Schema schema) {
        switch (schema.type()) {
            case OBJECT -> {
                if (value instanceof ObjectNode object) {
                    boolean embedded = schema.embeddedResource();
                    for (Iterator<Map.Entry<String, JsonNode>> i = object.properties().iterator(); i.hasNext();) {
                        Map.Entry<String, JsonNode> field = i.next();
                        Schema known = schema.field(field.getKey());
                        if (embedded && known == null && HEAD.contains(field.getKey())) {
                            continue;
                        }
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
}
