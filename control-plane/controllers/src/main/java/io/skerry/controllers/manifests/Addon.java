package io.skerry.controllers.manifests;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.Version;

/** k3s.cattle.io/v1 Addon: what was applied from a file of the manifests folder. */
@Group("k3s.cattle.io")
@Version("v1")
public final class Addon extends CustomResource<ObjectNode, ObjectNode> implements Namespaced {
    private static final long serialVersionUID = 1;

    @Override protected ObjectNode initSpec() { return null; }

    @Override protected ObjectNode initStatus() { return null; }
}
