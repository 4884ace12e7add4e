package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.quantity.Quantity;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Persistent volumes. */
final class PersistentVolumeValidation {

    private static final Set<String> ACCESS_MODES = Set.of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod");
    private static final Set<String> VOLUME_MODES = Set.of("Block", "Filesystem");
    /** A volume's spec beside its source. */
    private static final Set<String> NO_SOURCES = Set.of("accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy", "storageClassName",
            "volumeAttributesClassName", "volumeMode");
    private static final List<String> SECRETS = List.of("controllerPublishSecretRef", "controllerExpandSecretRef", "nodePublishSecretRef", "nodeExpandSecretRef");
    /** Labels of nodes that were renamed when they became GA; a volume may follow. */
    private static final Map<String, String> RENAMED = Map.of("failure-domain.beta.kubernetes.io/zone", "topology.kubernetes.io/zone",
            "failure-domain.beta.kubernetes.io/region", "topology.kubernetes.io/region", "beta.kubernetes.io/instance-type", "node.kubernetes.io/instance-type",
            "beta.kubernetes.io/os", "kubernetes.io/os", "beta.kubernetes.io/arch", "kubernetes.io/arch");

    private PersistentVolumeValidation() {}

    static void check(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        accessModes(spec, "spec", "", errors);
        capacity(spec.path("capacity"), errors);
        errors.optionalOneOf(spec, "spec", "persistentVolumeReclaimPolicy", Set.of("Retain", "Recycle", "Delete"));
        if (spec.path("nodeAffinity").isObject()) {
            if (Json.at(spec, "nodeAffinity", "required").isObject()) {
                NodeSelectorValidation.check(Json.at(spec, "nodeAffinity", "required"), "spec.nodeAffinity.required", errors);
            } else {
                errors.required("spec.nodeAffinity.required", "must specify required node constraints");
            }
        }
        sources(spec, "spec", Json.text(o, "metadata", "name"), errors);
        if (spec.path("local").isObject() && !Json.at(spec, "nodeAffinity", "required").isObject()) {
            errors.required("spec.nodeAffinity", "Local volume requires node affinity");
        }
        boolean root = spec.path("hostPath").isObject() && isRoot(Json.text(spec, "hostPath", "path"));
        if (root && Json.text(spec, "persistentVolumeReclaimPolicy").equals("Recycle")) {
            errors.forbidden("spec.persistentVolumeReclaimPolicy", "may not be 'recycle' for a hostPath mount of '/'");
        }
        modes(spec, "spec", errors);
        if (old != null) {
            update(spec, old.path("spec"), errors);
        }
    }

    private static boolean isRoot(String path) {
        return path.indexOf('\0') < 0 && path.startsWith("/") && Path.of(path).normalize().toString().equals("/");
    }

    /** @param none what is said when there is none */
    static void accessModes(JsonNode spec, String path, String none, Errors errors) {
        JsonNode modes = spec.path("accessModes");
        if (modes.isEmpty()) {
            errors.required(Errors.at(path, "accessModes"), none);
        }
        boolean pod = false;
        boolean other = false;
        for (JsonNode mode : modes) {
            boolean known = ACCESS_MODES.contains(mode.asText());
            if (!known) {
                errors.notSupported(Errors.at(path, "accessModes"), mode.asText(), ACCESS_MODES);
            }
            boolean once = mode.asText().equals("ReadWriteOncePod");
            pod |= once;
            other |= known && !once;
        }
        if (pod && other) {
            errors.forbidden(Errors.at(path, "accessModes"), "may not use ReadWriteOncePod with other access modes");
        }
    }

    /** The volume's mode and class, which claims have too. */
    static void modes(JsonNode spec, String path, Errors errors) {
        errors.optionalOneOf(spec, path, "volumeMode", VOLUME_MODES);
        String storageClass = Json.text(spec, "storageClassName");
        if (!storageClass.isEmpty()) {
            errors.invalid(Errors.at(path, "storageClassName"), storageClass, Names.dns1123Subdomain(storageClass));
        }
    }

    private static void capacity(JsonNode capacity, Errors errors) {
        if (capacity.isEmpty()) {
            errors.required("spec.capacity", "");
        } else if (!capacity.has("storage") || capacity.size() > 1) {
            errors.notSupported("spec.capacity", capacity.fieldNames().next(), List.of("storage"));
        }
        for (var each : capacity.properties()) {
            positive(each.getValue(), Errors.key("spec.capacity", each.getKey()), errors);
        }
    }

    static void positive(JsonNode value, String path, Errors errors) {
        Quantity quantity = Resources.quantity(value, path, errors);
        if (quantity != null && quantity.sign() <= 0) {
            errors.invalid(path, quantity.toString(), "must be greater than zero");
        }
    }

    private static void sources(JsonNode spec, String path, String name, Errors errors) {
        int given = 0;
        for (var field : spec.properties()) {
            if (NO_SOURCES.contains(field.getKey()) || field.getValue().isNull()) {
                continue;
            }
            String at = Errors.at(path, field.getKey());
            if (++given > 1) {
                errors.forbidden(at, "may not specify more than 1 volume type");
            } else if (field.getKey().equals("csi")) {
                csi(field.getValue(), at, errors);
            } else {
                VolumeSourceValidation.check(field.getKey(), field.getValue(), at, name, errors);
            }
        }
        if (given == 0) {
            errors.required(path, "must specify a volume type");
        }
    }

    private static void csi(JsonNode source, String path, Errors errors) {
        VolumeSourceValidation.driver(Json.text(source, "driver"), Errors.at(path, "driver"), errors);
        errors.requiredText(source, path, "volumeHandle");
        for (String field : SECRETS) {
            if (!source.path(field).isObject()) {
                continue;
            }
            String at = Errors.at(path, field);
            errors.requiredText(source.path(field), at, "name");
            errors.requiredText(source.path(field), at, "namespace");
            String name = Json.text(source.path(field), "name");
            String namespace = Json.text(source.path(field), "namespace");
            if (!name.isEmpty()) {
                errors.invalid(Errors.at(at, "name"), name, Names.dns1123Subdomain(name));
            }
            if (!namespace.isEmpty()) {
                errors.invalid(Errors.at(at, "namespace"), namespace, Names.dns1123Label(namespace));
            }
        }
    }

    /** A volume that stands in a VolumeAttachment for one that has no object of its own. */
    static void inline(JsonNode spec, String path, Errors errors) {
        for (String field : List.of("claimRef", "capacity", "nodeAffinity", "storageClassName")) {
            JsonNode value = spec.path(field);
            if (value.isContainerNode() ? !field.equals("capacity") || !value.isEmpty() : !Json.text(value).isEmpty()) {
                errors.forbidden(Errors.at(path, field), "may not be specified in the context of inline volumes");
            }
        }
        if (!spec.path("csi").isObject()) {
            errors.required(Errors.at(path, "csi"), "has to be specified in the context of inline volumes");
        }
        accessModes(spec, path, "", errors);
        if (!Set.of("", "Retain").contains(Json.text(spec, "persistentVolumeReclaimPolicy"))) {
            errors.forbidden(Errors.at(path, "persistentVolumeReclaimPolicy"), "may only be Retain in the context of inline volumes");
        }
        if (!Set.of("", "Filesystem").contains(Json.text(spec, "volumeMode"))) {
            errors.forbidden(Errors.at(path, "volumeMode"), "may not specify volumeMode other than Filesystem in the context of inline volumes");
        }
        sources(spec, path, "", errors);
    }

    private static void update(JsonNode spec, JsonNode was, Errors errors) {
        ObjectNode source = source(spec);
        if (source.get("csi") instanceof ObjectNode csi && was.path("csi").isObject() && !Json.at(was, "csi", "controllerExpandSecretRef").isObject()) {
            csi.remove("controllerExpandSecretRef"); // may be given once
        }
        if (!Values.same(source, source(was))) {
            errors.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation");
        }
        errors.immutable(spec, was, "volumeMode");
        if (was.path("nodeAffinity").isObject() && !Values.same(spec.path("nodeAffinity"), renamed(was.path("nodeAffinity"), spec.path("nodeAffinity")))) {
            errors.invalid("nodeAffinity", spec.path("nodeAffinity"), Errors.IMMUTABLE);
        }
    }

    private static ObjectNode source(JsonNode spec) {
        ObjectNode source = spec.isObject() ? spec.deepCopy() : Json.object();
        source.remove(NO_SOURCES);
        return source;
    }

    /** The old affinity with those labels renamed that the new one has renamed. */
    private static JsonNode renamed(JsonNode was, JsonNode now) {
        JsonNode copy = was.deepCopy();
        JsonNode terms = Json.at(copy, "required", "nodeSelectorTerms");
        for (int i = 0; i < terms.size(); i++) {
            JsonNode expressions = terms.path(i).path("matchExpressions");
            for (int j = 0; j < expressions.size(); j++) {
                String wanted = Json.text(Json.at(now, "required", "nodeSelectorTerms").path(i).path("matchExpressions").path(j), "key");
                if (expressions.path(j) instanceof ObjectNode expression && wanted.equals(RENAMED.get(Json.text(expression, "key")))) {
                    expression.put("key", wanted);
                }
            }
        }
        return copy;
    }
}
