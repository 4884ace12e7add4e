package io.skerry.apiserver.registry;

import io.skerry.machinery.schema.ResourceType;
import java.util.Map;
import java.util.Set;

/** The fields, beside name and namespace, that field selectors of built-in types may name. */
final class SelectableFields {
    private static final Map<String, Set<String>> BY_RESOURCE = Map.ofEntries(
            Map.entry("/pods", Set.of("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork",
                    "status.phase", "status.podIP", "status.nominatedNodeName")),
            Map.entry("/events", Set.of("involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
                    "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason", "reportingComponent", "source", "type")),
            Map.entry("events.k8s.io/events", Set.of("regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion",
                    "regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "type")),
            Map.entry("/nodes", Set.of("spec.unschedulable")),
            Map.entry("/secrets", Set.of("type")),
            Map.entry("/namespaces", Set.of("status.phase")),
            Map.entry("/services", Set.of("spec.clusterIP", "spec.type")),
            Map.entry("/replicationcontrollers", Set.of("status.replicas")),
            Map.entry("apps/replicasets", Set.of("status.replicas")),
            Map.entry("batch/jobs", Set.of("status.successful")),
            Map.entry("certificates.k8s.io/certificatesigningrequests", Set.of("spec.signerName")));

    private SelectableFields() {
    }

    static Set<String> of(ResourceType type) {
        return BY_RESOURCE.getOrDefault(type.group() + "/" + type.plural(), Set.of());
    }
}
