package io.skerry.apiserver.registry;

import io.skerry.apiserver.admission.policy.PolicyStrategy;
import io.skerry.apiserver.admission.webhook.WebhookStrategy;
import io.skerry.apiserver.crd.DefinitionStrategy;
import io.skerry.apiserver.service.ServiceAllocator;
import io.skerry.apiserver.service.ServiceStrategy;
import io.skerry.datastore.Durability;
import io.skerry.machinery.schema.ResourceType;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The strategy of each built-in type, as upstream's {@code pkg/registry}. */
public final class Strategies {
    /** Types whose metadata.generation counts. */
    private static final Set<String> GENERATION = Set.of("apps/replicasets", "apps/statefulsets", "apps/daemonsets",
            "/replicationcontrollers", "/podtemplates", "batch/cronjobs", "networking.k8s.io/ingresses", "networking.k8s.io/ingressclasses",
            "networking.k8s.io/networkpolicies", "policy/poddisruptionbudgets",
            "scheduling.k8s.io/priorityclasses", "discovery.k8s.io/endpointslices",
            "admissionregistration.k8s.io/validatingadmissionpolicybindings", "flowcontrol.apiserver.k8s.io/flowschemas",
            "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations");
    /** Types that PUT may create. */
    private static final Set<String> CREATE_ON_UPDATE = Set.of("/endpoints", "/events", "/limitranges",
            "rbac.authorization.k8s.io/roles", "rbac.authorization.k8s.io/rolebindings", "rbac.authorization.k8s.io/clusterroles",
            "rbac.authorization.k8s.io/clusterrolebindings", "node.k8s.io/runtimeclasses");
    /** Types whose updates need a resourceVersion. */
    private static final Set<String> CONDITIONAL_UPDATE = Set.of("policy/poddisruptionbudgets", "apiregistration.k8s.io/apiservices",
            "node.k8s.io/runtimeclasses", "storage.k8s.io/csidrivers", "storage.k8s.io/csinodes", "storage.k8s.io/csistoragecapacities", "storage.k8s.io/volumeattachments",
            "admissionregistration.k8s.io/validatingadmissionpolicybindings");
    /** Types of whose metadata a write of the status changes nothing. */
    private static final Set<String> STATUS_ALONE = Set.of("apiregistration.k8s.io/apiservices", "storage.k8s.io/volumeattachments", "networking.k8s.io/servicecidrs",
            "flowcontrol.apiserver.k8s.io/flowschemas", "flowcontrol.apiserver.k8s.io/prioritylevelconfigurations");
    /** Churn that a restart may forget. */
    private static final Set<String> LAZY = Set.of("/events", "events.k8s.io/events");
    /** Types whose dependents stay when a DELETE does not say otherwise. */
    private static final Set<String> ORPHANS = Set.of("/replicationcontrollers");

    /** Types that upstream warns of (k8s.io/api, the generated lifecycles). */
    private static final Map<String, String> DEPRECATED = Map.of("/componentstatuses", "v1 ComponentStatus is deprecated in v1.19+",
            "/endpoints", "v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice");

    private final ServiceAllocator services;

    public Strategies(ServiceAllocator services) {
        this.services = services;
    }

    /** @param types all types, for what looks at others; not complete yet while strategies are made */
    Strategy of(ResourceType type, ServedTypes types) {
        String id = type.group() + "/" + type.plural();
        return switch (id) {
            case "/pods" -> new PodStrategy(type);
            case "/nodes" -> new NodeStrategy(type);
            case "/namespaces" -> new NamespaceStrategy(type);
            case "/serviceaccounts" -> new ServiceAccountStrategy(type);
            case "/persistentvolumes" -> new PersistentVolumeStrategy(type);
            case "/persistentvolumeclaims" -> new ClaimStrategy(type);
            case "apps/deployments" -> new DeploymentStrategy(type);
            case "apiextensions.k8s.io/customresourcedefinitions" -> new DefinitionStrategy(type, types);
            case "admissionregistration.k8s.io/validatingadmissionpolicies" -> new PolicyStrategy(type, types);
            case "admissionregistration.k8s.io/mutatingwebhookconfigurations", "admissionregistration.k8s.io/validatingwebhookconfigurations" -> new WebhookStrategy(type);
            case "autoscaling/horizontalpodautoscalers" -> new AutoscalerStrategy(type);
            case "batch/jobs" -> new JobStrategy(type);
            case "coordination.k8s.io/leases" -> new LeaseStrategy(type);
            case "/services" -> new ServiceStrategy(type, services);
            default -> new Simple(type, id);
        };
    }

    /** A type that differs by facts only. */
    private static final class Simple extends Strategy {
        private final String id;

        Simple(ResourceType type, String id) {
            super(type, GENERATION.contains(id));
            this.id = id;
        }

        @Override
        protected List<String> statusMetadata() {
            return STATUS_ALONE.contains(id) ? List.of() : super.statusMetadata();
        }

        @Override
        public boolean unconditionalUpdate() {
            return !CONDITIONAL_UPDATE.contains(id);
        }

        @Override
        public String deprecation() {
            return DEPRECATED.getOrDefault(id, "");
        }

        @Override
        public boolean createOnUpdate() {
            return CREATE_ON_UPDATE.contains(id);
        }

        @Override
        public Durability durability() {
            return LAZY.contains(id) ? Durability.LAZY : Durability.DURABLE;
        }

        @Override
        public String defaultPropagation() {
            return ORPHANS.contains(id) ? "orphan" : "";
        }
    }
}
