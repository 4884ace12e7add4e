package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** discovery.k8s.io: EndpointSlices. */
final class EndpointSliceValidation {

    private static final List<String> TYPES = List.of("FQDN", "IPv4", "IPv6");
    private static final List<String> PROTOCOLS = List.of("SCTP", "TCP", "UDP");
    private static final int MAX_ENDPOINTS = 1000;
    private static final int MAX_ADDRESSES = 100;
    private static final int MAX_PORTS = 20000;
    private static final int MAX_TOPOLOGY_LABELS = 16;
    private static final int MAX_ZONE_HINTS = 8;

    private EndpointSliceValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("endpointslices.discovery.k8s.io", EndpointSliceValidation::check);
    }

    private static void check(ObjectNode o, ObjectNode old, Errors errors) {
        errors.oneOf(o, "", "addressType", TYPES);
        JsonNode endpoints = o.path("endpoints");
        if (endpoints.size() > MAX_ENDPOINTS) {
            errors.tooMany("endpoints", endpoints.size(), MAX_ENDPOINTS);
        } else {
            for (int i = 0; i < endpoints.size(); i++) {
                endpoint(endpoints.path(i), Json.text(o, "addressType"), Errors.at("endpoints", i), errors);
            }
        }
        ports(o.path("ports"), errors);
        if (old != null) {
            errors.immutable(o, old, "addressType");
        }
    }

    private static void endpoint(JsonNode endpoint, String type, String path, Errors errors) {
        String at = Errors.at(path, "addresses");
        JsonNode addresses = endpoint.path("addresses");
        if (addresses.isEmpty()) {
            errors.required(at, "must contain at least 1 address");
        } else if (addresses.size() > MAX_ADDRESSES) {
            errors.tooMany(at, addresses.size(), MAX_ADDRESSES);
        }
        for (int i = 0; i < addresses.size(); i++) {
            address(addresses.path(i).asText(), type, Errors.at(at, i), errors);
        }
        if (endpoint.hasNonNull("nodeName")) {
            errors.invalid(Errors.at(path, "nodeName"), Json.text(endpoint, "nodeName"), Names.dns1123Subdomain(Json.text(endpoint, "nodeName")));
        }
        JsonNode topology = endpoint.path("deprecatedTopology");
        if (topology.size() > MAX_TOPOLOGY_LABELS) {
            errors.tooMany(Errors.at(path, "deprecatedTopology"), topology.size(), MAX_TOPOLOGY_LABELS);
        }
        MetadataValidation.labels(topology, Errors.at(path, "deprecatedTopology"), errors);
        if (endpoint.hasNonNull("hostname")) {
            errors.invalid(Errors.at(path, "hostname"), Json.text(endpoint, "hostname"), Names.dns1123Label(Json.text(endpoint, "hostname")));
        }
        JsonNode zones = Json.at(endpoint, "hints", "forZones");
        String hints = Errors.at(path, "hints.forZones");
        if (zones.size() > MAX_ZONE_HINTS) {
            errors.tooMany(hints, zones.size(), MAX_ZONE_HINTS);
            return;
        }
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < zones.size(); i++) {
            String zone = Json.text(zones.path(i), "name");
            if (!seen.add(zone)) {
                errors.duplicate(Errors.at(Errors.at(hints, i), "name"), zones.path(i).path("name"));
            }
            errors.invalid(Errors.at(Errors.at(hints, i), "name"), zone, Names.labelValue(zone));
        }
    }

    private static void address(String address, String type, String path, Errors errors) {
        switch (type) {
            case "IPv4", "IPv6" -> {
                boolean fits = type.equals("IPv4") ? Addresses.isIpv4(address) : Addresses.isIpv6(address);
                errors.invalid(path, address, fits ? Addresses.endpoint(address) : List.of("must be a valid " + type + " address"));
            }
            case "FQDN" -> domain(address.endsWith(".") ? address.substring(0, address.length() - 1) : address, path, errors);
            default -> { } // told of the type
        }
    }

    private static void domain(String name, String path, Errors errors) {
        if (name.isEmpty()) {
            errors.required(path, "");
            return;
        }
        List<String> problems = Names.dns1123Subdomain(name);
        if (!problems.isEmpty()) {
            errors.invalid(path, name, problems);
        } else if (name.indexOf('.') < 0) {
            errors.invalid(path, name, "should be a domain with at least two segments separated by dots");
        } else {
            for (String label : name.split("\\.")) {
                errors.invalid(path, label, Names.dns1123Label(label));
            }
        }
    }

    private static void ports(JsonNode ports, Errors errors) {
        if (ports.size() > MAX_PORTS) {
            errors.tooMany("ports", ports.size(), MAX_PORTS);
            return;
        }
        Set<String> names = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            JsonNode port = ports.path(i);
            String at = Errors.at("ports", i);
            String name = Json.text(port, "name");
            if (!name.isEmpty()) {
                errors.invalid(Errors.at(at, "name"), name, Names.dns1123Label(name));
            }
            if (!names.add(name)) {
                errors.duplicate(Errors.at(at, "name"), port.path("name"));
            }
            errors.oneOf(port, at, "protocol", PROTOCOLS);
            if (port.hasNonNull("appProtocol")) {
                errors.invalid(Errors.at(at, "appProtocol"), Json.text(port, "appProtocol"), Names.qualifiedName(Json.text(port, "appProtocol")));
            }
        }
    }
}
