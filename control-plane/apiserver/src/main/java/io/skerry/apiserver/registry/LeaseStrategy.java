package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.datastore.Durability;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;

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
        return changesOnly(updated, old, lease -> Json.ensureObject(lease, "spec").remove("renewTime")) ? Durability.LAZY : Durability.DURABLE;
    }
}
