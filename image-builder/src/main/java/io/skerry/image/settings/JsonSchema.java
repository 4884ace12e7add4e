package io.skerry.image.settings;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.List;

/** The settings' table as JSON Schema 2020-12, which editors complete and check by. What it accepts may still be refused: not every format can be said in it. */
public final class JsonSchema {
    private JsonSchema() {}

    /** @param forBuild whether of {@code image.yaml}, else of {@code skerry.yaml} */
    public static ObjectNode of(boolean forBuild) {
        ObjectNode schema = Json.object();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", forBuild ? "Skerry image.yaml" : "Skerry skerry.yaml");
        List<Key> keys = SettingsSchema.keys().stream().filter(key -> forBuild || !key.name().equals(SettingsSchema.BUILD)).toList();
        schema.setAll(section(keys));
        return schema;
    }

    private static ObjectNode section(List<Key> keys) {
        ObjectNode section = Json.object();
        section.put("type", "object");
        ObjectNode properties = section.putObject("properties");
        ArrayNode required = Json.array();
        for (Key key : keys) {
            ObjectNode property = shape(key.shape());
            if (!key.doc().isEmpty()) {
                property.put("description", key.doc());
            }
            properties.set(key.name(), property);
            if (key.required()) {
                required.add(key.name());
            }
        }
        if (!required.isEmpty()) {
            section.set("required", required);
        }
        return section.put("additionalProperties", false);
    }

    private static ObjectNode shape(Shape shape) {
        return switch (shape) {
            case Shape.Section section -> section(section.keys());
            case Shape.Text text -> format(text.format());
            case Shape.Whole whole -> Json.object().put("type", "integer").put("minimum", whole.min()).put("maximum", whole.max());
            case Shape.Flag flag -> Json.object().put("type", "boolean");
            case Shape.Choice choice -> {
                ObjectNode node = Json.object();
                choice.words().forEach(node.putArray("enum")::add);
                yield node;
            }
            case Shape.Items items -> Json.object().put("type", "array").set("items", shape(items.of()));
            case Shape.Named named -> {
                ObjectNode node = Json.object().put("type", "object");
                node.set("propertyNames", format(named.name()));
                node.set("additionalProperties", shape(named.of()));
                yield node;
            }
            case Shape.ServerFlags flags -> Json.object().put("type", "object");
        };
    }

    private static ObjectNode format(Format format) {
        ObjectNode node = Json.object().put("type", "string");
        if (format.pattern() != null) {
            node.put("pattern", "^(" + format.pattern() + ")$");
        }
        return node;
    }
}
