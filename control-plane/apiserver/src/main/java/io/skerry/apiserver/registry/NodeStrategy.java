package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.schema.ResourceType;

/** Nodes: a kubelet registers itself with its status. */
final class NodeStrategy extends Strategy {
    NodeStrategy(ResourceType type) {
        super(type, false);
    }

    @Override
    public void prepareForCreate(ObjectNode node) {
        // the status stays: it comes with the registration
    }
}
