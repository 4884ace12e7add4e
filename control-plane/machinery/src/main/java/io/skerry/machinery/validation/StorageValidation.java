package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** storage.k8s.io: classes, and what CSI drivers say of themselves, of nodes and of volumes. */
final class StorageValidation {

    private static final String GROUP = ".storage.k8s.io";
    private static final Set<String> FS_GROUP_POLICIES = Set.of("ReadWriteOnceWithFSType", "File", "None");
    private static final List<String> LIFECYCLE_MODES = List.of("Persistent", "Ephemeral");
    private static final int MAX_PARAMETERS = 512;
    private static final int MAX_PARAMETER_BYTES = 256 * 1024;
    /** Bytes, since CSI 1.4. */
    private static final int MAX_NODE_ID = 256;

    private StorageValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("persistentvolumes", PersistentVolumeValidation::check);
        checks.put("persistentvolumeclaims", ClaimValidation::check);
        checks.put("storageclasses" + GROUP, StorageValidation::storageClass);
        checks.put("csidrivers" + GROUP, StorageValidation::driver);
        checks.put("csinodes" + GROUP, StorageValidation::node);
        checks.put("csistoragecapacities" + GROUP, StorageValidation::capacity);
        checks.put("volumeattachments" + GROUP, StorageValidation::attachment);
    }

    private static void storageClass(ObjectNode o, ObjectNode old, Errors errors) {
        String provisioner = Json.text(o, "provisioner");
        if (provisioner.isEmpty()) {
            errors.required("provisioner", "");
        } else {
            errors.invalid("provisioner", provisioner, Names.qualifiedName(provisioner.toLowerCase()));
        }
        parameters(o.path("parameters"), errors);
        errors.optionalOneOf(o, "", "reclaimPolicy", Set.of("Delete", "Retain"));
        errors.optionalOneOf(o, "", "volumeBindingMode", Set.of("Immediate", "WaitForFirstConsumer"));
        topologies(o.path("allowedTopologies"), errors);
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

    private static void parameters(JsonNode parameters, Errors errors) {
        if (parameters.size() > MAX_PARAMETERS) {
            errors.tooLong("parameters", MAX_PARAMETERS);
            return;
        }
        long size = 0;
        for (var parameter : parameters.properties()) {
            if (parameter.getKey().isEmpty()) {
                errors.invalid("parameters", "", "field can not be empty.");
            }
            size += Errors.bytes(parameter.getKey()) + Errors.bytes(parameter.getValue().asText());
        }
        if (size > MAX_PARAMETER_BYTES) {
            errors.tooLong("parameters", MAX_PARAMETER_BYTES);
        }
    }

    private static void topologies(JsonNode topologies, Errors errors) {
        Set<Map<String, Set<String>>> terms = new HashSet<>();
        for (int i = 0; i < topologies.size(); i++) {
            String path = Errors.at(Errors.at("allowedTopologies", i), "matchLabelExpressions");
            Map<String, Set<String>> term = new HashMap<>();
            JsonNode expressions = topologies.path(i).path("matchLabelExpressions");
            for (int j = 0; j < expressions.size(); j++) {
                String at = Errors.at(path, j);
                String key = Json.text(expressions.path(j), "key");
                JsonNode values = expressions.path(j).path("values");
                if (values.isEmpty()) {
                    errors.required(Errors.at(at, "values"), "");
                }
                Set<String> distinct = new HashSet<>();
                for (int v = 0; v < values.size(); v++) {
                    if (!distinct.add(values.path(v).asText())) {
                        errors.duplicate(Errors.at(Errors.at(at, "values"), v), values.path(v));
                    }
                }
                errors.invalid(Errors.at(at, "key"), key, Names.qualifiedName(key));
                if (term.put(key, distinct) != null) {
                    errors.duplicate(Errors.at(at, "key"), expressions.path(j).path("key"));
                }
            }
            if (!terms.add(term)) {
                errors.duplicate(path, TextNode.valueOf(""));
            }
        }
    }

    private static void driver(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        VolumeSourceValidation.driver(Json.text(o, "metadata", "name"), "name", errors);
        errors.optionalOneOf(spec, "spec", "fsGroupPolicy", FS_GROUP_POLICIES);
        Set<String> audiences = new HashSet<>();
        JsonNode tokens = spec.path("tokenRequests");
        for (int i = 0; i < tokens.size(); i++) {
            String at = Errors.at("spec.tokenRequests", i);
            if (!audiences.add(Json.text(tokens.path(i), "audience"))) {
                errors.duplicate(Errors.at(at, "audience"), TextNode.valueOf(Json.text(tokens.path(i), "audience")));
            } else {
                VolumeValidation.expiration(tokens.path(i), at, errors);
            }
        }
        for (JsonNode mode : spec.path("volumeLifecycleModes")) {
            if (!LIFECYCLE_MODES.contains(mode.asText())) {
                errors.notSupported("spec.volumeLifecycleModes", mode.asText(), LIFECYCLE_MODES);
            }
        }
        JsonNode period = spec.path("nodeAllocatableUpdatePeriodSeconds");
        if (period.isNumber() && period.asLong() < 10) {
            errors.invalid("spec.nodeAllocatableUpdatePeriodSeconds", period, "must be greater than or equal to 10 seconds");
        }
        if (old != null) {
            if (spec.path("attachRequired").asBoolean() != Json.at(old, "spec", "attachRequired").asBoolean()) {
                errors.invalid("spec.attachedRequired", spec.path("attachRequired"), Errors.IMMUTABLE); // upstream's path
            }
            errors.immutable(o, old, "spec", "volumeLifecycleModes");
        }
    }

    private static void node(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode drivers = Json.at(o, "spec", "drivers");
        Set<String> names = new HashSet<>();
        for (int i = 0; i < drivers.size(); i++) {
            JsonNode driver = drivers.path(i);
            String at = Errors.at("spec.drivers", i);
            String name = Json.text(driver, "name");
            VolumeSourceValidation.driver(name, Errors.at(at, "name"), errors);
            String id = Json.text(driver, "nodeID");
            if (id.isEmpty()) {
                errors.required(Errors.at(at, "nodeID"), "");
            } else if (Errors.bytes(id) > MAX_NODE_ID) {
                errors.invalid(Errors.at(at, "nodeID"), id, "must be " + MAX_NODE_ID + " characters or less");
            }
            errors.notNegative(driver.path("allocatable"), Errors.at(at, "allocatable"), "count");
            if (!names.add(name)) {
                errors.duplicate(Errors.at(at, "name"), driver.path("name"));
            }
            Set<String> keys = new HashSet<>();
            for (JsonNode key : driver.path("topologyKeys")) {
                if (key.asText().isEmpty()) {
                    errors.required(at, "");
                }
                if (!keys.add(key.asText())) {
                    errors.duplicate(at, key);
                }
                errors.invalid(at, key.asText(), Names.qualifiedName(key.asText()));
            }
            for (JsonNode was : old == null ? Json.array() : Json.at(old, "spec", "drivers")) {
                if (Json.text(was, "name").equals(name) && !Values.same(was, driver)) {
                    errors.invalid("spec.drivers", driver, Errors.IMMUTABLE);
                }
            }
        }
    }

    private static void capacity(ObjectNode o, ObjectNode old, Errors errors) {
        SelectorValidation.check(o.path("nodeTopology"), "nodeTopology", errors);
        String storageClass = Json.text(o, "storageClassName");
        errors.invalid("storageClassName", storageClass, Names.dns1123Subdomain(storageClass));
        if (o.hasNonNull("capacity")) {
            Resources.notNegative(o.get("capacity"), "capacity", errors);
        }
        if (old != null) {
            errors.immutable(o, old, "nodeTopology");
            errors.immutable(o, old, "storageClassName");
        }
    }

    private static void attachment(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        VolumeSourceValidation.driver(Json.text(spec, "attacher"), "spec.attacher", errors);
        JsonNode volume = Json.at(spec, "source", "persistentVolumeName");
        JsonNode inline = Json.at(spec, "source", "inlineVolumeSpec");
        String one = "must specify exactly one of inlineVolumeSpec and persistentVolumeName";
        if (inline.isObject() && volume.isTextual()) {
            errors.forbidden("spec.source", one);
        } else if (inline.isObject()) {
            PersistentVolumeValidation.inline(inline, "spec.source.inlineVolumeSpec", errors);
        } else if (!volume.isTextual()) {
            errors.required("spec.source", one);
        } else if (volume.asText().isEmpty()) {
            errors.required("spec.source.persistentVolumeName", "must specify non empty persistentVolumeName");
        } else {
            errors.invalid("spec.source.persistentVolumeName", volume.asText(), Names.dns1123Subdomain(volume.asText()));
        }
        errors.invalid("spec.nodeName", Json.text(spec, "nodeName"), Names.dns1123Subdomain(Json.text(spec, "nodeName")));
        if (old != null) {
            errors.immutable(o, old, "spec");
        }
    }
}
