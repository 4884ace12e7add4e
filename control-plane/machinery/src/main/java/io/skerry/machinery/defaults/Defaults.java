package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.quantity.Quantity;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.schema.Schema;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The values the API server fills in for fields that a built-in type's object leaves out, and the canonical form of its
 * quantities (k8s.io/kubernetes/pkg/apis, defaults.go of each group).
 */
public final class Defaults {

    private static final Map<String, Consumer<ObjectNode>> DEFAULTS = new HashMap<>();

    static {
        CoreDefaults.declare(DEFAULTS);
        WorkloadDefaults.declare(DEFAULTS);
        ServiceDefaults.declare(DEFAULTS);
        ClusterDefaults.declare(DEFAULTS);
    }

    private Defaults() {}

    /** Modifies the object. Parts that are not of their type are left alone, for validation to tell. */
    public static void apply(ResourceType type, ObjectNode object) {
        if (type.schema() != null) {
            quantities(object, type.schema());
        }
        Consumer<ObjectNode> defaults = DEFAULTS.get(type.group().isEmpty() ? type.plural() : type.plural() + "." + type.group());
        if (defaults != null) {
            defaults.accept(object);
        }
    }

    /** 1000m is stored as 1, and 1 as "1". */
    private static void quantities(JsonNode value, Schema schema) {
        switch (value) {
            case ObjectNode object -> {
                for (var field : object.properties()) {
                    Schema child = schema.type() == Schema.Type.MAP ? schema.values() : schema.field(field.getKey());
                    if (child == null) {
                        continue;
                    }
                    if (child.type() == Schema.Type.QUANTITY) {
                        field.setValue(canonical(field.getValue(), schema.type() == Schema.Type.MAP));
                    } else if (field.getValue().isContainerNode()) {
                        quantities(field.getValue(), child);
                    }
                }
            }
            case ArrayNode array when schema.items() != null -> array.forEach(item -> quantities(item, schema.items()));
            default -> { }
        }
    }

    /** @param listed in a map of resources, which has none finer than a thousandth */
    private static JsonNode canonical(JsonNode quantity, boolean listed) {
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
