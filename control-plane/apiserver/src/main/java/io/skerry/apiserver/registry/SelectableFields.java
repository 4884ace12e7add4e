package io.skerry.apiserver.registry;

import static io.skerry.apiserver.registry.SelectableField.count;
import static io.skerry.apiserver.registry.SelectableField.flag;
import static io.skerry.apiserver.registry.SelectableField.text;

import io.skerry.apiserver.cache.Entry;
import io.skerry.machinery.schema.ResourceType;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The fields, beside name and namespace, that field selectors of a type may name.
 *
 * @param byLabel by their names in a selector
 * @param paths   what is read of the stored objects: the paths of all types that show the same objects, so that an entry is read once for all of them
 */
public record SelectableFields(Map<String, SelectableField> byLabel, Set<String> paths) {
    /** Labels as upstream's AddFieldLabelConversionFunc of each type takes them, values as its ToSelectableFields gives them. */
    private static final Map<String, List<SelectableField>> BUILTIN = Map.ofEntries(
            // upstream takes status.podIPs and has no value of it; spec.host is an old name
            Map.entry("/pods", List.of(text("spec.nodeName"), text("spec.host").at("spec.nodeName"), text("spec.restartPolicy"), text("spec.schedulerName"),
                    text("spec.serviceAccountName"), flag("spec.hostNetwork"), text("status.phase"), text("status.podIP"), text("status.podIPs").at(),
                    text("status.nominatedNodeName"))),
            Map.entry("/events", List.of(text("involvedObject.kind"), text("involvedObject.namespace"), text("involvedObject.name"), text("involvedObject.uid"),
                    text("involvedObject.apiVersion"), text("involvedObject.resourceVersion"), text("involvedObject.fieldPath"), text("reason"),
                    text("reportingComponent"), text("source").at("source.component", "reportingComponent"), text("type"))),
            Map.entry("events.k8s.io/events", Stream.of("regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid", "regarding.apiVersion",
                    "regarding.resourceVersion", "regarding.fieldPath", "reason", "reportingController", "type")
                    .map(label -> text(label).at(EventConversion.corePath(label))).toList()),
            Map.entry("/nodes", List.of(flag("spec.unschedulable"))),
            Map.entry("/secrets", List.of(text("type"))),
            Map.entry("/namespaces", List.of(text("status.phase"))),
            Map.entry("/services", List.of(text("spec.clusterIP"), text("spec.type"))),
            Map.entry("/replicationcontrollers", List.of(count("status.replicas"))),
            // upstream documents it, and refuses it for want of a conversion
            Map.entry("apps/replicasets", List.of(count("status.replicas"))),
            Map.entry("batch/jobs", List.of(count("status.successful").at("status.succeeded"))),
            Map.entry("certificates.k8s.io/certificatesigningrequests", List.of(text("spec.signerName"))));

    static List<SelectableField> builtin(ResourceType type) {
        return BUILTIN.getOrDefault(type.group() + "/" + type.plural(), List.of());
    }

    public static SelectableFields of(Collection<SelectableField> fields, Set<String> paths) {
        return new SelectableFields(fields.stream().collect(Collectors.toUnmodifiableMap(SelectableField::label, Function.identity())), paths);
    }

    public Set<String> labels() {
        return byLabel.keySet();
    }

    /** Value of a field of {@link #labels()}, metadata.name or metadata.namespace; "" when absent and no boolean or number. */
    public String value(String label, Entry entry) {
        return switch (label) {
            case "metadata.name" -> entry.name();
            case "metadata.namespace" -> entry.namespace();
            default -> byLabel.get(label).value(entry, paths);
        };
    }
}
