package io.skerry.controllers.network;

import io.fabric8.kubernetes.api.model.EndpointAddress;
import io.fabric8.kubernetes.api.model.EndpointSubset;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The subsets of Endpoints in the one form that says the same with every address in but one subset for a set of ports, as upstream's
 * {@code RepackSubsets} makes it: several subsets may name one address with other ports, or the same ports with other addresses.
 */
final class RepackedSubsets {
    /** @param ready false if any subset that names the address with these ports says that it is not ready */
    record Address(EndpointAddress address, boolean ready) {}

    /** @param uid of the object that is said to have the address, else "": addresses of a host network are shared */
    private record Host(String ip, String uid) implements Comparable<Host> {
        static Host of(EndpointAddress a) {
            return new Host(a.getIp(), a.getTargetRef() == null ? "" : Objects.requireNonNullElse(a.getTargetRef().getUid(), ""));
        }

        @Override public int compareTo(Host o) {
            int byIp = ip.compareTo(o.ip);
            return byIp != 0 ? byIp : uid.compareTo(o.uid);
        }
    }

    private static final Comparator<EndpointPort> BY_NAME = Comparator.comparing(EndpointPort::getName)
        .thenComparing(EndpointPort::getPort).thenComparing(EndpointPort::getProtocol);

    private RepackedSubsets() {}

    /** Sets of ports, sorted, and who offers all of these and no others: the ready addresses first, each part sorted. */
    static Map<List<EndpointPort>, List<Address>> of(List<EndpointSubset> subsets) {
        Map<Host, EndpointAddress> addresses = new LinkedHashMap<>();
        Map<EndpointPort, SortedMap<Host, Boolean>> byPort = new LinkedHashMap<>(); // by null: those that name no port
        for (EndpointSubset subset : subsets) {
            List<EndpointPort> ports = new ArrayList<>();
            subset.getPorts().forEach(p -> ports.add(port(p)));
            if (ports.isEmpty()) ports.add(null);
            for (EndpointPort port : ports) {
                SortedMap<Host, Boolean> ready = byPort.computeIfAbsent(port, k -> new TreeMap<>());
                for (EndpointAddress a : subset.getAddresses()) {
                    addresses.putIfAbsent(Host.of(a), a);
                    ready.putIfAbsent(Host.of(a), true);
                }
                for (EndpointAddress a : subset.getNotReadyAddresses()) {
                    addresses.putIfAbsent(Host.of(a), a);
                    ready.put(Host.of(a), false);
                }
            }
        }
        Map<Map<Host, Boolean>, List<EndpointPort>> portsOf = new LinkedHashMap<>();
        byPort.forEach((port, hosts) -> {
            List<EndpointPort> ports = portsOf.computeIfAbsent(hosts, k -> new ArrayList<>());
            if (port != null) ports.add(port);
        });
        Map<List<EndpointPort>, List<Address>> repacked = new LinkedHashMap<>();
        portsOf.forEach((hosts, ports) -> {
            ports.sort(BY_NAME);
            List<Address> sorted = new ArrayList<>();
            for (boolean ready : new boolean[] {true, false}) {
                hosts.forEach((host, is) -> { if (is == ready) sorted.add(new Address(addresses.get(host), ready)); });
            }
            repacked.put(ports, sorted);
        });
        return repacked;
    }

    private static EndpointPort port(io.fabric8.kubernetes.api.model.EndpointPort p) {
        return new EndpointPortBuilder().withName(Objects.requireNonNullElse(p.getName(), "")).withPort(p.getPort())
            .withProtocol(Objects.requireNonNullElse(p.getProtocol(), "TCP")).withAppProtocol(p.getAppProtocol()).build();
    }
}
