package io.skerry.network.dns;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.skerry.controllers.runtime.Informers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Which names an address has. Made when it is first asked for after a change: most clusters never ask. */
final class ReverseNames {

    private final Informers informers;
    private final String zone;
    private final AtomicLong changes = new AtomicLong();
    private volatile Collected collected = new Collected(-1, Map.of());

    private record Collected(long changes, Map<String, List<String>> names) {}

    ReverseNames(Informers informers, String zone) {
        this.informers = informers;
        this.zone = zone;
    }

    void start() {
        informers.subscribe(Service.class, (before, after) -> changes.incrementAndGet());
        informers.subscribe(EndpointSlice.class, (before, after) -> changes.incrementAndGet());
    }

    List<String> of(String address) {
        long now = changes.get();
        Collected present = collected;
        if (present.changes() != now) {
            present = new Collected(now, collect());
            collected = present;
        }
        return present.names().getOrDefault(address, List.of());
    }

    private Map<String, List<String>> collect() {
        Map<String, List<String>> all = new HashMap<>();
        for (Service service : informers.list(Service.class)) {
            String name = service.getMetadata().getName() + "." + service.getMetadata().getNamespace() + ".svc." + zone;
            ClusterZone.clusterIps(service).forEach(ip -> all.computeIfAbsent(ip, key -> new ArrayList<>()).add(name));
        }
        for (EndpointSlice slice : informers.list(EndpointSlice.class)) {
            String service = slice.getMetadata().getLabels() == null ? null : slice.getMetadata().getLabels().get("kubernetes.io/service-name");
            if (service != null) {
                for (Endpoint endpoint : slice.getEndpoints()) {
                    for (String ip : endpoint.getAddresses()) {
                        all.computeIfAbsent(ip, key -> new ArrayList<>()).add(ClusterZone.host(endpoint) + "." + service + "." + slice.getMetadata().getNamespace() + ".svc." + zone);
                    }
                }
            }
        }
        return all;
    }
}
