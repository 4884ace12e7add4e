package io.skerry.machinery.openapi;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;

/** What the two versions of OpenAPI write differently. */
enum Flavour {
    V2("#/definitions/"), V3("#/components/schemas/");

    private final String prefix;

    Flavour(String prefix) {
        this.prefix = prefix;
    }

    ObjectNode reference(String definition) {
        return Json.object().put("$ref", prefix + definition);
    }

    /** A reference with a description and other words beside it, which version 3.0 allows only around an allOf. */
    ObjectNode describedReference(String definition, String description) {
        ObjectNode out = Json.object();
        if (!description.isEmpty()) {
            out.put("description", description);
        }
        if (this == V2) {
            return out.setAll(reference(definition));
        }
        out.putArray("allOf").add(reference(definition));
        return out;
    }
}
