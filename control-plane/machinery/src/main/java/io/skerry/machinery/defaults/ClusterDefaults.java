package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.Map;
import java.util.function.Consumer;

/** RBAC, storage classes, priorities, flow control and the API's own extensions. */
final class ClusterDefaults {

    private static final String RBAC = "rbac.authorization.k8s.io";

    private ClusterDefaults() {}

    static void declare(Map<String, Consumer<ObjectNode>> defaults) {
        defaults.put("rolebindings." + RBAC, ClusterDefaults::binding);
        defaults.put("clusterrolebindings." + RBAC, ClusterDefaults::binding);
        defaults.put("priorityclasses.scheduling.k8s.io", o -> Fill.string(o, "preemptionPolicy", "PreemptLowerPriority"));
        defaults.put("storageclasses.storage.k8s.io", o -> {
            Fill.string(o, "reclaimPolicy", "Delete");
            Fill.string(o, "volumeBindingMode", "Immediate");
        });
        defaults.put("csidrivers.storage.k8s.io", o -> Fill.in(o, ClusterDefaults::csiDriver, "spec"));
        defaults.put("mutatingwebhookconfigurations.admissionregistration.k8s.io", o -> Fill.each(o, webhook -> {
            webhook(webhook);
            Fill.string(webhook, "reinvocationPolicy", "Never");
        }, "webhooks"));
        defaults.put("validatingwebhookconfigurations.admissionregistration.k8s.io", o -> Fill.each(o, ClusterDefaults::webhook, "webhooks"));
        defaults.put("validatingadmissionpolicies.admissionregistration.k8s.io", o -> Fill.in(o, spec -> {
            Fill.string(spec, "failurePolicy", "Fail");
            Fill.in(spec, ClusterDefaults::matchResources, "matchConstraints");
        }, "spec"));
        defaults.put("validatingadmissionpolicybindings.admissionregistration.k8s.io", o -> Fill.in(o, ClusterDefaults::matchResources, "spec", "matchResources"));
        defaults.put("apiservices.apiregistration.k8s.io", o -> Fill.in(o, service -> Fill.integer(service, "port", 443), "spec", "service"));
        defaults.put("customresourcedefinitions.apiextensions.k8s.io", o -> Fill.in(o, ClusterDefaults::customResource, "spec"));
        defaults.put("flowschemas.flowcontrol.apiserver.k8s.io", o -> Fill.in(o, spec -> Fill.nonZero(spec, "matchingPrecedence", 1000), "spec"));
        defaults.put("prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", ClusterDefaults::priorityLevel);
    }

    private static void priorityLevel(ObjectNode o) {
        Fill.in(o, limited -> {
            Fill.integer(limited, "nominalConcurrencyShares", 30);
            Fill.integer(limited, "lendablePercent", 0);
            Fill.in(limited, queuing -> {
                Fill.nonZero(queuing, "handSize", 8);
                Fill.nonZero(queuing, "queues", 64);
                Fill.nonZero(queuing, "queueLengthLimit", 50);
            }, "limitResponse", "queuing");
        }, "spec", "limited");
        Fill.in(o, exempt -> {
            Fill.integer(exempt, "nominalConcurrencyShares", 0);
            Fill.integer(exempt, "lendablePercent", 0);
        }, "spec", "exempt");
    }

    private static void binding(ObjectNode o) {
        Fill.in(o, ref -> Fill.string(ref, "apiGroup", RBAC), "roleRef");
        Fill.each(o, subject -> {
            String kind = Json.text(subject, "kind");
            if (kind.equals("User") || kind.equals("Group")) {
                Fill.string(subject, "apiGroup", RBAC);
            }
        }, "subjects");
    }

    private static void csiDriver(ObjectNode spec) {
        Fill.bool(spec, "attachRequired", true);
        Fill.bool(spec, "podInfoOnMount", false);
        Fill.bool(spec, "storageCapacity", false);
        Fill.string(spec, "fsGroupPolicy", "ReadWriteOnceWithFSType");
        if (Json.at(spec, "volumeLifecycleModes").isEmpty()) {
            spec.putArray("volumeLifecycleModes").add("Persistent");
        }
        Fill.bool(spec, "requiresRepublish", false);
        Fill.bool(spec, "seLinuxMount", false);
    }

    private static void webhook(ObjectNode webhook) {
        Fill.string(webhook, "failurePolicy", "Fail");
        Fill.string(webhook, "matchPolicy", "Equivalent");
        Fill.object(webhook, "namespaceSelector");
        Fill.object(webhook, "objectSelector");
        Fill.integer(webhook, "timeoutSeconds", 10);
        Fill.each(webhook, rule -> Fill.string(rule, "scope", "*"), "rules");
        Fill.in(webhook, service -> Fill.integer(service, "port", 443), "clientConfig", "service");
    }

    private static void matchResources(ObjectNode match) {
        Fill.string(match, "matchPolicy", "Equivalent");
        Fill.object(match, "namespaceSelector");
        Fill.object(match, "objectSelector");
        Fill.each(match, rule -> Fill.string(rule, "scope", "*"), "resourceRules");
        Fill.each(match, rule -> Fill.string(rule, "scope", "*"), "excludeResourceRules");
    }

    private static void customResource(ObjectNode spec) {
        Fill.in(spec, names -> {
            String kind = Json.text(names, "kind");
            Fill.string(names, "singular", kind.toLowerCase());
            Fill.string(names, "listKind", kind + "List");
        }, "names");
        ObjectNode conversion = Fill.object(spec, "conversion");
        Fill.string(conversion, "strategy", "None");
        Fill.in(conversion, service -> Fill.integer(service, "port", 443), "webhook", "clientConfig", "service");
    }
}
