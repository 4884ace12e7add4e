package io.skerry.machinery.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.function.Consumer;

/** The core group but for services. */
final class CoreDefaults {

    private CoreDefaults() {}

    static void declare(Map<String, Consumer<ObjectNode>> defaults) {
        defaults.put("pods", PodDefaults::pod);
        defaults.put("podtemplates", o -> PodDefaults.template(Fill.object(o, "template")));
        defaults.put("replicationcontrollers", CoreDefaults::replicationController);
        defaults.put("secrets", CoreDefaults::secret);
        defaults.put("persistentvolumeclaims", VolumeDefaults::claim);
        defaults.put("persistentvolumes", CoreDefaults::persistentVolume);
        defaults.put("namespaces", CoreDefaults::namespace);
        defaults.put("nodes", CoreDefaults::node);
        defaults.put("limitranges", o -> Fill.each(o, CoreDefaults::limit, "spec", "limits"));
    }

    /** stringData is write-only: its values become data, over what data has. */
    private static void secret(ObjectNode o) {
        Fill.string(o, "type", "Opaque");
        if (o.get("stringData") instanceof ObjectNode plain) {
            ObjectNode data = Json.ensureObject(o, "data");
            plain.properties().forEach(p -> data.put(p.getKey(), Base64.getEncoder().encodeToString(p.getValue().asText().getBytes(StandardCharsets.UTF_8))));
            if (data.isEmpty()) {
                o.remove("data");
            }
            o.remove("stringData");
        }
    }

    private static void replicationController(ObjectNode o) {
        Fill.in(o, spec -> {
            Fill.in(spec, PodDefaults::template, "template");
            Fill.integer(spec, "replicas", 1);
            Fill.in(spec, labels -> {
                if (Json.at(spec, "selector").isEmpty()) {
                    spec.set("selector", labels.deepCopy());
                }
                if (Json.at(o, "metadata", "labels").isEmpty()) {
                    Json.ensureObject(o, "metadata").set("labels", labels.deepCopy());
                }
            }, "template", "metadata", "labels");
        }, "spec");
    }

    private static void persistentVolume(ObjectNode o) {
        Fill.string(Fill.object(o, "status"), "phase", "Pending");
        Fill.in(o, spec -> {
            VolumeDefaults.source(spec);
            Fill.string(spec, "persistentVolumeReclaimPolicy", "Retain");
            Fill.string(spec, "volumeMode", "Filesystem");
        }, "spec");
    }

    /** The label lets selectors name a namespace. */
    private static void namespace(ObjectNode o) {
        String name = Json.text(o, "metadata", "name");
        if (!name.isEmpty()) {
            Json.ensureObject(o, "metadata", "labels").put("kubernetes.io/metadata.name", name);
        }
        Fill.string(Fill.object(o, "status"), "phase", "Active");
    }

    private static void node(ObjectNode o) {
        Fill.in(o, capacity -> Fill.node((ObjectNode) o.get("status"), "allocatable", capacity.deepCopy()), "status", "capacity");
    }

    private static void limit(ObjectNode limit) {
        if (!Json.text(limit, "type").equals("Container")) {
            return;
        }
        ObjectNode limits = Fill.object(limit, "default");
        ObjectNode requests = Fill.object(limit, "defaultRequest");
        Json.at(limit, "max").properties().forEach(e -> Fill.node(limits, e.getKey(), e.getValue()));
        limits.properties().forEach(e -> Fill.node(requests, e.getKey(), e.getValue()));
        Json.at(limit, "min").properties().forEach(e -> Fill.node(requests, e.getKey(), e.getValue()));
        for (String empty : new String[] {"default", "defaultRequest"}) {
            if (limit.path(empty).isEmpty()) {
                limit.remove(empty);
            }
        }
    }
}
