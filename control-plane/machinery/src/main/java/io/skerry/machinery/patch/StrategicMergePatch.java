package io.skerry.machinery.patch;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.schema.Schema;

/** Kubernetes' strategic merge patch: a merge patch that merges lists by the keys the type declares. */
public final class StrategicMergePatch {
    private StrategicMergePatch() {}

    /**
     * @param schemaOrNull the target's type; without one, lists are replaced
     * @throws PatchException when the patch is malformed; the inputs are not modified
     */
    public static JsonNode apply(JsonNode target, JsonNode patch, Schema schemaOrNull) {
        throw new UnsupportedOperationException();
    }
}
