package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.util.Base64;

/**
 * Where the next page of a list starts: after a key, in the state of a revision. Opaque to clients.
 *
 * @param revision the state of the first page; -1 for the present one (after the first state was forgotten)
 */
record ContinueToken(long revision, String after) {

    String encode() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Json.bytes(
                Json.object().put("v", "meta.k8s.io/v1").put("rv", revision).put("start", after)));
    }

    static ContinueToken parse(String text) {
        try {
            JsonNode node = Json.parse(Base64.getUrlDecoder().decode(text));
            if (node.path("v").asText().equals("meta.k8s.io/v1") && node.path("rv").isNumber() && node.path("start").isTextual()) {
                return new ContinueToken(node.get("rv").asLong(), node.get("start").asText());
            }
        } catch (IllegalArgumentException e) {
            // told below, as any other bad token
        }
        throw ApiException.badRequest("continue key is not valid: it must be the one of the page before; list again without it");
    }
}
