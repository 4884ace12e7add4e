package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.validation.FieldError;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Checks the {@code selectableFields} of a version, which field selectors may name (KEP-4358): paths to scalar fields that its schema declares, in
 * apiextensions' words (ValidateCustomResourceSelectableFields).
 */
final class SelectableFieldCheck {
    private static final int MAX_FIELDS = 8;
    private static final Set<String> SCALARS = Set.of("string", "boolean", "integer");

    private SelectableFieldCheck() {
    }

    /** @param path of the list */
    static void check(JsonNode fields, JsonNode schema, String path, List<FieldError> errors) {
        Set<String> unique = new HashSet<>();
        for (int i = 0; i < fields.size(); i++) {
            JsonNode given = fields.get(i).path("jsonPath");
            String jsonPath = given.asText("");
            String at = path + "[" + i + "].jsonPath";
            if (jsonPath.isEmpty()) {
                errors.add(new FieldError(FieldError.Type.REQUIRED, at, null, ""));
                continue;
            }
            String problem = problem(jsonPath, schema);
            if (!problem.isEmpty()) {
                errors.add(new FieldError(FieldError.Type.INVALID, at, Json.string(given), "is an invalid path: " + problem));
                continue;
            }
            if (jsonPath.equals(".metadata") || jsonPath.startsWith(".metadata.")) {
                errors.add(new FieldError(FieldError.Type.INVALID, at, Json.string(given), "must not point to fields in metadata"));
            }
            if (!SCALARS.contains(Json.text(schemaAt(jsonPath, schema), "type"))) {
                errors.add(new FieldError(FieldError.Type.INVALID, at, Json.string(given),
                        "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."));
            }
            if (!unique.add(jsonPath)) {
                errors.add(new FieldError(FieldError.Type.DUPLICATE, at, Json.string(given), ""));
            }
        }
        if (unique.size() > MAX_FIELDS) {
            errors.add(new FieldError(FieldError.Type.TOO_MANY, path, Integer.toString(unique.size()), "must have at most " + MAX_FIELDS + " items"));
        }
    }

    /** Why a path leads nowhere, "" when it leads to something (apiextensions' ValidFieldPath, without array notation). */
    private static String problem(String jsonPath, JsonNode schema) {
        if (!jsonPath.startsWith(".")) {
            return jsonPath.startsWith("[") ? "array notation is not allowed" : "expected [ or . but got: " + jsonPath.split("[.\\[\\]]", 2)[0];
        }
        int bracket = jsonPath.indexOf('[');
        if (schemaAt(bracket < 0 ? jsonPath : jsonPath.substring(0, bracket), schema) == null) {
            return jsonPath.endsWith(".") ? "unexpected end of JSON path" : "does not refer to a valid field";
        }
        return bracket < 0 ? "" : "array notation is not allowed";
    }

    /** The schema that a path of names leads to, through the values of maps, too; null when it leads nowhere. */
    private static JsonNode schemaAt(String jsonPath, JsonNode schema) {
        JsonNode at = schema;
        for (String name : jsonPath.substring(1).split("\\.", -1)) {
            at = at.path("properties").isObject() ? at.path("properties").path(name) : at.path("additionalProperties");
            if (name.isEmpty() || !at.isObject()) {
                return null;
            }
        }
        return at;
    }
}
