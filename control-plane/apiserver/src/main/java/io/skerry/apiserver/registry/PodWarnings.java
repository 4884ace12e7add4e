package io.skerry.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What a valid pod, or template of one, says that has no effect or another than it seems to have (k8s.io/kubernetes, pkg/api/pod/warnings.go). */
final class PodWarnings {
    /** No header holds more; and ports are compared with each other. */
    private static final int MAX = 64;
    private static final String NO_SELECTOR = "a null labelSelector results in matching no pod";
    private static final String SECCOMP = "non-functional in v1.27+; use the \"seccompProfile\" field instead";
    private static final Map<String, String> NODE_LABELS = Map.of(
            "beta.kubernetes.io/arch", "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
            "beta.kubernetes.io/os", "deprecated since v1.14; use \"kubernetes.io/os\" instead",
            "failure-domain.beta.kubernetes.io/region", "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead",
            "failure-domain.beta.kubernetes.io/zone", "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead",
            "beta.kubernetes.io/instance-type", "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead",
            "app.kubernetes.io/created-by", "deprecated since v1.9",
            "scheduler.alpha.kubernetes.io/preferAvoidPods", "deprecated since v1.22; use Taints and Tolerations instead",
            "node-role.kubernetes.io/master", "use \"node-role.kubernetes.io/control-plane\" instead");
    private static final Map<String, String> ANNOTATIONS = new TreeMap<>(Map.of(
            "scheduler.alpha.kubernetes.io/critical-pod", "non-functional in v1.16+; use the \"priorityClassName\" field instead",
            "security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead",
            "security.alpha.kubernetes.io/unsafe-sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"));
    private static final Map<String, String> VOLUMES = new TreeMap<>(Map.of(
            "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+", "gitRepo", "deprecated in v1.11",
            "scaleIO", "deprecated in v1.16, non-functional in v1.22+", "flocker", "deprecated in v1.22, non-functional in v1.25+",
            "storageos", "deprecated in v1.22, non-functional in v1.25+", "quobyte", "deprecated in v1.22, non-functional in v1.25+",
            "glusterfs", "deprecated in v1.25, non-functional in v1.26+", "cephfs", "deprecated in v1.28, non-functional in v1.31+",
            "rbd", "deprecated in v1.28, non-functional in v1.31+"));

    private final JsonNode spec;
    private final JsonNode annotations;
    private final boolean template;
    private final String path;
    private final List<String> found = new ArrayList<>();
    /** Ports so far, by number and protocol. */
    private final Map<String, Map<String, JsonNode>> ports = new HashMap<>();

    private record At(JsonNode container, String path) {
    }

    private PodWarnings(JsonNode pod, String path) {
        this.spec = pod.path("spec");
        this.annotations = Json.at(pod, "metadata", "annotations");
        this.template = !path.isEmpty();
        this.path = path.isEmpty() ? "" : path + ".";
    }

    /** @param path of a template in its object; "" for a pod */
    static List<String> of(JsonNode pod, String path) {
        PodWarnings warnings = new PodWarnings(pod, path);
        warnings.placement();
        warnings.podAffinity("podAffinity");
        warnings.podAffinity("podAntiAffinity");
        warnings.annotations();
        warnings.volumes();
        warnings.duplicates("hostAliases", "ip");
        warnings.duplicates("imagePullSecrets", "name");
        warnings.fractions(warnings.spec.path("overhead"), warnings.path + "spec.overhead");
        for (At each : warnings.containers()) {
            warnings.container(each);
            warnings.environment(each);
            warnings.ports(each);
        }
        return warnings.found;
    }

    private void warn(String field, String what) {
        found.add(path + field + ": " + what);
    }

    private List<At> containers() {
        List<At> all = new ArrayList<>();
        for (String list : List.of("initContainers", "containers", "ephemeralContainers")) {
            JsonNode containers = spec.path(list);
            for (int i = 0; i < containers.size(); i++) {
                all.add(new At(containers.path(i), path + "spec." + list + "[" + i + "]"));
            }
        }
        return all;
    }

    private void placement() {
        for (Map.Entry<String, JsonNode> label : spec.path("nodeSelector").properties()) {
            if (NODE_LABELS.containsKey(label.getKey())) {
                warn("spec.nodeSelector[" + label.getKey() + "]", NODE_LABELS.get(label.getKey()));
            }
        }
        JsonNode affinity = Json.at(spec, "affinity", "nodeAffinity");
        JsonNode required = Json.at(affinity, "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms");
        for (int i = 0; i < required.size(); i++) {
            nodeTerm(required.path(i), "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[" + i + "]");
        }
        JsonNode preferred = affinity.path("preferredDuringSchedulingIgnoredDuringExecution");
        for (int i = 0; i < preferred.size(); i++) {
            nodeTerm(preferred.path(i).path("preference"), "preferredDuringSchedulingIgnoredDuringExecution[" + i + "].preference");
        }
        JsonNode spreads = spec.path("topologySpreadConstraints");
        for (int i = 0; i < spreads.size(); i++) {
            String field = "spec.topologySpreadConstraints[" + i + "].";
            String key = Json.text(spreads.path(i), "topologyKey");
            if (NODE_LABELS.containsKey(key)) {
                warn(field + "topologyKey", key + " is " + NODE_LABELS.get(key));
            }
            if (!spreads.path(i).hasNonNull("labelSelector")) {
                warn(field + "labelSelector", NO_SELECTOR);
            }
        }
    }

    private void nodeTerm(JsonNode term, String field) {
        JsonNode expressions = term.path("matchExpressions");
        for (int i = 0; i < expressions.size(); i++) {
            String key = Json.text(expressions.path(i), "key");
            if (NODE_LABELS.containsKey(key)) {
                warn("spec.affinity.nodeAffinity." + field + ".matchExpressions[" + i + "].key", key + " is " + NODE_LABELS.get(key));
            }
        }
    }

    private void podAffinity(String kind) {
        JsonNode affinity = Json.at(spec, "affinity", kind);
        String field = "spec.affinity." + kind + ".";
        JsonNode required = affinity.path("requiredDuringSchedulingIgnoredDuringExecution");
        for (int i = 0; i < required.size(); i++) {
            if (!required.path(i).hasNonNull("labelSelector")) {
                warn(field + "requiredDuringSchedulingIgnoredDuringExecution[" + i + "].labelSelector", NO_SELECTOR);
            }
        }
        JsonNode preferred = affinity.path("preferredDuringSchedulingIgnoredDuringExecution");
        for (int i = 0; i < preferred.size(); i++) {
            if (!preferred.path(i).path("podAffinityTerm").hasNonNull("labelSelector")) {
                warn(field + "preferredDuringSchedulingIgnoredDuringExecution[" + i + "].podAffinityTerm.labelSelector", NO_SELECTOR);
            }
        }
    }

    private void annotations() {
        ANNOTATIONS.forEach((key, what) -> {
            if (annotations.has(key)) {
                warn("metadata.annotations[" + key + "]", what);
            }
        });
        seccomp(spec, "seccomp.security.alpha.kubernetes.io/pod");
    }

    private void seccomp(JsonNode of, String annotation) {
        if (annotations.has(annotation) && !of.path("securityContext").hasNonNull("seccompProfile")) {
            warn("metadata.annotations[" + annotation + "]", SECCOMP);
        }
    }

    private void volumes() {
        JsonNode volumes = spec.path("volumes");
        for (int i = 0; i < volumes.size(); i++) {
            for (Map.Entry<String, String> plugin : VOLUMES.entrySet()) {
                if (volumes.path(i).hasNonNull(plugin.getKey())) {
                    warn("spec.volumes[" + i + "]." + plugin.getKey(), plugin.getValue());
                }
            }
        }
    }

    private void duplicates(String list, String field) {
        Set<String> seen = new HashSet<>();
        JsonNode items = spec.path(list);
        for (int i = 0; i < items.size(); i++) {
            String value = Json.text(items.path(i), field);
            if (!seen.add(value)) {
                warn("spec." + list + "[" + i + "]." + field, "duplicate " + field + " \"" + value + "\"");
            } else if (value.isEmpty() && field.equals("name")) {
                warn("spec." + list + "[" + i + "]." + field, "invalid empty name \"\"");
            }
        }
    }

    private void fractions(JsonNode amounts, String at) {
        for (String resource : List.of("memory", "ephemeral-storage")) {
            if (amounts.hasNonNull(resource)) {
                fraction(amounts.get(resource).asText(), at + "[" + resource + "]");
            }
        }
    }

    private void fraction(String text, String at) {
        try {
            Quantity amount = Quantity.parse(text);
            if (amount.value().stripTrailingZeros().scale() > 0) {
                found.add(at + ": fractional byte value \"" + amount + "\" is invalid, must be an integer");
            }
        } catch (IllegalArgumentException e) {
            // validation tells, but for what it leaves as it was stored once
        }
    }

    private void container(At each) {
        String name = Json.text(each.container(), "name");
        seccomp(each.container(), "container.seccomp.security.alpha.kubernetes.io/" + name);
        String appArmor = "container.apparmor.security.beta.kubernetes.io/" + name;
        if (template && annotations.has(appArmor) && !spec.path("securityContext").hasNonNull("appArmorProfile")
                && !each.container().path("securityContext").hasNonNull("appArmorProfile")) {
            warn("metadata.annotations[" + appArmor + "]", "deprecated since v1.30; use the \"appArmorProfile\" field instead");
        }
        for (String kind : List.of("limits", "requests")) {
            fractions(Json.at(each.container(), "resources", kind), each.path() + ".resources." + kind);
        }
    }

    /** A second definition of a variable is none that hides the first when it is built from it. */
    private void environment(At each) {
        Set<String> seen = new HashSet<>();
        JsonNode variables = each.container().path("env");
        for (int i = 0; i < variables.size(); i++) {
            String name = Json.text(variables.path(i), "name");
            String value = Json.text(variables.path(i), "value");
            String reference = "$(" + name + ")";
            if (!seen.add(name) && (variables.path(i).hasNonNull("valueFrom") || value.equals(reference) || !value.contains(reference))) {
                found.add(each.path() + ".env[" + i + "]: hides previous definition of \"" + name + "\", which may be dropped when using apply");
            }
        }
    }

    private void ports(At each) {
        JsonNode own = each.container().path("ports");
        for (int i = 0; i < own.size() && found.size() < MAX; i++) {
            JsonNode port = own.path(i);
            String at = each.path() + ".ports[" + i + "]";
            String address = Json.text(port, "hostIP");
            int host = port.path("hostPort").asInt();
            if (!address.isEmpty() && host == 0) {
                found.add(at + ": hostIP set without hostPort: {Name:" + Json.text(port, "name") + " HostPort:0 ContainerPort:" + port.path("containerPort").asInt()
                        + " Protocol:" + Json.text(port, "protocol") + " HostIP:" + address + "}");
            }
            Map<String, JsonNode> others = ports.computeIfAbsent(port.path("containerPort").asInt() + "/" + Json.text(port, "protocol"), _ -> new LinkedHashMap<>());
            others.forEach((where, other) -> {
                String otherAddress = Json.text(other, "hostIP");
                int otherHost = other.path("hostPort").asInt();
                if (address.equals(otherAddress) && host == otherHost) {
                    found.add(at + ": duplicate port definition with " + where);
                } else if (host == 0 || otherHost == 0) {
                    found.add(at + ": overlapping port definition with " + where);
                } else if (host == otherHost && address.isEmpty() != otherAddress.isEmpty()) {
                    found.add(at + ": dangerously ambiguous port definition with " + where);
                }
            });
            if (others.size() < MAX) {
                others.put(at, port);
            }
        }
    }
}
