package io.skerry.controllers.network;

import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The EndpointSlices of services that one controller keeps, told from those of others by their label {@code managed-by}. */
final class ManagedSlices {
    static final String SERVICE_NAME = "kubernetes.io/service-name", MANAGED_BY = "endpointslice.kubernetes.io/managed-by";

    private final Informers informers;
    private final String manager;

    /** @param manager the label's value, such as {@code endpointslice-controller.k8s.io} */
    ManagedSlices(Informers informers, String manager) {
        this.informers = informers;
        this.manager = manager;
    }

    /** The service that a slice belongs to; none if the slice is not of this manager. */
    Collection<Key> serviceOf(EndpointSlice slice) {
        Map<String, String> labels = slice.getMetadata().getLabels();
        return labels == null || !manager.equals(labels.get(MANAGED_BY)) || labels.get(SERVICE_NAME) == null ? List.of()
            : List.of(new Key(slice.getMetadata().getNamespace(), labels.get(SERVICE_NAME)));
    }

    /** The slices of a service that are not being deleted. */
    List<EndpointSlice> of(Key service) {
        return informers.inNamespace(EndpointSlice.class, service.namespace()).stream()
            .filter(s -> serviceOf(s).contains(service) && s.getMetadata().getDeletionTimestamp() == null).toList();
    }

    /** Puts the labels on that make a slice one of these. */
    void label(Map<String, String> labels, String service) {
        labels.put(SERVICE_NAME, service);
        labels.put(MANAGED_BY, manager);
    }

    void create(EndpointSlice slice) {
        informers.awaitSeen(informers.client().discovery().v1().endpointSlices().inNamespace(slice.getMetadata().getNamespace()).resource(slice).create());
    }

    void update(EndpointSlice slice) {
        informers.awaitSeen(informers.client().discovery().v1().endpointSlices().inNamespace(slice.getMetadata().getNamespace()).resource(slice).update());
    }

    void delete(EndpointSlice slice) {
        informers.client().discovery().v1().endpointSlices().inNamespace(slice.getMetadata().getNamespace()).withName(slice.getMetadata().getName()).delete();
        informers.awaitDeletionSeen(slice);
    }
}
