package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.Schema;
import java.util.Map;

/** The defaults of a custom resource's schema (KEP-575): set where a field is absent, or null but not nullable. */
public final class StructuralDefaults {
    private StructuralDefaults() {
    }

    public static void apply(JsonNode value, Schema schema) {
        switch (value) {
            case ObjectNode object -> {
                for (Map.Entry<String, Schema> field : schema.fields().entrySet()) {
                    Schema declared = field.getValue();
                    JsonNode present = object.get(field.getKey());
                    if (declared.defaultValue() != null && (present == null || present.isNull() && !declared.nullable())) {
                        object.set(field.getKey(), declared.defaultValue().deepCopy());
                    }
                    JsonNode now = object.get(field.getKey());
                    if (now != null) {
                        apply(now, declared);
                    }
                }
                if (schema.values() != null) {
                    object.forEach(child -> apply(child, schema.values()));
                }
            }
            case ArrayNode array when schema.items() != null -> array.forEach(child -> apply(child, schema.items()));
            default -> { }
        }
    }
}
