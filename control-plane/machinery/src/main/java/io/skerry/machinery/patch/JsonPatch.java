package io.skerry.machinery.patch;

import com.fasterxml.jackson.databind.JsonNode;

/** JSON Patch (RFC 6902). */
public final class JsonPatch {
    private JsonPatch() {}

    /** @throws PatchException at the first operation that is malformed or fails; the inputs are not modified */
    public static JsonNode apply(JsonNode target, JsonNode operations) {
        throw new UnsupportedOperationException();
    }
}
