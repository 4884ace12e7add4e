package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.quantity.Quantity;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Persistent volumes, claims and storage classes. */
final class StorageValidation {

    private static final Set<String> ACCESS_MODES = Set.of("ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod");
    private static final Set<String> VOLUME_MODES = Set.of("Block", "Filesystem");
    /** A volume's spec beside its source. */
    private static final Set<String> NO_SOURCES = Set.of("accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy", "storageClassName",
            "volumeAttributesClassName", "volumeMode");

    private StorageValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("persistentvolumes", StorageValidation::volume);
        checks.put("persistentvolumeclaims", StorageValidation::claim);
        checks.put("storageclasses.storage.k8s.io", StorageValidation::storageClass);
    }

    private static void accessModes(JsonNode spec, Errors errors) {
        JsonNode modes = spec.path("accessModes");
        if (modes.isEmpty()) {
            errors.required("spec.accessModes", "at least 1 access mode is required");
        }
        boolean pod = false;
        for (JsonNode mode : modes) {
            if (!ACCESS_MODES.contains(mode.asText())) {
                errors.notSupported("spec.accessModes", mode.asText(), ACCESS_MODES);
            }
            pod |= mode.asText().equals("ReadWriteOncePod");
        }
        if (pod && modes.size() > 1) {
            errors.forbidden("spec.accessModes", "may not use ReadWriteOncePod with other access modes");
        }
        errors.optionalOneOf(spec, "spec", "volumeMode", VOLUME_MODES);
        String storageClass = Json.text(spec, "storageClassName");
        if (!storageClass.isEmpty()) {
            errors.invalid("spec.storageClassName", storageClass, Names.dns1123Subdomain(storageClass));
        }
    }

    private static void volume(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        accessModes(spec, errors);
        if (spec.path("capacity").isEmpty()) {
            errors.required("spec.capacity", "");
        } else if (!spec.path("capacity").has("storage") || spec.path("capacity").size() > 1) {
            errors.notSupported("spec.capacity", spec.path("capacity").fieldNames().next(), List.of("storage"));
        }
        for (var capacity : spec.path("capacity").properties()) {
            Quantity quantity = Resources.quantity(capacity.getValue(), Errors.key("spec.capacity", capacity.getKey()), errors);
            if (quantity != null && quantity.sign() <= 0) {
                errors.invalid(Errors.key("spec.capacity", capacity.getKey()), quantity.toString(), "must be greater than zero");
            }
        }
        errors.optionalOneOf(spec, "spec", "persistentVolumeReclaimPolicy", Set.of("Retain", "Recycle", "Delete"));
        int given = 0;
        for (var field : spec.properties()) {
            if (NO_SOURCES.contains(field.getKey()) || field.getValue().isNull()) {
                continue;
            }
            String at = Errors.at("spec", field.getKey());
            if (++given > 1) {
                errors.forbidden(at, "may not specify more than 1 volume type");
                continue;
            }
            switch (field.getKey()) {
                case "hostPath" -> VolumeValidation.hostPath(field.getValue(), at, errors);
                case "nfs" -> VolumeValidation.nfs(field.getValue(), at, errors);
                case "local" -> {
                    errors.requiredText(field.getValue(), at, "path");
                    if (!Json.at(spec, "nodeAffinity", "required").isObject()) {
                        errors.required("spec.nodeAffinity", "Local volume requires node affinity");
                    }
                }
                case "csi" -> {
                    errors.requiredText(field.getValue(), at, "driver");
                    errors.requiredText(field.getValue(), at, "volumeHandle");
                }
                default -> { }
            }
        }
        if (given == 0) {
            errors.required("spec", "must specify a volume type");
        }
        if (old != null) {
            if (!Values.same(source(spec), source(old.path("spec")))) {
                errors.forbidden("spec.persistentvolumesource", "spec.persistentvolumesource is immutable after creation");
            }
            errors.immutable(o, old, "spec", "volumeMode");
        }
    }

    private static ObjectNode source(JsonNode spec) {
        ObjectNode source = spec.isObject() ? spec.deepCopy() : Json.object();
        source.remove(NO_SOURCES);
        return source;
    }

    private static void claim(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        accessModes(spec, errors);
        JsonNode requests = Json.at(spec, "resources", "requests");
        if (!requests.has("storage")) {
            errors.required("spec.resources[storage]", "");
        } else {
            Quantity asked = Resources.quantity(requests.get("storage"), "spec.resources[storage]", errors);
            if (asked != null && asked.sign() <= 0) {
                errors.invalid("spec.resources[storage]", asked.toString(), "must be greater than zero");
            }
        }
        SelectorValidation.check(spec.path("selector"), "spec.selector", errors);
        if (old != null) {
            claimUpdate(o, old, errors);
        }
    }

    private static void claimUpdate(ObjectNode o, ObjectNode old, Errors errors) {
        if (!(o.path("spec").deepCopy() instanceof ObjectNode now) || !(old.path("spec").deepCopy() instanceof ObjectNode was)) {
            return;
        }
        boolean bound = Json.text(old, "status", "phase").equals("Bound");
        if (Json.text(was, "volumeName").isEmpty()) { // the binder may set it once, and a default class may still be given
            now.remove("volumeName");
            was.remove("volumeName");
            if (!was.hasNonNull("storageClassName")) {
                now.remove("storageClassName");
                was.remove("storageClassName");
            }
        }
        String request = Json.text(was, "resources", "requests", "storage");
        String wanted = Json.text(now, "resources", "requests", "storage");
        if (bound) {
            for (ObjectNode each : List.of(now, was)) {
                if (Json.at(each, "resources", "requests") instanceof ObjectNode requests) {
                    requests.remove("storage");
                }
                each.remove("volumeAttributesClassName");
            }
            if (smaller(wanted, request) && smaller(wanted, Json.text(old, "status", "capacity", "storage"))) {
                errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
            }
        }
        if (!Values.same(now, was)) {
            errors.forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
        }
    }

    private static boolean smaller(String a, String b) {
        try {
            return Quantity.parse(a).compareTo(Quantity.parse(b)) < 0;
        } catch (IllegalArgumentException notQuantities) {
            return false;
        }
    }

    private static void storageClass(ObjectNode o, ObjectNode old, Errors errors) {
        String provisioner = Json.text(o, "provisioner");
        if (provisioner.isEmpty()) {
            errors.required("provisioner", "");
        } else {
            errors.invalid("provisioner", provisioner, Names.qualifiedName(provisioner.toLowerCase()));
        }
        errors.optionalOneOf(o, "", "reclaimPolicy", Set.of("Delete", "Retain"));
        errors.optionalOneOf(o, "", "volumeBindingMode", Set.of("Immediate", "WaitForFirstConsumer"));
        if (old == null) {
            return;
        }
        boolean noParameters = o.path("parameters").isEmpty() && old.path("parameters").isEmpty();
        if (!noParameters && !Values.same(o.path("parameters"), old.path("parameters"))) {
            errors.forbidden("parameters", "updates to parameters are forbidden.");
        }
        if (!provisioner.equals(Json.text(old, "provisioner"))) {
            errors.forbidden("provisioner", "updates to provisioner are forbidden.");
        }
        if (!Json.text(o, "reclaimPolicy").equals(Json.text(old, "reclaimPolicy"))) {
            errors.forbidden("reclaimPolicy", "updates to reclaimPolicy are forbidden.");
        }
        errors.immutable(o, old, "volumeBindingMode");
    }
}
