package io.skerry.machinery.print;

import static io.skerry.machinery.print.Table.age;
import static io.skerry.machinery.print.Table.name;
import static io.skerry.machinery.print.Table.or;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Services and what carries traffic to them. */
final class NetworkTables {

    private NetworkTables() {}

    static void declare(Map<String, Table> tables) {
        tables.put("services", Table.of("Name|Type|Cluster-IP|External-IP|Port(s)|Age|*Selector", NetworkTables::service));
        tables.put("endpoints", Table.of("Name|Endpoints|Age", (o, now) -> new Object[] {name(o), Formats.few(endpoints(o), ",", "<none>"), age(o, now)}));
        tables.put("endpointslices.discovery.k8s.io", Table.of("Name|AddressType|Ports|Endpoints|Age", (o, now) -> new Object[] {
            name(o), Json.text(o, "addressType"), slicePorts(o), sliceEndpoints(o), age(o, now)}));
        tables.put("ingresses.networking.k8s.io", Table.of("Name|Class|Hosts|Address|Ports|Age", (o, now) -> new Object[] {name(o),
            or(Json.text(o, "spec", "ingressClassName"), or(Json.text(o, "metadata", "annotations", "kubernetes.io/ingress.class"), "<none>")),
            hosts(o), String.join(",", addresses(o)), Json.at(o, "spec", "tls").isEmpty() ? "80" : "80, 443", age(o, now)}));
        tables.put("ingressclasses.networking.k8s.io", Table.of("Name|Controller|Parameters|Age", (o, now) -> new Object[] {
            name(o), Json.text(o, "spec", "controller"), parameters(Json.at(o, "spec", "parameters")), age(o, now)}));
        tables.put("networkpolicies.networking.k8s.io", Table.of("Name|Pod-Selector|Age", (o, now) -> new Object[] {
            name(o), Formats.labelSelector(Json.at(o, "spec", "podSelector")), age(o, now)}));
        tables.put("servicecidrs.networking.k8s.io", Table.of("Name|CIDRs|Age", (o, now) -> new Object[] {
            name(o), Formats.joined(Json.at(o, "spec", "cidrs"), ","), age(o, now)}));
        tables.put("ipaddresses.networking.k8s.io", Table.of("Name|ParentRef|Age", (o, now) -> new Object[] {name(o), parent(Json.at(o, "spec", "parentRef")), age(o, now)}));
    }

    private static Object[] service(JsonNode o, Instant now) {
        String type = Json.text(o, "spec", "type");
        String clusterIp = or(Json.text(Json.at(o, "spec", "clusterIPs").path(0)), or(Json.text(o, "spec", "clusterIP"), "<none>"));
        return new Object[] {name(o), type, clusterIp, externalIp(o, type), ports(o), age(o, now), Formats.labels(Json.at(o, "spec", "selector"))};
    }

    private static String externalIp(JsonNode o, String type) {
        List<String> ips = new ArrayList<>();
        if (type.equals("ExternalName")) {
            return Json.text(o, "spec", "externalName");
        }
        if (type.equals("LoadBalancer")) {
            ips.addAll(addresses(o));
        }
        Json.at(o, "spec", "externalIPs").forEach(ip -> ips.add(ip.asText()));
        return ips.isEmpty() ? type.equals("LoadBalancer") ? "<pending>" : "<none>" : String.join(",", ips);
    }

    /** Of the load balancer, by IP or host name. */
    private static List<String> addresses(JsonNode o) {
        List<String> addresses = new ArrayList<>();
        for (JsonNode ingress : Json.at(o, "status", "loadBalancer", "ingress")) {
            String address = or(Json.text(ingress, "ip"), Json.text(ingress, "hostname"));
            if (!address.isEmpty() && !addresses.contains(address)) {
                addresses.add(address);
            }
        }
        return addresses;
    }

    private static String ports(JsonNode service) {
        List<String> ports = new ArrayList<>();
        for (JsonNode port : Json.at(service, "spec", "ports")) {
            int nodePort = port.path("nodePort").asInt();
            ports.add(Json.text(port, "port") + (nodePort > 0 ? ":" + nodePort : "") + "/" + or(Json.text(port, "protocol"), "TCP"));
        }
        return ports.isEmpty() ? "<none>" : String.join(",", ports);
    }

    private static List<String> endpoints(JsonNode o) {
        List<String> all = new ArrayList<>();
        for (JsonNode subset : o.path("subsets")) {
            if (subset.path("ports").isEmpty()) {
                subset.path("addresses").forEach(a -> all.add(Json.text(a, "ip")));
            }
            for (JsonNode port : subset.path("ports")) {
                subset.path("addresses").forEach(a -> all.add(Formats.hostPort(Json.text(a, "ip"), Json.text(port, "port"))));
            }
        }
        return all;
    }

    private static String slicePorts(JsonNode slice) {
        List<String> ports = new ArrayList<>();
        slice.path("ports").forEach(p -> ports.add(or(Json.text(p, "port"), "*")));
        return Formats.few(ports, ",", "<unset>");
    }

    private static String sliceEndpoints(JsonNode slice) {
        List<String> addresses = new ArrayList<>();
        slice.path("endpoints").forEach(e -> e.path("addresses").forEach(a -> addresses.add(a.asText())));
        return Formats.few(addresses, ",", "<unset>");
    }

    private static String hosts(JsonNode ingress) {
        List<String> hosts = new ArrayList<>();
        for (JsonNode rule : Json.at(ingress, "spec", "rules")) {
            String host = Json.text(rule, "host");
            if (!host.isEmpty()) {
                hosts.add(host);
            }
        }
        return Formats.few(hosts, ",", "*");
    }

    private static String parameters(JsonNode parameters) {
        if (!parameters.isObject()) {
            return "<none>";
        }
        String group = Json.text(parameters, "apiGroup");
        return Json.text(parameters, "kind") + (group.isEmpty() ? "" : "." + group) + "/" + Json.text(parameters, "name");
    }

    private static String parent(JsonNode ref) {
        StringBuilder s = new StringBuilder(Json.text(ref, "resource"));
        for (String field : List.of("group", "namespace", "name")) {
            String text = Json.text(ref, field);
            if (!text.isEmpty()) {
                s.append(field.equals("group") ? '.' : '/').append(text);
            }
        }
        return s.toString();
    }
}
