package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** networking.k8s.io: ingresses, network policies, and what services' addresses are taken from. */
final class NetworkValidation {

    private static final Set<String> PATH_TYPES = Set.of("Exact", "Prefix", "ImplementationSpecific");

    private static final String CLASS_ANNOTATION = "kubernetes.io/ingress.class";
    /** Characters of an IngressClass's controller. */
    private static final int MAX_CONTROLLER = 250;

    private NetworkValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("ingresses.networking.k8s.io", NetworkValidation::ingress);
        checks.put("ingressclasses.networking.k8s.io", (o, old, errors) -> {
            String controller = Json.text(o, "spec", "controller");
            if (controller.length() > MAX_CONTROLLER) {
                errors.tooLong("spec.controller", MAX_CONTROLLER);
            }
            Names.domainPrefixedPath(controller, "spec.controller", errors);
            parameters(Json.at(o, "spec", "parameters"), errors);
            if (old != null) {
                errors.immutable(o, old, "spec", "controller");
            }
        });
        checks.put("networkpolicies.networking.k8s.io", NetworkValidation::policy);
        checks.put("ipaddresses.networking.k8s.io", (o, old, errors) -> {
            parent(Json.at(o, "spec", "parentRef"), errors);
            if (old != null) {
                errors.immutable(o, old, "spec", "parentRef");
            }
        });
        checks.put("servicecidrs.networking.k8s.io", (o, old, errors) -> {
            serviceRange(o.path("spec"), errors);
            if (old != null) {
                errors.immutable(o, old, "spec", "cidrs");
            }
        });
    }

    private static void parameters(JsonNode parameters, Errors errors) {
        if (!parameters.isObject()) {
            return;
        }
        String path = "spec.parameters";
        reference(parameters, path, errors);
        errors.oneOf(parameters, path, "scope", List.of("Cluster", "Namespace"));
        boolean namespaced = Json.text(parameters, "scope").equals("Namespace");
        if (namespaced && Json.text(parameters, "namespace").isEmpty()) {
            errors.required(Errors.at(path, "namespace"), "`parameters.scope` is set to 'Namespace'");
        } else if (!namespaced && parameters.hasNonNull("namespace")) {
            errors.forbidden(Errors.at(path, "namespace"), "`parameters.scope` is set to 'Cluster'");
        } else if (namespaced) {
            errors.invalid(Errors.at(path, "namespace"), Json.text(parameters, "namespace"), Names.dns1123Label(Json.text(parameters, "namespace")));
        }
    }

    /** To an object of any kind. */
    private static void reference(JsonNode reference, String path, Errors errors) {
        if (reference.hasNonNull("apiGroup")) {
            errors.invalid(Errors.at(path, "apiGroup"), Json.text(reference, "apiGroup"), Names.dns1123Subdomain(Json.text(reference, "apiGroup")));
        }
        for (String field : List.of("kind", "name")) {
            errors.requiredText(reference, path, field);
            errors.invalid(Errors.at(path, field), Json.text(reference, field), Names.pathSegment(Json.text(reference, field)));
        }
    }

    private static void parent(JsonNode parent, Errors errors) {
        String path = "spec.parentRef";
        if (!parent.isObject()) {
            errors.required(path, "");
            return;
        }
        String group = Json.text(parent, "group"); // Services' own is the empty one
        if (!group.isEmpty()) {
            errors.invalid(Errors.at(path, "group"), group, Names.dns1123Subdomain(group));
        }
        errors.requiredText(parent, path, "resource");
        errors.requiredText(parent, path, "name");
        for (String field : List.of("resource", "name", "namespace")) {
            errors.invalid(Errors.at(path, field), Json.text(parent, field), Names.pathSegment(Json.text(parent, field)));
        }
    }

    private static void serviceRange(JsonNode spec, Errors errors) {
        JsonNode cidrs = spec.path("cidrs");
        if (cidrs.isEmpty()) {
            errors.required("spec.cidrs", "at least one CIDR required");
        } else if (cidrs.size() > 2) {
            errors.invalid("spec.cidrs", spec, "may only hold up to 2 values");
        } else if (cidrs.size() == 2 && cidrs.get(0).asText().contains(":") == cidrs.get(1).asText().contains(":")) {
            errors.invalid("spec.cidrs", spec, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
        } else {
            for (int i = 0; i < cidrs.size(); i++) {
                errors.invalid(Errors.at("spec.cidrs", i), cidrs.get(i).asText(), Addresses.cidr(cidrs.get(i).asText()));
            }
        }
    }

    private static void ingress(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        JsonNode rules = spec.path("rules");
        if (rules.isEmpty() && !spec.path("defaultBackend").isObject()) {
            errors.invalid("spec", spec, "either `defaultBackend` or `rules` must be specified");
        }
        if (spec.path("defaultBackend").isObject()) {
            backend(spec.path("defaultBackend"), "spec.defaultBackend", errors);
        }
        String className = Json.text(spec, "ingressClassName");
        String annotated = Json.text(o, "metadata", "annotations", CLASS_ANNOTATION);
        if (old == null && !className.isEmpty() && !annotated.isEmpty()) {
            errors.invalid("metadata.annotations", annotated, "can not be set when the class field is also set");
        }
        if (!className.isEmpty()) {
            errors.invalid("spec.ingressClassName", className, Names.dns1123Subdomain(className));
        }
        for (int i = 0; i < rules.size(); i++) {
            String at = Errors.at("spec.rules", i);
            host(Json.text(rules.path(i), "host"), Errors.at(at, "host"), errors);
            if (rules.path(i).path("http").isObject()) {
                paths(Json.at(rules.path(i), "http", "paths"), Errors.at(at, "http.paths"), errors);
            }
        }
        for (int i = 0; i < spec.path("tls").size(); i++) {
            String secret = Json.text(spec.path("tls").path(i), "secretName");
            if (!secret.isEmpty()) {
                errors.invalid(Errors.at(Errors.at("spec.tls", i), "secretName"), secret, Names.dns1123Subdomain(secret));
            }
            JsonNode hosts = spec.path("tls").path(i).path("hosts");
            for (int j = 0; j < hosts.size(); j++) {
                host(hosts.path(j).asText(), Errors.at(Errors.at(Errors.at("spec.tls", i), "hosts"), j), errors);
            }
        }
    }

    private static void host(String host, String path, Errors errors) {
        if (host.isEmpty()) {
            return;
        }
        if (Addresses.isIp(host)) {
            errors.invalid(path, host, "must be a DNS name, not an IP address");
        } else {
            errors.invalid(path, host, host.contains("*") ? Names.wildcardDns1123Subdomain(host) : Names.dns1123Subdomain(host));
        }
    }

    private static void paths(JsonNode paths, String path, Errors errors) {
        if (paths.isEmpty()) {
            errors.required(path, "");
        }
        for (int i = 0; i < paths.size(); i++) {
            String at = Errors.at(path, i);
            String value = Json.text(paths.path(i), "path");
            String type = Json.text(paths.path(i), "pathType");
            if (type.isEmpty()) {
                errors.required(Errors.at(at, "pathType"), "pathType must be specified");
                continue;
            }
            if (!PATH_TYPES.contains(type)) {
                errors.notSupported(Errors.at(at, "pathType"), type, PATH_TYPES);
            } else {
                path(value, type.equals("ImplementationSpecific"), Errors.at(at, "path"), errors);
            }
            backend(paths.path(i).path("backend"), Errors.at(at, "backend"), errors);
        }
    }

    private static void path(String value, boolean free, String path, Errors errors) {
        if (!value.startsWith("/") && !(free && value.isEmpty())) {
            errors.invalid(path, value, "must be an absolute path");
        }
        if (free) {
            return;
        }
        for (String odd : List.of("//", "/./", "/../", "%2f", "%2F")) {
            if (value.contains(odd)) {
                errors.invalid(path, value, "must not contain '" + odd + "'");
            }
        }
        for (String odd : List.of("/..", "/.")) {
            if (value.endsWith(odd)) {
                errors.invalid(path, value, "cannot end with '" + odd + "'");
            }
        }
    }

    private static void backend(JsonNode backend, String path, Errors errors) {
        JsonNode service = backend.path("service");
        boolean resource = backend.path("resource").isObject();
        if (resource && service.isObject()) {
            errors.invalid(path, "", "cannot set both resource and service backends");
        } else if (!resource && !service.isObject()) {
            errors.invalid(path, "", "resource or service backend is required");
        } else if (resource) {
            reference(backend.path("resource"), Errors.at(path, "resource"), errors);
        } else {
            String at = Errors.at(path, "service");
            String name = Json.text(service, "name");
            if (name.isEmpty()) {
                errors.required(Errors.at(at, "name"), "");
            } else {
                errors.invalid(Errors.at(at, "name"), name, Names.dns1035Label(name));
            }
            String portName = Json.text(service, "port", "name");
            long number = Json.at(service, "port", "number").asLong();
            if (!portName.isEmpty() && number != 0) {
                errors.invalid(path, "", "cannot set both port name & port number");
            } else if (!portName.isEmpty()) {
                errors.invalid(Errors.at(at, "port.name"), portName, Names.portName(portName));
            } else if (number != 0) {
                Names.portNumber(number).forEach(e -> errors.invalid(Errors.at(at, "port.number"), Json.at(service, "port", "number"), e));
            } else {
                errors.required(path, "port name or number is required");
            }
        }
    }

    private static void policy(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        SelectorValidation.check(spec.path("podSelector"), "spec.podSelector", errors);
        for (String direction : List.of("ingress", "egress")) {
            for (int i = 0; i < spec.path(direction).size(); i++) {
                JsonNode rule = spec.path(direction).path(i);
                String at = Errors.at(Errors.at("spec", direction), i);
                ports(rule.path("ports"), Errors.at(at, "ports"), errors);
                String peers = direction.equals("ingress") ? "from" : "to";
                for (int j = 0; j < rule.path(peers).size(); j++) {
                    peer(rule.path(peers).path(j), Errors.at(Errors.at(at, peers), j), errors);
                }
            }
        }
        if (spec.path("policyTypes").size() > 2) {
            errors.invalid("spec.policyTypes", spec.path("policyTypes"), "may not specify more than two policyTypes");
            return;
        }
        for (int i = 0; i < spec.path("policyTypes").size(); i++) {
            String type = spec.path("policyTypes").path(i).asText();
            if (!Set.of("Ingress", "Egress").contains(type)) {
                errors.notSupported(Errors.at("spec.policyTypes", i), type, List.of("Ingress", "Egress"));
            }
        }
    }

    private static void ports(JsonNode ports, String path, Errors errors) {
        for (int i = 0; i < ports.size(); i++) {
            JsonNode port = ports.path(i);
            String at = Errors.at(path, i);
            errors.optionalOneOf(port, at, "protocol", Set.of("TCP", "UDP", "SCTP"));
            if (port.hasNonNull("port")) {
                ContainerValidation.port(port.path("port"), Errors.at(at, "port"), errors);
            }
            JsonNode end = port.path("endPort");
            if (end.isNumber()) {
                if (port.path("port").isTextual()) {
                    errors.invalid(Errors.at(at, "endPort"), end, "may not be specified when `port` is non-numeric");
                } else if (!port.hasNonNull("port")) {
                    errors.invalid(Errors.at(at, "endPort"), end, "may not be specified when `port` is not specified");
                } else if (end.asLong() < port.path("port").asLong()) {
                    errors.invalid(Errors.at(at, "endPort"), end, "must be greater than or equal to `port`");
                }
            }
        }
    }

    private static void peer(JsonNode peer, String path, Errors errors) {
        boolean selects = peer.path("podSelector").isObject() || peer.path("namespaceSelector").isObject();
        SelectorValidation.check(peer.path("podSelector"), Errors.at(path, "podSelector"), errors);
        SelectorValidation.check(peer.path("namespaceSelector"), Errors.at(path, "namespaceSelector"), errors);
        JsonNode block = peer.path("ipBlock");
        if (block.isObject()) {
            String cidr = Json.text(block, "cidr");
            if (cidr.isEmpty()) {
                errors.required(Errors.at(path, "ipBlock.cidr"), "");
            } else {
                errors.invalid(Errors.at(path, "ipBlock.cidr"), cidr, Addresses.cidr(cidr));
            }
            for (int i = 0; i < block.path("except").size(); i++) {
                String except = block.path("except").path(i).asText();
                String at = Errors.at(Errors.at(path, "ipBlock.except"), i);
                errors.invalid(at, except, Addresses.cidr(except));
                if (Addresses.cidr(except).isEmpty() && Addresses.cidr(cidr).isEmpty() && !Addresses.isStrictSubset(except, cidr)) {
                    errors.invalid(at, except, "must be a strict subset of `cidr`");
                }
            }
            if (selects) {
                errors.forbidden(path, "may not specify both ipBlock and another peer");
            }
        } else if (!selects) {
            errors.required(path, "must specify a peer");
        }
    }
}
