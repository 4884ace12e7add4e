package io.skerry.machinery.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.PatchException;
import io.skerry.machinery.schema.Schema;
import java.util.ArrayList;
import java.util.List;

/** Fields that a configuration sets and its type does not declare: nobody could own them (structured-merge-diff, AsTyped). */
final class Undeclared {

    private Undeclared() {}

    /** See {@link ServerSideApply#checkDeclared}. */
    static void refuse(JsonNode config, Schema schema) {
        List<String> paths = new ArrayList<>();
        collect(config, schema, "", paths);
        if (paths.isEmpty()) {
            return;
        }
        List<String> errors = paths.stream().map(path -> path + ": field not declared in schema").toList();
        String kind = Json.text(config, "apiVersion") + ", Kind=" + Json.text(config, "kind");
        throw new PatchException("failed to create typed patch object (" + Json.text(config, "metadata", "namespace") + "/" + Json.text(config, "metadata", "name") + "; "
                + (kind.startsWith("v1,") ? "/" : "") + kind + "): " + (errors.size() == 1 ? errors.getFirst() : "errors:\n  " + String.join("\n  ", errors)));
    }

    private static void collect(JsonNode value, Schema schema, String path, List<String> out) {
        if (schema == null) {
            return;
        }
        switch (schema.type()) {
            case OBJECT -> value.properties().forEach(field -> {
                Schema declared = schema.field(field.getKey());
                String at = path + PathElement.print(PathElement.field(field.getKey()));
                if (declared != null) {
                    collect(field.getValue(), declared, at, out);
                } else if (!schema.preserveUnknownFields()) {
                    out.add(at);
                }
            });
            case MAP -> value.properties().forEach(field -> collect(field.getValue(), schema.values(), path + PathElement.print(PathElement.field(field.getKey())), out));
            case ARRAY -> {
                for (int i = 0; value.isArray() && i < value.size(); i++) {
                    collect(value.get(i), schema.items(), path + PathElement.print(element(value.get(i), i, schema)), out);
                }
            }
            default -> { }
        }
    }

    private static String element(JsonNode item, int index, Schema list) {
        try {
            return list.atomic() || list.listType() != Schema.ListType.MAP ? "i:" + index : PathElement.item(item, list);
        } catch (PatchException itemWithoutKeys) {
            return "i:" + index;
        }
    }
}
