package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import java.util.List;

/** Deployments: their annotations are copied to ReplicaSets, so that a change of one is a change of what is wanted. */
final class DeploymentStrategy extends Strategy {
    DeploymentStrategy(ResourceType type) {
        super(type, true);
    }

    @Override
    protected ObjectNode wanted(ObjectNode deployment) {
        ObjectNode wanted = super.wanted(deployment);
        if (!Json.at(deployment, "metadata", "annotations").isEmpty()) {
            wanted.set("annotations", Json.at(deployment, "metadata", "annotations"));
        }
        return wanted;
    }

    @Override
    protected List<String> statusMetadata() {
        return List.of("annotations", "finalizers", "ownerReferences");
    }
}
