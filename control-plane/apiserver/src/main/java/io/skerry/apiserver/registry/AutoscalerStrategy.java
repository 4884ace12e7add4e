package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.datastore.Durability;
import io.skerry.machinery.schema.ResourceType;
import java.util.List;

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
        return old != null && lasting(updated).equals(lasting(old.tree())) ? Durability.LAZY : Durability.DURABLE;
    }

    /** All that is not a measurement's. */
    private static ObjectNode lasting(ObjectNode autoscaler) {
        ObjectNode copy = autoscaler.deepCopy();
        if (copy.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove(List.of("resourceVersion", "managedFields"));
        }
        if (copy.get("status") instanceof ObjectNode status) {
            status.remove("currentMetrics");
        }
        return copy;
    }
}
