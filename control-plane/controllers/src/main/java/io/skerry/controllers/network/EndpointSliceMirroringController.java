package io.skerry.controllers.network;

import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.Endpoints;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.controllers.network.RepackedSubsets.Address;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.EventRecorder;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.OwnerReferences;
import io.skerry.controllers.runtime.Watch;
import io.skerry.controllers.workload.PodControl;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Copies the Endpoints that somebody wrote for a service without a selector into EndpointSlices, which is all that proxies and the DNS read:
 * one slice for each set of ports and address family (<a
 * href="https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#endpointslice-mirroring">EndpointSlice mirroring</a>).
 */
public final class EndpointSliceMirroringController implements Controller {
    private static final String SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror", LEADER = "control-plane.alpha.kubernetes.io/leader";
    private static final Set<String> NOT_COPIED = Set.of("kubectl.kubernetes.io/last-applied-configuration", "endpoints.kubernetes.io/last-change-trigger-time");
    /** Of one set of ports; a slice cannot hold more. */
    private static final int MAX_ADDRESSES = 1000;

    private final Informers informers;
    private final EventRecorder events;
    private final ManagedSlices slices;

    public EndpointSliceMirroringController(Informers informers) {
        this.informers = informers;
        this.events = informers.recorder(name());
        this.slices = new ManagedSlices(informers, "endpointslicemirroring-controller.k8s.io");
    }

    @Override public String name() { return "endpoint-slice-mirroring-controller"; }

    @Override public List<Watch<?>> watches() {
        return List.of(Watch.self(Endpoints.class), Watch.self(Service.class), Watch.each(EndpointSlice.class, slices::serviceOf));
    }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(EndpointSlice.class); }

    @Override public void reconcile(Key key) throws Exception {
        List<EndpointSlice> spare = new ArrayList<>(slices.of(key));
        Endpoints endpoints = informers.get(Endpoints.class, key);
        if (endpoints != null && isMirrored(endpoints, informers.get(Service.class, key))) {
            try {
                mirror(endpoints, spare);
            } catch (KubernetesClientException e) {
                if (!PodControl.isNamespaceTerminating(e)) throw e;
            }
        }
        spare.forEach(slices::delete);
    }

    /** Not those that a selector fills, that the writer has slices for already, or that only hold a lock of leader election of old. */
    private static boolean isMirrored(Endpoints endpoints, Service service) {
        return service != null && (service.getSpec().getSelector() == null || service.getSpec().getSelector().isEmpty())
            && !"true".equals(copy(endpoints.getMetadata().getLabels()).get(SKIP_MIRROR))
            && !copy(endpoints.getMetadata().getAnnotations()).containsKey(LEADER);
    }

    /** @param spare the slices that are there; afterwards those that are not needed */
    private void mirror(Endpoints endpoints, List<EndpointSlice> spare) {
        List<EndpointSlice> missing = new ArrayList<>();
        for (EndpointSlice wanted : wanted(endpoints)) {
            EndpointSlice there = take(spare, s -> s.getAddressType().equals(wanted.getAddressType()) && s.getPorts().equals(wanted.getPorts()));
            if (there == null) missing.add(wanted);
            else if (!saysTheSame(there, wanted)) update(there, wanted);
        }
        for (EndpointSlice wanted : missing) {
            EndpointSlice reused = take(spare, s -> s.getAddressType().equals(wanted.getAddressType())); // the only field that cannot change
            if (reused != null) update(reused, wanted);
            else if (endpoints.getMetadata().getDeletionTimestamp() == null) slices.create(wanted);
        }
    }

    private static EndpointSlice take(List<EndpointSlice> from, Predicate<EndpointSlice> fits) {
        EndpointSlice found = from.stream().filter(fits).findFirst().orElse(null);
        from.remove(found);
        return found;
    }

    private static boolean saysTheSame(EndpointSlice a, EndpointSlice b) {
        return a.getEndpoints().equals(b.getEndpoints()) && copy(a.getMetadata().getLabels()).equals(copy(b.getMetadata().getLabels()))
            && copy(a.getMetadata().getAnnotations()).equals(copy(b.getMetadata().getAnnotations()))
            && a.getMetadata().getOwnerReferences().equals(b.getMetadata().getOwnerReferences());
    }

    private void update(EndpointSlice there, EndpointSlice wanted) {
        slices.update(new EndpointSliceBuilder(there).editMetadata().withLabels(wanted.getMetadata().getLabels())
            .withAnnotations(wanted.getMetadata().getAnnotations()).withOwnerReferences(wanted.getMetadata().getOwnerReferences()).endMetadata()
            .withPorts(wanted.getPorts()).withEndpoints(wanted.getEndpoints()).build());
    }

    private List<EndpointSlice> wanted(Endpoints endpoints) {
        List<EndpointSlice> all = new ArrayList<>();
        int invalid = 0, tooMany = 0;
        for (Map.Entry<List<EndpointPort>, List<Address>> subset : RepackedSubsets.of(endpoints.getSubsets()).entrySet()) {
            Map<String, List<Endpoint>> byFamily = new TreeMap<>();
            int count = 0;
            for (Address a : subset.getValue()) {
                InetAddress ip = ip(a.address().getIp());
                if (ip == null) invalid++;
                else if (count == MAX_ADDRESSES) tooMany++;
                else {
                    count++;
                    byFamily.computeIfAbsent(ip instanceof Inet6Address ? "IPv6" : "IPv4", k -> new ArrayList<>()).add(endpoint(ip, a));
                }
            }
            byFamily.forEach((family, content) -> all.add(slice(endpoints, family, subset.getKey(), content)));
        }
        if (invalid > 0) events.warning(endpoints, "InvalidIPAddress", "Skipped " + invalid + " invalid IP addresses when mirroring to EndpointSlices");
        if (tooMany > 0) events.warning(endpoints, "TooManyAddressesToMirror", "A max of " + MAX_ADDRESSES
            + " addresses can be mirrored to EndpointSlices per Endpoints subset. " + tooMany + " addresses were skipped");
        return all;
    }

    private EndpointSlice slice(Endpoints endpoints, String family, List<EndpointPort> ports, List<Endpoint> content) {
        Map<String, String> labels = copy(endpoints.getMetadata().getLabels()), annotations = copy(endpoints.getMetadata().getAnnotations());
        annotations.keySet().removeAll(NOT_COPIED);
        slices.label(labels, endpoints.getMetadata().getName());
        return new EndpointSliceBuilder().withNewMetadata().withNamespace(endpoints.getMetadata().getNamespace())
            .withGenerateName(endpoints.getMetadata().getName() + "-").withLabels(labels).withAnnotations(annotations)
            .withOwnerReferences(OwnerReferences.controller(endpoints)).endMetadata()
            .withAddressType(family).withPorts(ports).withEndpoints(content).build();
    }

    private static Endpoint endpoint(InetAddress ip, Address a) {
        EndpointAddress address = a.address();
        String hostname = address.getHostname();
        return new EndpointBuilder().withAddresses(ip instanceof Inet6Address ? address.getIp() : ip.getHostAddress())
            .withNewConditions().withReady(a.ready()).endConditions().withHostname(hostname == null || hostname.isEmpty() ? null : hostname)
            .withNodeName(address.getNodeName()).withTargetRef(address.getTargetRef()).build();
    }

    /** The address, or null if it is none: Endpoints were not always checked as strictly as slices are. */
    private static InetAddress ip(String text) {
        try {
            return InetAddress.ofLiteral(text);
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    private static Map<String, String> copy(Map<String, String> map) {
        return new LinkedHashMap<>(Objects.requireNonNullElse(map, Map.of()));
    }
}
