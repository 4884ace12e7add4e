package io.skerry.controllers.helm;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/** helm.cattle.io/v1 HelmChart; the fields stand in crds.yaml. */
@Group("helm.cattle.io")
@Version("v1")
public final class HelmChart extends CustomResource<ObjectNode, ObjectNode> implements Namespaced {
    private static final long serialVersionUID = 1;

    @Override protected ObjectNode initSpec() { return null; }

    @Override protected ObjectNode initStatus() { return null; }
}
