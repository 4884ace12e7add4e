package io.skerry.appliance.os;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/** appliance.skerry.io/v1 OSImage, the version of the operating system that a device shall run; the fields stand in crds.yaml. */
@Group("appliance.skerry.io")
@Version("v1")
public final class OSImage extends CustomResource<ObjectNode, ObjectNode> {
    private static final long serialVersionUID = 1;

    @Override
    protected ObjectNode initSpec() {
        return null;
    }

    @Override
    protected ObjectNode initStatus() {
        return null;
    }
}
