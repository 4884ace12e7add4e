package io.skerry.apiserver.service;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.machinery.json.Json;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;

/**
 * Gives out ClusterIPs and NodePorts. The services themselves say what is taken, so nothing has to be stored, freed or repaired; what is
 * given to a service that is being written is remembered until the watch cache has it. Automatic choices come from the upper part of a
 * range first, the lower is left to those who choose themselves (KEP-3070, KEP-3668).
 */
public final class ServiceAllocator {
    private final Supplier<ResourceCache> services;
    private final Cidr range;
    private final Set<String> withheld;
    private final int firstPort;
    private final int lastPort;
    private final Set<String> pendingAddresses = new HashSet<>();
    private final Set<Integer> pendingPorts = new HashSet<>();
    private Map<String, Taken> known = new HashMap<>();

    /** What one service holds, and the state it was read from. */
    private record Taken(Entry entry, Set<String> addresses, Set<Integer> ports) {
    }

    /** @param withheld addresses that are only given to who asks for them by name */
    public ServiceAllocator(Supplier<ResourceCache> services, Cidr range, Set<String> withheld, int firstPort, int lastPort) {
        this.services = services;
        this.range = range;
        this.withheld = withheld;
        this.firstPort = firstPort;
        this.lastPort = lastPort;
    }

    public Cidr range() {
        return range;
    }

    public String portRange() {
        return firstPort + "-" + lastPort;
    }

    public boolean inPortRange(int port) {
        return port >= firstPort && port <= lastPort;
    }

    /** A free address, or null when there is none. */
    public synchronized String takeAddress(String key) {
        Set<String> taken = takenAddresses(key);
        int size = range.usable();
        int lower = Math.min(Math.max(16, (size + 2) / 16), 256);
        String found = size > lower ? pickAddress(lower + 1, size, taken) : null;
        if (found == null) {
            found = pickAddress(1, Math.min(lower, size), taken);
        }
        if (found != null) {
            pendingAddresses.add(found);
        }
        return found;
    }

    private String pickAddress(int first, int last, Set<String> taken) {
        int size = last - first + 1;
        int start = ThreadLocalRandom.current().nextInt(size);
        for (int i = 0; i < size; i++) {
            String address = range.nth(first + (start + i) % size);
            if (!taken.contains(address) && !withheld.contains(address)) {
                return address;
            }
        }
        return null;
    }

    /** @return false when another service has the address */
    public synchronized boolean takeAddress(String key, String address) {
        return !takenAddresses(key).contains(address) && pendingAddresses.add(address);
    }

    /** A port that no service has, or 0 when there is none. */
    public synchronized int takePort() {
        Set<Integer> taken = takenPorts("");
        int size = lastPort - firstPort + 1;
        int lower = size <= 16 ? 0 : Math.min(Math.max(16, size / 32), 128);
        int start = ThreadLocalRandom.current().nextInt(size - lower);
        for (int i = 0; i < size - lower; i++) {
            int port = firstPort + lower + (start + i) % (size - lower);
            if (!taken.contains(port)) {
                pendingPorts.add(port);
                return port;
            }
        }
        for (int port = firstPort; port < firstPort + lower; port++) {
            if (!taken.contains(port)) {
                pendingPorts.add(port);
                return port;
            }
        }
        return 0;
    }

    /** @return false when another service has the port */
    public synchronized boolean takePort(String key, int port) {
        return !takenPorts(key).contains(port) && pendingPorts.add(port);
    }

    /** Ends the reservation: what was written is now told by the service. */
    public synchronized void settle(Set<String> addresses, Set<Integer> ports) {
        pendingAddresses.removeAll(addresses);
        pendingPorts.removeAll(ports);
    }

    private Set<String> takenAddresses(String exceptKey) {
        Set<String> taken = new TreeSet<>(pendingAddresses);
        refresh().forEach((key, service) -> {
            if (!key.equals(exceptKey)) {
                taken.addAll(service.addresses());
            }
        });
        return taken;
    }

    private Set<Integer> takenPorts(String exceptKey) {
        Set<Integer> taken = new TreeSet<>(pendingPorts);
        refresh().forEach((key, service) -> {
            if (!key.equals(exceptKey)) {
                taken.addAll(service.ports());
            }
        });
        return taken;
    }

    private Map<String, Taken> refresh() {
        Map<String, Taken> now = new HashMap<>();
        for (Entry entry : services.get().snapshot("").entries()) {
            Taken before = known.get(entry.key());
            now.put(entry.key(), before != null && before.entry() == entry ? before : read(entry));
        }
        known = now;
        return now;
    }

    private static Taken read(Entry entry) {
        ObjectNode service = entry.tree();
        Set<String> addresses = new TreeSet<>();
        Set<Integer> ports = new TreeSet<>();
        JsonNode spec = service.path("spec");
        spec.path("clusterIPs").forEach(a -> addresses.add(a.asText()));
        addresses.add(Json.text(spec, "clusterIP"));
        addresses.remove("");
        addresses.remove("None");
        spec.path("ports").forEach(p -> ports.add(p.path("nodePort").asInt()));
        ports.add(spec.path("healthCheckNodePort").asInt());
        ports.remove(0);
        return new Taken(entry, addresses, ports);
    }
}
