package io.skerry.controllers.apps;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.defaults.CanonicalForm;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.Schema;
import io.skerry.machinery.schema.TypeTable;

/** Pod templates as JSON that can be compared. */
final class PodTemplates {
    private static final Schema SCHEMA = TypeTable.builtin().schema("io.k8s.api.core.v1.PodTemplateSpec").orElseThrow();

    private PodTemplates() {}

    /**
     * A copy in which what means the same is the same: a number from a typed object is a LongNode and unequal to the same number read from JSON, and what
     * was stored before the API had its {@linkplain CanonicalForm canonical form} may lack empty structs.
     *
     * @param path of the template in it
     */
    static JsonNode comparable(JsonNode object, String... path) {
        JsonNode read = Json.parse(object.toString());
        CanonicalForm.apply(Json.at(read, path), SCHEMA);
        return read;
    }
}
