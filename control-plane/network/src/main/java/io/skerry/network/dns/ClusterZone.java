package io.skerry.network.dns;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.skerry.controllers.runtime.Informers;
import io.skerry.network.Cidr;
import io.skerry.network.NetworkConfig;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The cluster's names: services, headless services' endpoints, pods, and the way back from addresses. It answers as the
 * Kubernetes DNS specification 1.1.0 says, and where that is silent as CoreDNS' kubernetes plugin does ("pods insecure").
 */
final class ClusterZone {

    private static final int TTL = 5;
    private static final String SERVICE_NAME = "kubernetes.io/service-name";

    private final Informers informers;
    private final NetworkConfig config;
    private final String zone;
    private final ReverseNames reverse;

    ClusterZone(Informers informers, NetworkConfig config) {
        this.informers = informers;
        this.config = config;
        this.zone = config.clusterDomain().toLowerCase();
        this.reverse = new ReverseNames(informers, zone);
    }

    /** Starts to follow the cluster; returns when its present state is known. */
    void start() {
        informers.start(List.of(Namespace.class, Service.class, EndpointSlice.class));
        reverse.start();
    }

    /** @return empty when the name is not the cluster's */
    Optional<DnsResponse> answer(DnsQuery query) {
        String name = query.name();
        if (name.equals(zone)) {
            return Optional.of(switch (query.type()) {
                case DnsType.SOA -> found(List.of(soa()));
                case DnsType.NS -> new DnsResponse(DnsType.NOERROR, true, List.of(new DnsRecord.Pointer(zone, TTL, DnsType.NS, server())), List.of(), List.of(serverAddress()));
                default -> noData();
            });
        }
        if (name.endsWith("." + zone)) {
            return Optional.of(inZone(query, name.substring(0, name.length() - zone.length() - 1).split("\\.", -1)));
        }
        if (name.endsWith(".in-addr.arpa")) {
            return addressOf(name).flatMap(address -> pointers(query, address));
        }
        return Optional.empty();
    }

    private Optional<DnsResponse> pointers(DnsQuery query, String address) {
        List<String> names = reverse.of(address);
        if (!names.isEmpty()) {
            return Optional.of(query.type() != DnsType.PTR ? noData()
                : found(names.stream().<DnsRecord>map(name -> new DnsRecord.Pointer(query.name(), TTL, DnsType.PTR, name)).toList()));
        }
        // Nobody outside knows the cluster's addresses; don't make clients wait for a link that may be down.
        return config.clusterCidr().contains(address) || config.serviceCidr().contains(address) ? Optional.of(noName()) : Optional.empty();
    }

    private static Optional<String> addressOf(String name) {
        String[] part = name.split("\\.");
        String address = part.length == 6 ? part[3] + "." + part[2] + "." + part[1] + "." + part[0] : "";
        return Cidr.isAddress(address) ? Optional.of(address) : Optional.empty();
    }

    /** @param labels before the zone's */
    private DnsResponse inZone(DnsQuery query, String[] labels) {
        int last = labels.length - 1;
        if (query.name().equals(server())) {
            return query.type() == DnsType.A ? found(List.of(serverAddress())) : noData();
        }
        if (last == 0 && labels[0].equals("dns-version")) {
            return query.type() == DnsType.TXT ? found(List.of(new DnsRecord.Txt(query.name(), TTL, "1.1.0"))) : noData();
        }
        boolean service = labels[last].equals("svc");
        if (!service && !labels[last].equals("pod")) {
            return noName();
        }
        if (last == 0) {
            return noData();
        }
        String namespace = labels[last - 1];
        if (last == 1) {
            return namespaceExists(namespace) ? noData() : noName();
        }
        if (!service) {
            return last == 2 ? pod(query, labels[0], namespace) : noName();
        }
        Service found = informers.get(Service.class, namespace, labels[last - 2]);
        if (found == null) {
            return noName();
        }
        return switch (last) {
            case 2 -> service(query, found);
            case 3 -> labels[0].startsWith("_") ? noData() : endpoint(query, found, labels[0]);
            case 4 -> labels[0].startsWith("_") && labels[1].startsWith("_") ? ports(query, found, labels[0].substring(1), labels[1].substring(1)) : noName();
            default -> noName();
        };
    }

    private boolean namespaceExists(String namespace) {
        return informers.get(Namespace.class, "", namespace) != null;
    }

    private DnsResponse pod(DnsQuery query, String dashed, String namespace) {
        String address = dashed.replace('-', '.');
        if (!Cidr.isAddress(address) || !namespaceExists(namespace)) {
            return noName();
        }
        return query.type() == DnsType.A ? found(List.of(new DnsRecord.Address(query.name(), TTL, bytes(address)))) : noData();
    }

    private DnsResponse service(DnsQuery query, Service service) {
        if ("ExternalName".equals(service.getSpec().getType())) {
            String target = service.getSpec().getExternalName();
            String plain = target.endsWith(".") ? target.substring(0, target.length() - 1) : target;
            return found(List.of(new DnsRecord.Pointer(query.name(), TTL, DnsType.CNAME, plain)));
        }
        if (query.type() == DnsType.SRV) {
            return ports(query, service, null, null);
        }
        Collection<String> addresses = headless(service) ? readyAddresses(service, null) : clusterIps(service);
        if (headless(service) && addresses.isEmpty()) {
            return noName(); // so the specification, 2.4.1
        }
        var records = new ArrayList<DnsRecord>();
        addresses.forEach(address -> addAddress(records, query, query.name(), address));
        return found(records);
    }

    /** {@code host.service.namespace.svc}: an endpoint by its hostname, or by its address with dashes. */
    private DnsResponse endpoint(DnsQuery query, Service service, String host) {
        if (!headless(service)) {
            return noName();
        }
        Set<String> addresses = readyAddresses(service, host);
        if (addresses.isEmpty()) {
            return noName();
        }
        var records = new ArrayList<DnsRecord>();
        addresses.forEach(address -> addAddress(records, query, query.name(), address));
        return found(records);
    }

    /** SRV records of the ports that match; null matches all. */
    private DnsResponse ports(DnsQuery query, Service service, String port, String protocol) {
        var records = new ArrayList<DnsRecord>();
        var additional = new ArrayList<DnsRecord>();
        String name = service.getMetadata().getName() + "." + service.getMetadata().getNamespace() + ".svc." + zone;
        if (headless(service)) {
            for (EndpointSlice slice : slices(service)) {
                for (EndpointPort one : slice.getPorts()) {
                    if (matches(one.getName(), one.getProtocol(), port, protocol) && one.getPort() != null) {
                        for (Endpoint endpoint : slice.getEndpoints()) {
                            if (ready(endpoint) && !endpoint.getAddresses().isEmpty()) {
                                String target = host(endpoint) + "." + name;
                                records.add(new DnsRecord.Srv(query.name(), TTL, 0, 100, one.getPort(), target));
                                additional.add(new DnsRecord.Address(target, TTL, bytes(endpoint.getAddresses().getFirst())));
                            }
                        }
                    }
                }
            }
        } else {
            for (ServicePort one : service.getSpec().getPorts()) {
                if (matches(one.getName(), one.getProtocol(), port, protocol)) {
                    records.add(new DnsRecord.Srv(query.name(), TTL, 0, 100, one.getPort(), name));
                }
            }
            clusterIps(service).forEach(ip -> additional.add(new DnsRecord.Address(name, TTL, bytes(ip))));
        }
        if (records.isEmpty()) {
            return noName();
        }
        return query.type() == DnsType.SRV ? new DnsResponse(DnsType.NOERROR, true, shuffled(records), List.of(), additional) : noData();
    }

    private static boolean matches(String name, String protocol, String wantedName, String wantedProtocol) {
        return wantedName == null
            || name != null && name.equalsIgnoreCase(wantedName) && (protocol == null ? "TCP" : protocol).equalsIgnoreCase(wantedProtocol);
    }

    private Set<String> readyAddresses(Service service, String host) {
        var addresses = new LinkedHashSet<String>();
        for (EndpointSlice slice : slices(service)) {
            if (!"FQDN".equals(slice.getAddressType())) {
                for (Endpoint endpoint : slice.getEndpoints()) {
                    if (ready(endpoint) && (host == null || !endpoint.getAddresses().isEmpty() && host.equals(host(endpoint)))) {
                        addresses.addAll(endpoint.getAddresses());
                    }
                }
            }
        }
        return addresses;
    }

    private List<EndpointSlice> slices(Service service) {
        String name = service.getMetadata().getName();
        return informers.inNamespace(EndpointSlice.class, service.getMetadata().getNamespace()).stream()
            .filter(slice -> slice.getMetadata().getLabels() != null && name.equals(slice.getMetadata().getLabels().get(SERVICE_NAME))).toList();
    }

    private static boolean ready(Endpoint endpoint) {
        return endpoint.getConditions() == null || !Boolean.FALSE.equals(endpoint.getConditions().getReady());
    }

    static String host(Endpoint endpoint) {
        String hostname = endpoint.getHostname();
        return hostname != null && !hostname.isEmpty() ? hostname : endpoint.getAddresses().getFirst().replace('.', '-').replace(':', '-');
    }

    private static boolean headless(Service service) {
        return "None".equals(service.getSpec().getClusterIP());
    }

    static List<String> clusterIps(Service service) {
        var spec = service.getSpec();
        if (spec.getClusterIPs() != null && !spec.getClusterIPs().isEmpty()) {
            return spec.getClusterIPs().stream().filter(ip -> !ip.equals("None")).toList();
        }
        return spec.getClusterIP() == null || spec.getClusterIP().isEmpty() || spec.getClusterIP().equals("None") ? List.of() : List.of(spec.getClusterIP());
    }

    private static void addAddress(List<DnsRecord> records, DnsQuery query, String name, String address) {
        var record = new DnsRecord.Address(name, TTL, bytes(address));
        if (record.type() == query.type()) {
            records.add(record);
        }
    }

    private static byte[] bytes(String address) {
        try {
            return InetAddress.getByName(address).getAddress(); // the API server has checked that it is an address: no lookup
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    /** No records: the name exists, but not with this type. */
    private DnsResponse found(List<DnsRecord> records) {
        return records.isEmpty() ? noData() : new DnsResponse(DnsType.NOERROR, true, shuffled(records), List.of(), List.of());
    }

    /** Clients take the first address. */
    private static List<DnsRecord> shuffled(List<DnsRecord> records) {
        if (records.size() < 2) {
            return records;
        }
        var copy = new ArrayList<>(records);
        Collections.shuffle(copy, ThreadLocalRandom.current());
        return copy;
    }

    private DnsResponse noData() {
        return new DnsResponse(DnsType.NOERROR, true, List.of(), List.of(soa()), List.of());
    }

    private DnsResponse noName() {
        return new DnsResponse(DnsType.NXDOMAIN, true, List.of(), List.of(soa()), List.of());
    }

    private DnsRecord soa() {
        return new DnsRecord.Soa(zone, TTL, server(), "hostmaster." + zone, System.currentTimeMillis() / 1000, 7200, 1800, 86400, TTL);
    }

    private String server() {
        return "ns.dns." + zone;
    }

    private DnsRecord serverAddress() {
        return new DnsRecord.Address(server(), TTL, bytes(config.dnsIp()));
    }
}
