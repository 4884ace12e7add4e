package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.datastore.Durability;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;

/**
 * HorizontalPodAutoscalers. Their controller writes what it measured every few seconds: when nothing but status.currentMetrics changes, a power cut
 * may forget it, for it is measured again at once.
 */
final class AutoscalerStrategy extends Strategy {
    AutoscalerStrategy(ResourceType type) {
        super(type, false);
    }

    @Override
    public Durability durability(ObjectNode updated, Entry old) {
        return changesOnly(updated, old, autoscaler -> Json.ensureObject(autoscaler, "status").remove("currentMetrics")) ? Durability.LAZY : Durability.DURABLE;
    }
}
