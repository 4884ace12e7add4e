package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Objects;

/** Finds what an item of a list was before: only the items of {@code x-kubernetes-list-type: map} can be told apart. */
final class ListCorrelation {
    private ListCorrelation() {
    }

    /** @return null when there was none, or when it cannot be known */
    static JsonNode find(JsonNode schema, JsonNode oldList, JsonNode item) {
        if (oldList == null || !oldList.isArray() || !item.isObject() || !schema.path("x-kubernetes-list-type").asText("").equals("map")) {
            return null;
        }
        for (JsonNode candidate : oldList) {
            boolean same = true;
            for (JsonNode key : schema.path("x-kubernetes-list-map-keys")) {
                same &= Objects.equals(candidate.get(key.asText()), item.get(key.asText()));
            }
            if (same) {
                return candidate;
            }
        }
        return null;
    }
}
