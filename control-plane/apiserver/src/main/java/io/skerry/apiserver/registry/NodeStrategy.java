package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.datastore.Durability;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;

/**
 * Nodes: a kubelet registers itself with its status, and sends that again every five minutes: when nothing but the time of its conditions changes,
 * a power cut may forget it, as a Lease's renewal.
 */
final class NodeStrategy extends Strategy {
    NodeStrategy(ResourceType type) {
        super(type, false);
    }

    @Override
    public void prepareForCreate(ObjectNode node) {
        // the status stays: it comes with the registration
    }

    @Override
    public Durability durability(ObjectNode updated, Entry old) {
        return changesOnly(updated, old, NodeStrategy::removeHeartbeats) ? Durability.LAZY : Durability.DURABLE;
    }

    private static void removeHeartbeats(ObjectNode node) {
        for (JsonNode condition : Json.at(node, "status", "conditions")) {
            if (condition instanceof ObjectNode object) {
                object.remove("lastHeartbeatTime");
            }
        }
    }
}
