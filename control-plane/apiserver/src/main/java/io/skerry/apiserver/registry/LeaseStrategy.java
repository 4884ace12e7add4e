package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.datastore.Durability;
import io.skerry.machinery.schema.ResourceType;
import java.util.List;

/**
 * Leases of nodes and of leader election. A renewal, which changes nothing but spec.renewTime, is a heartbeat that a power cut may forget; who
 * holds a Lease is not.
 */
final class LeaseStrategy extends Strategy {
    LeaseStrategy(ResourceType type) {
        super(type, false);
    }

    @Override
    public boolean unconditionalUpdate() {
        return false;
    }

    @Override
    public boolean createOnUpdate() {
        return true;
    }

    @Override
    public Durability durability(ObjectNode updated, Entry old) {
        return old != null && lasting(updated).equals(lasting(old.tree())) ? Durability.LAZY : Durability.DURABLE;
    }

    /** All that is not a heartbeat's. */
    private static ObjectNode lasting(ObjectNode lease) {
        ObjectNode copy = lease.deepCopy();
        if (copy.get("metadata") instanceof ObjectNode metadata) {
            metadata.remove(List.of("resourceVersion", "managedFields"));
        }
        JsonNode spec = copy.get("spec");
        if (spec instanceof ObjectNode fields) {
            fields.remove("renewTime");
        }
        return copy;
    }
}
