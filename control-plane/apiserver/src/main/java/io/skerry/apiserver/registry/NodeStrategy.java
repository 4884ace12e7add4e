package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;

/** Nodes: a kubelet registers itself with its status, and may change its labels along with the status. */
final class NodeStrategy extends Strategy {
    NodeStrategy(ResourceType type) {
        super(type, false);
    }

    @Override
    public void prepareForCreate(ObjectNode node) {
        // the status stays: it comes with the registration
    }

    @Override
    public void prepareForStatusUpdate(ObjectNode updated, ObjectNode old) {
        JsonNode labels = Json.at(updated, "metadata", "labels");
        super.prepareForStatusUpdate(updated, old);
        put("labels", labels.isMissingNode() ? null : labels, metadata(updated));
    }
}
