package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.patch.Values;
import io.skerry.machinery.quantity.Quantity;
import java.util.List;

/** PersistentVolumeClaims, and the templates of them that pods carry. */
final class ClaimValidation {

    /** How the class was asked for before there was a field. */
    private static final String CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";

    private ClaimValidation() {}

    static void check(ObjectNode o, ObjectNode old, Errors errors) {
        spec(o.path("spec"), "spec", errors);
        if (old != null) {
            update(o, old, errors);
        }
    }

    /** A pod's ephemeral volume: labels, annotations and spec of the claim that is made for it. */
    static void template(JsonNode template, String path, Errors errors) {
        JsonNode metadata = template.path("metadata");
        String at = Errors.at(path, "metadata");
        MetadataValidation.annotations(metadata.path("annotations"), Errors.at(at, "annotations"), errors);
        MetadataValidation.labels(metadata.path("labels"), Errors.at(at, "labels"), errors);
        for (var field : metadata.properties()) {
            if (!List.of("annotations", "labels").contains(field.getKey()) && !field.getValue().isNull()) {
                errors.forbidden(Errors.at(at, field.getKey()), "cannot be set");
            }
        }
        spec(template.path("spec"), Errors.at(path, "spec"), errors);
    }

    private static void spec(JsonNode spec, String path, Errors errors) {
        PersistentVolumeValidation.accessModes(spec, path, "at least 1 access mode is required", errors);
        SelectorValidation.check(spec.path("selector"), Errors.at(path, "selector"), errors);
        JsonNode asked = Json.at(spec, "resources", "requests", "storage");
        String at = Errors.key(Errors.at(path, "resources"), "storage");
        if (asked.isMissingNode()) {
            errors.required(at, "");
        } else {
            PersistentVolumeValidation.positive(asked, at, errors);
        }
        PersistentVolumeValidation.modes(spec, path, errors);
        JsonNode source = spec.path("dataSource");
        JsonNode reference = spec.path("dataSourceRef");
        dataSource(source, Errors.at(path, "dataSource"), errors);
        dataSource(reference, Errors.at(path, "dataSourceRef"), errors);
        String namespace = Json.text(reference, "namespace");
        if (!namespace.isEmpty()) {
            errors.invalid(Errors.at(Errors.at(path, "dataSourceRef"), "namespace"), namespace, Names.dns1123Label(namespace));
            if (source.isObject()) {
                errors.invalid(path, Errors.at(path, "dataSource"), "may not be specified when dataSourceRef.namespace is specified");
            }
        } else if (source.isObject() && reference.isObject()) {
            for (String field : List.of("apiGroup", "kind", "name")) {
                if (!Json.text(source, field).equals(Json.text(reference, field))) {
                    errors.invalid(path, Errors.at(path, "dataSource"), "must match dataSourceRef");
                    break;
                }
            }
        }
    }

    private static void dataSource(JsonNode source, String path, Errors errors) {
        if (!source.isObject()) {
            return;
        }
        errors.requiredText(source, path, "name");
        errors.requiredText(source, path, "kind");
        String group = Json.text(source, "apiGroup");
        if (group.isEmpty() && !Json.text(source, "kind").equals("PersistentVolumeClaim")) {
            errors.invalid(path, Json.text(source, "kind"), "must be 'PersistentVolumeClaim' when referencing the default apiGroup");
        } else if (!group.isEmpty()) {
            errors.invalid(Errors.at(path, "apiGroup"), group, Names.dns1123Subdomain(group));
        }
    }

    private static void update(ObjectNode o, ObjectNode old, Errors errors) {
        if (!(o.path("spec").deepCopy() instanceof ObjectNode now) || !(old.path("spec").deepCopy() instanceof ObjectNode was)) {
            return;
        }
        if (Json.text(was, "volumeName").isEmpty()) { // the binder sets it once
            keep("volumeName", was, now);
        }
        String annotated = Json.text(old, "metadata", "annotations", CLASS_ANNOTATION);
        String annotation = Json.text(o, "metadata", "annotations", CLASS_ANNOTATION);
        boolean given = !was.hasNonNull("storageClassName") && now.hasNonNull("storageClassName")
                && (annotated.isEmpty() || annotated.equals(Json.text(now, "storageClassName")));
        boolean moved = given && !annotated.isEmpty() && annotation.isEmpty(); // from the annotation to the field
        if (!annotation.equals(annotated) && !moved) {
            errors.invalid("metadata.annotations[" + CLASS_ANNOTATION + "]", annotation, Errors.IMMUTABLE);
        }
        if (given) { // a default class that came later
            keep("storageClassName", was, now);
        }
        JsonNode wanted = Json.at(now, "resources", "requests", "storage");
        JsonNode asked = Json.at(was, "resources", "requests", "storage");
        int change = compare(wanted, asked);
        if (Json.text(o, "status", "phase").equals("Bound") && Json.at(now, "resources", "requests") instanceof ObjectNode requests) {
            requests.set("storage", asked);
        }
        keep("volumeAttributesClassName", was, now);
        if (!Values.same(now, was)) {
            errors.forbidden("spec", "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims");
        }
        // a size that could not be reached may be given up again (KEP-1790), but nothing shrinks
        if (change < 0 && compare(wanted, Json.at(old, "status", "capacity", "storage")) <= 0) {
            errors.forbidden("spec.resources.requests.storage", "field can not be less than status.capacity");
        }
        errors.immutable(o.path("spec"), old.path("spec"), "volumeMode");
    }

    private static void keep(String field, ObjectNode was, ObjectNode now) {
        if (was.has(field)) {
            now.set(field, was.get(field));
        } else {
            now.remove(field);
        }
    }

    /** What is absent counts as 0, as a Go map gives it; what is no quantity was told before. */
    private static int compare(JsonNode a, JsonNode b) {
        try {
            return Quantity.parse(a.asText("0")).compareTo(Quantity.parse(b.isMissingNode() ? "0" : b.asText("0")));
        } catch (IllegalArgumentException notQuantities) {
            return 0;
        }
    }
}
