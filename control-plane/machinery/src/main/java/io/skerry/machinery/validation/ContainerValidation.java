package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/** The containers of a pod spec. */
final class ContainerValidation {

    private static final Set<String> PROTOCOLS = Set.of("TCP", "UDP", "SCTP");
    private static final Set<String> PULL_POLICIES = Set.of("Always", "IfNotPresent", "Never");
    private static final Set<String> MESSAGE_POLICIES = Set.of("File", "FallbackToLogsOnError");
    private static final Set<String> POD_FIELDS = Set.of("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName",
            "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs");
    /** What the API knows as a pod's field, more than may be asked for here. */
    private static final Set<String> CONVERTIBLE_FIELDS = Set.of("metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
            "spec.restartPolicy", "spec.serviceAccountName", "spec.schedulerName", "status.phase", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs", "spec.host");
    private static final Set<String> RESOURCE_FIELDS = Set.of("limits.cpu", "limits.memory", "limits.ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage");
    private static final List<String> DIVISORS = List.of("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei");
    private static final List<String> ENV_SOURCES = List.of("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef");

    private ContainerValidation() {}

    /** Each container of whichever list, with its path. */
    static void visit(JsonNode spec, String path, BiConsumer<JsonNode, String> visitor) {
        for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
            for (int i = 0; i < spec.path(list).size(); i++) {
                visitor.accept(spec.path(list).path(i), Errors.at(Errors.at(path, list), i));
            }
        }
    }

    static void all(JsonNode spec, String path, Map<String, JsonNode> volumes, Errors errors) {
        Set<String> names = new HashSet<>();
        boolean hostNetwork = spec.path("hostNetwork").asBoolean();
        boolean hostUsers = spec.path("hostUsers").asBoolean(true);
        JsonNode grace = spec.path("terminationGracePeriodSeconds");
        JsonNode containers = spec.path("containers");
        if (containers.isEmpty()) {
            errors.required(Errors.at(path, "containers"), "");
        }
        Set<String> hostPorts = new HashSet<>();
        for (int i = 0; i < containers.size(); i++) {
            String at = Errors.at(Errors.at(path, "containers"), i);
            one(containers.path(i), at, names, volumes, hostUsers, errors);
            hostPorts(containers.path(i), at, hostPorts, hostNetwork, errors);
            probes(containers.path(i), at, grace, errors);
            if (Json.text(spec, "restartPolicy").equals("Never")) {
                ResizeValidation.neverRestarts(containers.path(i), Errors.at(at, "resizePolicy"), errors);
            }
            if (!Json.text(containers.path(i), "restartPolicy").isEmpty()) {
                errors.forbidden(Errors.at(at, "restartPolicy"), "may not be set for non-init containers");
            }
        }
        JsonNode inits = spec.path("initContainers");
        for (int i = 0; i < inits.size(); i++) {
            String at = Errors.at(Errors.at(path, "initContainers"), i);
            one(inits.path(i), at, names, volumes, hostUsers, errors);
            hostPorts(inits.path(i), at, new HashSet<>(), false, errors); // they run one by one
            init(inits.path(i), at, grace, errors);
        }
        Set<String> others = Set.copyOf(names);
        JsonNode ephemeral = spec.path("ephemeralContainers");
        for (int i = 0; i < ephemeral.size(); i++) {
            String at = Errors.at(Errors.at(path, "ephemeralContainers"), i);
            one(ephemeral.path(i), at, names, volumes, hostUsers, errors);
            EphemeralContainerValidation.one(ephemeral.path(i), at, others, errors);
        }
    }

    private static void init(JsonNode container, String path, JsonNode grace, Errors errors) {
        String policy = Json.text(container, "restartPolicy");
        if (policy.equals("Always")) {
            probes(container, path, grace, errors);
            return;
        }
        if (!policy.isEmpty()) {
            errors.notSupported(Errors.at(path, "restartPolicy"), policy, List.of("Always"));
        }
        for (String field : List.of("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")) {
            if (container.path(field).isObject()) {
                errors.forbidden(Errors.at(path, field), "may not be set for init containers without restartPolicy=Always");
            }
        }
    }

    private static void one(JsonNode container, String path, Set<String> names, Map<String, JsonNode> volumes, boolean hostUsers, Errors errors) {
        String name = Json.text(container, "name");
        if (name.isEmpty()) {
            errors.required(Errors.at(path, "name"), "");
        } else {
            errors.invalid(Errors.at(path, "name"), name, Names.dns1123Label(name));
            if (!names.add(name)) {
                errors.duplicate(Errors.at(path, "name"), container.path("name"));
            }
        }
        String image = Json.text(container, "image");
        if (image.isEmpty()) {
            errors.required(Errors.at(path, "image"), "");
        } else if (!image.strip().equals(image)) {
            errors.invalid(Errors.at(path, "image"), image, "must not have leading or trailing whitespace");
        }
        errors.oneOf(container, path, "imagePullPolicy", PULL_POLICIES);
        errors.oneOf(container, path, "terminationMessagePolicy", MESSAGE_POLICIES);
        ports(container.path("ports"), Errors.at(path, "ports"), errors);
        env(container.path("env"), Errors.at(path, "env"), errors);
        envFrom(container.path("envFrom"), Errors.at(path, "envFrom"), errors);
        VolumeValidation.mounts(container, path, volumes, errors);
        Resources.check(container.path("resources"), Errors.at(path, "resources"), errors);
        SecurityContextValidation.container(container.path("securityContext"), path, hostUsers, errors);
        JsonNode policies = container.path("resizePolicy");
        Set<String> resized = new HashSet<>();
        for (int i = 0; i < policies.size(); i++) {
            String at = Errors.at(path, "resizePolicy");
            String resource = Json.text(policies.path(i), "resourceName");
            if (resource.isEmpty()) {
                errors.required(at, "");
            } else if (!resource.equals("cpu") && !resource.equals("memory")) {
                errors.notSupported(at, resource, List.of("cpu", "memory"));
            } else if (!resized.add(resource)) {
                errors.duplicate(Errors.at(at, i), policies.path(i).path("resourceName"));
            }
            String restart = Json.text(policies.path(i), "restartPolicy");
            if (restart.isEmpty()) {
                errors.required(at, "");
            } else if (!restart.equals("NotRequired") && !restart.equals("RestartContainer")) {
                errors.notSupported(at, restart, List.of("NotRequired", "RestartContainer"));
            }
        }
    }

    private static void ports(JsonNode ports, String path, Errors errors) {
        Set<String> names = new HashSet<>();
        for (int i = 0; i < ports.size(); i++) {
            JsonNode port = ports.path(i);
            String at = Errors.at(path, i);
            String name = Json.text(port, "name");
            if (!name.isEmpty()) {
                List<String> complaints = Names.portName(name);
                errors.invalid(Errors.at(at, "name"), name, complaints);
                if (complaints.isEmpty() && !names.add(name)) {
                    errors.duplicate(Errors.at(at, "name"), port.path("name"));
                }
            }
            long number = port.path("containerPort").asLong();
            if (number == 0) {
                errors.required(Errors.at(at, "containerPort"), "");
            } else {
                Names.portNumber(number).forEach(e -> errors.invalid(Errors.at(at, "containerPort"), port.path("containerPort"), e));
            }
            long host = port.path("hostPort").asLong();
            if (host != 0) {
                Names.portNumber(host).forEach(e -> errors.invalid(Errors.at(at, "hostPort"), port.path("hostPort"), e));
            }
            errors.oneOf(port, at, "protocol", PROTOCOLS);
        }
    }

    /** Two containers of a pod cannot both have a port of the host, and in the host's network each has that which it says. */
    private static void hostPorts(JsonNode container, String path, Set<String> taken, boolean hostNetwork, Errors errors) {
        JsonNode ports = container.path("ports");
        for (int i = 0; i < ports.size(); i++) {
            JsonNode port = ports.path(i);
            if (hostNetwork && port.path("hostPort").asInt() != 0 && port.path("hostPort").asInt() != port.path("containerPort").asInt()) {
                errors.invalid(Errors.at(Errors.at(Errors.at(path, "ports"), i), "hostPort"), port.path("hostPort"), "must match `containerPort` when `hostNetwork` is true");
            }
            if (port.path("hostPort").asInt() != 0) {
                String use = Json.text(port, "protocol") + "/" + Json.text(port, "hostIP") + "/" + Json.text(port, "hostPort");
                if (!taken.add(use)) {
                    errors.duplicate(Errors.at(Errors.at(Errors.at(path, "ports"), i), "hostPort"), Json.MAPPER.getNodeFactory().textNode(use));
                }
            }
        }
    }

    private static void env(JsonNode env, String path, Errors errors) {
        for (int i = 0; i < env.size(); i++) {
            JsonNode variable = env.path(i);
            String at = Errors.at(path, i);
            String name = Json.text(variable, "name");
            if (name.isEmpty()) {
                errors.required(Errors.at(at, "name"), "");
            } else {
                errors.invalid(Errors.at(at, "name"), name, Names.envVarName(name));
            }
            if (variable.path("valueFrom").isObject()) {
                envSource(variable, Errors.at(at, "valueFrom"), errors);
            }
        }
    }

    private static void envSource(JsonNode variable, String path, Errors errors) {
        JsonNode source = variable.path("valueFrom");
        List<String> given = ENV_SOURCES.stream().filter(source::hasNonNull).toList();
        if (given.contains("fieldRef")) {
            fieldRef(source.path("fieldRef"), Errors.at(path, "fieldRef"), POD_FIELDS, errors);
        }
        if (given.contains("resourceFieldRef")) {
            resourceFieldRef(source.path("resourceFieldRef"), Errors.at(path, "resourceFieldRef"), false, errors);
        }
        for (String ref : List.of("configMapKeyRef", "secretKeyRef")) {
            if (given.contains(ref)) {
                String name = Json.text(source, ref, "name");
                errors.invalid(Errors.at(Errors.at(path, ref), "name"), name, Names.dns1123Subdomain(name));
                String key = Json.text(source, ref, "key");
                if (key.isEmpty()) {
                    errors.required(Errors.at(Errors.at(path, ref), "key"), "");
                } else {
                    errors.invalid(Errors.at(Errors.at(path, ref), "key"), key, Names.configMapKey(key));
                }
            }
        }
        if (given.isEmpty()) {
            errors.invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
        } else if (!Json.text(variable, "value").isEmpty()) {
            errors.invalid(path, "", "may not be specified when `value` is not empty");
        } else if (given.size() > 1) {
            errors.invalid(path, "", "may not have more than one field specified at a time");
        }
    }

    static void fieldRef(JsonNode ref, String path, Set<String> supported, Errors errors) {
        errors.requiredText(ref, path, "apiVersion");
        String field = Json.text(ref, "fieldPath");
        if (field.isEmpty()) {
            errors.required(Errors.at(path, "fieldPath"), "");
        } else if (!field.matches("metadata\\.(labels|annotations)\\['[^']+'\\]")) {
            if (!CONVERTIBLE_FIELDS.contains(field)) {
                errors.invalid(Errors.at(path, "fieldPath"), field, "error converting fieldPath: field label not supported: " + field);
            } else if (!supported.contains(field)) {
                errors.notSupported(Errors.at(path, "fieldPath"), field, supported);
            }
        }
    }

    static void resourceFieldRef(JsonNode ref, String path, boolean inVolume, Errors errors) {
        String resource = Json.text(ref, "resource");
        if (inVolume && Json.text(ref, "containerName").isEmpty()) {
            errors.required(Errors.at(path, "containerName"), "");
        }
        if (resource.isEmpty()) {
            errors.required(Errors.at(path, "resource"), "");
        } else if (!RESOURCE_FIELDS.contains(resource) && !resource.matches("(limits|requests)\\.hugepages-.+")) {
            errors.notSupported(Errors.at(path, "resource"), resource, RESOURCE_FIELDS);
        }
        divisor(ref.path("divisor"), resource, Errors.at(path, "divisor"), errors);
    }

    /** The unit that an amount is told in. */
    private static void divisor(JsonNode divisor, String resource, String path, Errors errors) {
        Quantity unit = Resources.parsed(divisor);
        if (unit == null || unit.sign() == 0) {
            return;
        }
        if (resource.endsWith(".cpu")) {
            if (!List.of("1m", "1").contains(unit.toString())) {
                errors.invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource");
            }
        } else if (!DIVISORS.contains(unit.toString())) {
            String kind = resource.endsWith(".memory") ? "memory" : resource.endsWith(".ephemeral-storage") ? "local ephemeral storage" : "hugepages";
            errors.invalid(path, resource, "only divisor's values " + String.join(", ", DIVISORS) + " are supported with the " + kind + " resource");
        }
    }

    private static void envFrom(JsonNode envFrom, String path, Errors errors) {
        for (int i = 0; i < envFrom.size(); i++) {
            JsonNode source = envFrom.path(i);
            String at = Errors.at(path, i);
            String prefix = Json.text(source, "prefix");
            if (!prefix.isEmpty()) {
                errors.invalid(Errors.at(at, "prefix"), prefix, Names.envVarName(prefix));
            }
            List<String> given = List.of("configMapRef", "secretRef").stream().filter(source::hasNonNull).toList();
            given.forEach(ref -> {
                String name = Json.text(source, ref, "name");
                if (name.isEmpty()) {
                    errors.required(Errors.at(Errors.at(at, ref), "name"), "");
                } else {
                    errors.invalid(Errors.at(Errors.at(at, ref), "name"), name, Names.dns1123Subdomain(name));
                }
            });
            if (given.isEmpty()) {
                errors.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
            } else if (given.size() > 1) {
                errors.invalid(path, "", "may not have more than one field specified at a time");
            }
        }
    }

    /** @param grace the pod's seconds to end in, which a hook that sleeps must leave */
    private static void probes(JsonNode container, String path, JsonNode grace, Errors errors) {
        for (String field : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
            JsonNode probe = container.path(field);
            if (!probe.isObject()) {
                continue;
            }
            String at = Errors.at(path, field);
            handler(probe, at, grace, errors);
            errors.notNegative(probe, at, "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold");
            if (!field.equals("readinessProbe") && probe.path("successThreshold").asInt(1) != 1) {
                errors.invalid(Errors.at(at, "successThreshold"), probe.path("successThreshold"), "must be 1");
            }
            if (field.equals("readinessProbe") && probe.hasNonNull("terminationGracePeriodSeconds")) {
                errors.invalid(Errors.at(at, "terminationGracePeriodSeconds"), probe.path("terminationGracePeriodSeconds"), "must not be set for readinessProbes");
            } else if (probe.path("terminationGracePeriodSeconds").isNumber() && probe.path("terminationGracePeriodSeconds").asLong() <= 0) {
                errors.invalid(Errors.at(at, "terminationGracePeriodSeconds"), probe.path("terminationGracePeriodSeconds"), "must be greater than 0");
            }
        }
        for (String hook : List.of("postStart", "preStop")) {
            JsonNode handler = Json.at(container, "lifecycle", hook);
            if (handler.isObject()) {
                handler(handler, Errors.at(Errors.at(path, "lifecycle"), hook), grace, errors);
            }
        }
    }

    private static void handler(JsonNode handler, String path, JsonNode grace, Errors errors) {
        int given = 0;
        for (String kind : List.of("exec", "httpGet", "tcpSocket", "grpc", "sleep")) {
            JsonNode action = handler.path(kind);
            if (!action.isObject()) {
                continue;
            }
            String at = Errors.at(path, kind);
            if (++given > 1) {
                errors.forbidden(at, "may not specify more than 1 handler type");
                continue;
            }
            switch (kind) {
                case "exec" -> {
                    if (action.path("command").isEmpty()) {
                        errors.required(Errors.at(at, "command"), "");
                    }
                }
                case "httpGet" -> httpGet(action, at, errors);
                case "sleep" -> {
                    long seconds = action.path("seconds").asLong();
                    if (grace.isNumber() && (seconds < 0 || seconds > grace.asLong())) {
                        errors.invalid(at, LongNode.valueOf(seconds), "must be non-negative and less than terminationGracePeriodSeconds (" + grace.asLong() + ")");
                    }
                }
                default -> port(action.path("port"), Errors.at(at, "port"), errors);
            }
        }
        if (given == 0) {
            errors.required(path, "must specify a handler type");
        }
    }

    private static void httpGet(JsonNode get, String path, Errors errors) {
        errors.requiredText(get, path, "path");
        port(get.path("port"), Errors.at(path, "port"), errors);
        errors.oneOf(get, path, "scheme", List.of("HTTP", "HTTPS"));
        for (JsonNode header : get.path("httpHeaders")) {
            errors.invalid(Errors.at(path, "httpHeaders"), Json.text(header, "name"), Names.httpHeaderName(Json.text(header, "name")));
        }
    }

    /** By number or by name. */
    static void port(JsonNode port, String path, Errors errors) {
        if (port.isTextual()) {
            errors.invalid(path, port.textValue(), Names.portName(port.textValue()));
        } else {
            Names.portNumber(port.asLong()).forEach(e -> errors.invalid(path, port, e));
        }
    }
}
