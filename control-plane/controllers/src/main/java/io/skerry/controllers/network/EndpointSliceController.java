package io.skerry.controllers.network;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.LabelSelectors;
import io.skerry.controllers.workload.PodControl;
import io.skerry.controllers.workload.Pods;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Keeps the EndpointSlices of every service with a selector in step with its pods: one set of slices an address family and set of ports,
 * 100 endpoints a slice.
 */
public final class EndpointSliceController implements Controller {
    static final String HEADLESS = "service.kubernetes.io/headless";
    private static final int MAX_ENDPOINTS = 100;

    private final Informers informers;
    private final EventRecorder events;
    private final ManagedSlices slices;

    public EndpointSliceController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(name());
        this.slices = new ManagedSlices(informers, "endpointslice-controller.k8s.io");
    }

    @Override public String name() { return "endpoint-slice-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(Service.class), Watch.each(Pod.class, pod -> servicesOf(informers, pod)),
            Watch.each(EndpointSlice.class, slices::serviceOf),
            new Watch<>(Node.class, this::servicesWhenZoneChanged));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(EndpointSlice.class); }

    static Collection<Key> servicesOf(Informers informers, Pod pod) {
        return informers.inNamespace(Service.class, pod.getMetadata().getNamespace()).stream()
            .filter(s -> ServicePorts.hasEndpoints(s) && LabelSelectors.matches(s.getSpec().getSelector(), pod.getMetadata().getLabels()))
            .map(Key::of).toList();
    }

    private Collection<Key> servicesWhenZoneChanged(Node before, Node after) {
        if (after == null || Objects.equals(before == null ? null : zone(before), zone(after))) return List.of();
        return informers.podsOnNode(after.getMetadata().getName()).stream().flatMap(p -> servicesOf(informers, p).stream()).distinct().toList();
    }

    @Override public void reconcile(Key key) throws Exception {
        Service service = informers.get(Service.class, key);
        List<EndpointSlice> existing = slices.of(key);
        if (service == null) {
            // Their owner reference lets the garbage collector do this as well; doing it here spares the traffic rules the wait.
            existing.forEach(slices::delete);
            return;
        }
        if (!ServicePorts.hasEndpoints(service)) return;
        List<Pod> pods = informers.inNamespace(Pod.class, key.namespace()).stream()
            .filter(p -> LabelSelectors.matches(service.getSpec().getSelector(), p.getMetadata().getLabels()) && !Pods.isTerminal(p)).toList();
        try {
            for (String family : families(service)) {
                reconcile(service, family, pods, existing.stream().filter(s -> family.equals(s.getAddressType())).toList());
            }
            for (EndpointSlice s : existing) if (!families(service).contains(s.getAddressType())) slices.delete(s);
        } catch (KubernetesClientException e) {
            if (PodControl.isNamespaceTerminating(e)) return;
            if (e.getCode() != 409 && e.getCode() != 404) events.warning(service, "FailedToUpdateEndpointSlices",
                "Error updating Endpoint Slices for Service " + key + ": " + PodControl.message(e));
            throw e;
        }
    }

    private static List<String> families(Service s) {
        return s.getSpec().getIpFamilies().isEmpty() ? List.of("IPv4") : s.getSpec().getIpFamilies();
    }

    private void reconcile(Service service, String family, List<Pod> pods, List<EndpointSlice> existing) {
        Map<List<EndpointPort>, Map<String, Endpoint>> wanted = new LinkedHashMap<>();
        for (Pod pod : pods) {
            List<String> addresses = addresses(pod, family);
            if (addresses.isEmpty()) continue;
            List<EndpointPort> ports = ServicePorts.of(service, pod).stream().map(p -> new EndpointPortBuilder()
                .withName(p.name()).withPort(p.port()).withProtocol(p.protocol()).withAppProtocol(p.appProtocol()).build()).toList();
            wanted.computeIfAbsent(ports, k -> new LinkedHashMap<>()).put(pod.getMetadata().getUid(), endpoint(service, pod, addresses));
        }
        if (wanted.isEmpty()) wanted.put(List.of(), Map.of()); // an empty slice tells a service without pods from an unknown one
        Map<List<EndpointPort>, List<EndpointSlice>> there = new LinkedHashMap<>();
        for (EndpointSlice s : existing) there.computeIfAbsent(s.getPorts(), k -> new ArrayList<>()).add(s);

        List<EndpointSlice> spare = new ArrayList<>();
        there.forEach((ports, same) -> { if (!wanted.containsKey(ports)) spare.addAll(same); });
        wanted.forEach((ports, endpoints) -> fill(service, family, ports, endpoints, there.getOrDefault(ports, List.of()), spare));
        spare.forEach(slices::delete);
    }

    /** Leaves endpoints in the slices where they are, puts new ones where there is room, reuses spare slices and makes what is missing. */
    private void fill(Service service, String family, List<EndpointPort> ports, Map<String, Endpoint> endpoints, List<EndpointSlice> there,
        List<EndpointSlice> spare) {
        Map<String, Endpoint> left = new LinkedHashMap<>(endpoints);
        Map<EndpointSlice, List<Endpoint>> contents = new LinkedHashMap<>();
        for (EndpointSlice s : there) {
            List<Endpoint> kept = new ArrayList<>();
            for (Endpoint e : s.getEndpoints()) {
                Endpoint now = e.getTargetRef() == null ? null : left.remove(e.getTargetRef().getUid());
                if (now != null) kept.add(now);
            }
            contents.put(s, kept);
        }
        List<Endpoint> homeless = new ArrayList<>(left.values());
        for (List<Endpoint> c : contents.values().stream().sorted(Comparator.comparingInt((List<Endpoint> c) -> c.size()).reversed())
            .toList()) move(homeless, c);
        boolean any = !contents.isEmpty();
        while (!homeless.isEmpty() || !any) {
            any = true;
            List<Endpoint> content = new ArrayList<>();
            move(homeless, content);
            if (spare.isEmpty()) create(service, family, ports, content);
            else contents.put(spare.removeFirst(), content);
        }
        boolean full = contents.values().stream().anyMatch(c -> !c.isEmpty());
        boolean placeholder = endpoints.isEmpty();
        for (Map.Entry<EndpointSlice, List<Endpoint>> e : contents.entrySet()) {
            if (e.getValue().isEmpty() && (full || !placeholder)) slices.delete(e.getKey());
            else {
                update(service, e.getKey(), ports, e.getValue());
                placeholder = placeholder && !e.getValue().isEmpty();
            }
        }
    }

    private static void move(List<Endpoint> from, List<Endpoint> to) {
        while (!from.isEmpty() && to.size() < MAX_ENDPOINTS) to.add(from.removeFirst());
    }

    private Endpoint endpoint(Service service, Pod pod, List<String> addresses) {
        boolean serving = Pods.isReady(pod), terminating = Pods.isTerminating(pod);
        String node = pod.getSpec().getNodeName();
        boolean named = pod.getSpec().getHostname() != null && !pod.getSpec().getHostname().isEmpty()
            && service.getMetadata().getName().equals(pod.getSpec().getSubdomain());
        return new EndpointBuilder().withAddresses(addresses.getFirst())
            .withNewConditions().withReady(Boolean.TRUE.equals(service.getSpec().getPublishNotReadyAddresses()) || serving && !terminating)
            .withServing(serving).withTerminating(terminating).endConditions()
            .withHostname(named ? pod.getSpec().getHostname() : null).withNodeName(node)
            .withZone(node == null ? null : zone(informers.get(Node.class, "", node)))
            .withTargetRef(new ObjectReferenceBuilder().withKind("Pod").withNamespace(pod.getMetadata().getNamespace())
            .withName(pod.getMetadata().getName()).withUid(pod.getMetadata().getUid()).build())
            .build();
    }

    private static String zone(Node n) {
        return n == null || n.getMetadata().getLabels() == null ? null : n.getMetadata().getLabels().get("topology.kubernetes.io/zone");
    }

    static List<String> addresses(Pod pod, String family) {
        if (pod.getStatus() == null) return List.of();
        List<String> all = pod.getStatus().getPodIPs().stream().map(PodIP::getIp).filter(Objects::nonNull).toList();
        if (all.isEmpty() && pod.getStatus().getPodIP() != null && !pod.getStatus().getPodIP().isEmpty()) all = List.of(pod.getStatus().getPodIP());
        return all.stream().filter(ip -> (ip.indexOf(':') >= 0) == family.equals("IPv6")).toList();
    }

    private Map<String, String> labels(Service service) {
        Map<String, String> labels = new LinkedHashMap<>(service.getMetadata().getLabels() == null ? Map.of() : service.getMetadata().getLabels());
        labels.remove(HEADLESS);
        if (ServicePorts.isHeadless(service)) labels.put(HEADLESS, "");
        slices.label(labels, service.getMetadata().getName());
        return labels;
    }

    private void create(Service service, String family, List<EndpointPort> ports, List<Endpoint> endpoints) {
        slices.create(new EndpointSliceBuilder().withNewMetadata().withNamespace(service.getMetadata().getNamespace())
            .withGenerateName(service.getMetadata().getName() + "-").withLabels(labels(service))
            .withOwnerReferences(OwnerReferences.controller(service)).endMetadata()
            .withAddressType(family).withPorts(ports).withEndpoints(endpoints).build());
    }

    private void update(Service service, EndpointSlice slice, List<EndpointPort> ports, List<Endpoint> endpoints) {
        Map<String, String> labels = labels(service);
        if (slice.getEndpoints().equals(endpoints) && slice.getPorts().equals(ports) && labels.equals(slice.getMetadata().getLabels())) return;
        slices.update(new EndpointSliceBuilder(slice).editMetadata().withLabels(labels).endMetadata().withPorts(ports).withEndpoints(endpoints).build());
    }
}
