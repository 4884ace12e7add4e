package io.skerry.controllers.network;

import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointAddressBuilder;
import io.fabric8.kubernetes.api.model.EndpointPort;
import io.fabric8.kubernetes.api.model.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.EndpointSubsetBuilder;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.EndpointsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.LabelSelectors;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** Keeps the older core/v1 Endpoints of services, for clients that do not read EndpointSlices. At most 1000 addresses, one address family. */
public final class EndpointsController implements Controller {
    private static final String MANAGED_BY = "endpoints.kubernetes.io/managed-by", OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
    private static final int MAX_ADDRESSES = 1000;

    private final Informers informers;

    public EndpointsController(Informers informers) {
        this.informers = informers;
    }

    @Override public String name() { return "endpoint-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(Service.class), Watch.each(Pod.class, pod -> EndpointSliceController.servicesOf(informers, pod)),
            Watch.self(Endpoints.class));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(Endpoints.class); }

    @Override public void reconcile(Key key) throws Exception {
        Service service = informers.get(Service.class, key);
        Endpoints existing = informers.get(Endpoints.class, key);
        var api = informers.client().endpoints().inNamespace(key.namespace());
        if (service == null) {
            // Endpoints without a service may be someone's own (leader election of old); only ours go.
            if (existing != null && existing.getMetadata().getLabels() != null && existing.getMetadata().getLabels().containsKey(MANAGED_BY)) {
                api.withName(key.name()).delete();
                informers.awaitDeletionSeen(existing);
            }
            return;
        }
        if (!ServicePorts.hasEndpoints(service)) return;
        Map<String, String> labels = new LinkedHashMap<>(service.getMetadata().getLabels() == null ? Map.of() : service.getMetadata().getLabels());
        labels.remove(EndpointSliceController.HEADLESS);
        if (ServicePorts.isHeadless(service)) labels.put(EndpointSliceController.HEADLESS, "");
        labels.put(MANAGED_BY, name());
        List<Pod> pods = pods(service);
        List<EndpointSubset> subsets = subsets(service, pods);
        boolean cut = pods.size() > MAX_ADDRESSES;
        if (existing != null && existing.getSubsets().equals(subsets) && labels.equals(existing.getMetadata().getLabels())
            && cut == (existing.getMetadata().getAnnotations() != null && existing.getMetadata().getAnnotations().containsKey(OVER_CAPACITY))) return;
        EndpointsBuilder b = existing == null ? new EndpointsBuilder().withNewMetadata().withNamespace(key.namespace()).withName(key.name())
            .endMetadata() : new EndpointsBuilder(existing);
        b.editMetadata().withLabels(labels).removeFromAnnotations(OVER_CAPACITY).endMetadata().withSubsets(subsets);
        if (cut) b.editMetadata().addToAnnotations(OVER_CAPACITY, "truncated").endMetadata();
        try {
            informers.awaitSeen(existing == null ? api.resource(b.build()).create() : api.resource(b.build()).update());
        } catch (KubernetesClientException e) {
            if (!PodControl.isNamespaceTerminating(e)) throw e;
        }
    }

    private List<Pod> pods(Service service) {
        return informers.inNamespace(Pod.class, service.getMetadata().getNamespace()).stream()
            .filter(p -> LabelSelectors.matches(service.getSpec().getSelector(), p.getMetadata().getLabels()) && !Pods.isTerminal(p))
            .filter(p -> !Pods.isTerminating(p) || Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses()))
            .filter(p -> !EndpointSliceController.addresses(p, family(service)).isEmpty())
            .sorted(Comparator.comparing(p -> p.getMetadata().getName())).toList();
    }

    private static String family(Service s) {
        return s.getSpec().getIpFamilies().isEmpty() ? "IPv4" : s.getSpec().getIpFamilies().getFirst();
    }

    /** One subset a set of ports; in it the addresses by their IP, ready and not ready apart. */
    private static List<EndpointSubset> subsets(Service service, List<Pod> pods) {
        Map<List<ServicePorts.Port>, List<Pod>> byPorts = new LinkedHashMap<>();
        for (Pod p : pods.subList(0, Math.min(pods.size(), MAX_ADDRESSES))) byPorts.computeIfAbsent(ServicePorts.of(service, p), k -> new ArrayList<>()).add(p);
        List<EndpointSubset> subsets = new ArrayList<>();
        byPorts.forEach((ports, members) -> {
            if (ports.isEmpty() && !(ServicePorts.isHeadless(service) && service.getSpec().getPorts().isEmpty())) return;
            List<EndpointAddress> ready = new ArrayList<>(), notReady = new ArrayList<>();
            for (Pod p : members) (Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses()) || Pods.isReady(p) ? ready : notReady)
                .add(address(service, p));
            Comparator<EndpointAddress> byIp = Comparator.comparing(EndpointAddress::getIp);
            ready.sort(byIp);
            notReady.sort(byIp);
            subsets.add(new EndpointSubsetBuilder().withAddresses(ready).withNotReadyAddresses(notReady)
                .withPorts(ports.stream().map(EndpointsController::port).toList()).build());
        });
        return subsets;
    }

    private static EndpointPort port(ServicePorts.Port p) {
        return new EndpointPortBuilder().withName(p.name().isEmpty() ? null : p.name()).withPort(p.port()).withProtocol(p.protocol())
            .withAppProtocol(p.appProtocol()).build();
    }

    private static EndpointAddress address(Service service, Pod p) {
        boolean named = p.getSpec().getHostname() != null && !p.getSpec().getHostname().isEmpty()
            && Objects.equals(p.getSpec().getSubdomain(), service.getMetadata().getName());
        return new EndpointAddressBuilder().withIp(EndpointSliceController.addresses(p, family(service)).getFirst()).withNodeName(p.getSpec().getNodeName())
            .withHostname(named ? p.getSpec().getHostname() : null)
            .withTargetRef(new ObjectReferenceBuilder().withKind("Pod").withNamespace(p.getMetadata().getNamespace())
            .withName(p.getMetadata().getName()).withUid(p.getMetadata().getUid()).build())
            .build();
    }
}
