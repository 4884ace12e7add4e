package io.skerry.node.pods;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ResourceFieldSelector;
import io.skerry.node.NodeConfig;
import io.skerry.node.host.Machine;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the downward API shows a container of its own pod. Source: kubernetes.io "Downward API". */
public final class FieldRef {
    private FieldRef() {
    }

    /** @throws IllegalArgumentException for a path that is no such field */
    public static String value(Pod pod, String path, NodeConfig node, List<String> podIps) {
        var meta = pod.getMetadata();
        if (path.startsWith("metadata.labels['")) return of(meta.getLabels()).getOrDefault(subscript(path), "");
        if (path.startsWith("metadata.annotations['")) return of(meta.getAnnotations()).getOrDefault(subscript(path), "");
        return switch (path) {
            case "metadata.name" -> meta.getName();
            case "metadata.namespace" -> meta.getNamespace();
            case "metadata.uid" -> meta.getUid();
            case "metadata.labels" -> lines(meta.getLabels());
            case "metadata.annotations" -> lines(meta.getAnnotations());
            case "spec.nodeName" -> pod.getSpec().getNodeName();
            case "spec.serviceAccountName" -> pod.getSpec().getServiceAccountName() == null ? "" : pod.getSpec().getServiceAccountName();
            case "status.hostIP", "status.hostIPs" -> node.nodeIp();
            case "status.podIP" -> podIps.isEmpty() ? "" : podIps.getFirst();
            case "status.podIPs" -> String.join(",", podIps);
            default -> throw new IllegalArgumentException("unsupported fieldPath: " + path);
        };
    }

    /** A resource of a container in units of the divisor, rounded up. A missing limit is what the machine has. */
    public static String value(Pod pod, Container self, ResourceFieldSelector selector) {
        Container container = selector.getContainerName() == null || selector.getContainerName().isEmpty() ? self
                : Stream.concat(pod.getSpec().getContainers().stream(), pod.getSpec().getInitContainers().stream()).filter(c -> c.getName().equals(selector.getContainerName())).findFirst()
                        .orElseThrow(() -> new IllegalArgumentException("container " + selector.getContainerName() + " not found"));
        String resource = selector.getResource(), name = resource.substring(resource.indexOf('.') + 1);
        BigDecimal value = Qos.amount(resource.startsWith("limits.") ? Qos.limits(container) : Qos.requests(container), name);
        if (value.signum() == 0 && resource.startsWith("limits.")) {
            value = switch (name) {
                case "cpu" -> BigDecimal.valueOf(Machine.cpus());
                case "memory" -> BigDecimal.valueOf(Machine.memoryBytes());
                default -> value;
            };
        }
        BigDecimal divisor = selector.getDivisor() == null ? BigDecimal.ONE : selector.getDivisor().getNumericalAmount();
        return value.divide(divisor.signum() == 0 ? BigDecimal.ONE : divisor, 0, RoundingMode.CEILING).toPlainString();
    }

    private static String subscript(String path) { return path.substring(path.indexOf('\'') + 1, path.lastIndexOf('\'')); }

    /** key="escaped value" a line, sorted, as files of a downwardAPI volume have it. */
    private static String lines(Map<String, String> map) {
        return new TreeMap<>(of(map)).entrySet().stream().map(e -> e.getKey() + "=\"" + e.getValue().replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n") + "\"")
                .collect(Collectors.joining("\n"));
    }

    private static Map<String, String> of(Map<String, String> map) { return map == null ? Map.of() : map; }
}
