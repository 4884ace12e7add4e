package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/** {@code metadata}: names, labels, annotations, owners, finalizers, and what of it never changes. */
final class MetadataValidation {

    private static final int MAX_ANNOTATIONS = 256 * 1024;
    /** Bytes. */
    private static final int MAX_MANAGER = 128;
    private static final int MAX_SUBRESOURCE = 256;
    private static final Set<String> STANDARD_FINALIZERS = Set.of("kubernetes", "orphan", "foregroundDeletion");
    private static final String RBAC = "rbac.authorization.k8s.io";
    /** Groups whose types may have finalizers without a prefix of any name, as upstream validates their metadata without the core group's additions. */
    private static final Set<String> ANY_FINALIZER = Set.of("apiextensions.k8s.io", "apiregistration.k8s.io", "admissionregistration.k8s.io", "coordination.k8s.io",
            "node.k8s.io", "policy");

    /** Types whose names are no DNS subdomains. */
    private static final Map<String, Function<String, List<String>>> NAMES = new HashMap<>();

    static {
        NAMES.put("namespaces", Names::dns1123Label);
        NAMES.put("services", Names::dns1035Label);
        NAMES.put("cronjobs.batch", name -> {
            List<String> errors = new ArrayList<>(Names.dns1123Subdomain(name));
            if (name.length() > 52) { // the controller adds a time to it for the jobs
                errors.add("must be no more than 52 characters");
            }
            return errors;
        });
        for (String type : List.of("roles.", "rolebindings.", "clusterroles.", "clusterrolebindings.")) {
            NAMES.put(type + RBAC, Names::pathSegment);
        }
        // "v1." is the core group's APIService; a CSIDriver's name may be in upper case, as its own rule tells
        for (String type : List.of("events", "apiservices.apiregistration.k8s.io", "certificatesigningrequests.certificates.k8s.io", "poddisruptionbudgets.policy",
                "csidrivers.storage.k8s.io")) {
            NAMES.put(type, Names::pathSegment);
        }
        NAMES.put("ipaddresses.networking.k8s.io", Addresses::ip);
    }

    private MetadataValidation() {}

    static void check(ResourceType type, ObjectNode object, ObjectNode old, Errors errors) {
        JsonNode metadata = object.path("metadata");
        Function<String, List<String>> rule = NAMES.getOrDefault(type.group().isEmpty() ? type.plural() : type.plural() + "." + type.group(), Names::dns1123Subdomain);
        String generateName = Json.text(metadata, "generateName");
        if (!generateName.isEmpty()) {
            errors.invalid("metadata.generateName", generateName, rule.apply(maskTrailingDash(generateName)));
        }
        String name = Json.text(metadata, "name");
        if (name.isEmpty()) {
            errors.required("metadata.name", "name or generateName is required");
        } else {
            errors.invalid("metadata.name", name, rule.apply(name));
        }
        String namespace = Json.text(metadata, "namespace");
        if (!type.namespaced()) {
            if (!namespace.isEmpty()) {
                errors.forbidden("metadata.namespace", "not allowed on this type");
            }
        } else if (namespace.isEmpty()) {
            errors.required("metadata.namespace", "");
        } else {
            errors.invalid("metadata.namespace", namespace, Names.dns1123Label(namespace));
        }
        labels(metadata.path("labels"), "metadata.labels", errors);
        annotations(metadata.path("annotations"), "metadata.annotations", errors);
        owners(metadata.path("ownerReferences"), errors);
        finalizers(metadata.path("finalizers"), isBuiltIn(type), errors);
        errors.notNegative(metadata, "metadata", "generation");
        managers(metadata.path("managedFields"), errors);
        if (old != null) {
            update(metadata, old.path("metadata"), errors);
        }
    }

    /** Whether only well-known names may stand without a prefix: not for custom resources. */
    private static boolean isBuiltIn(ResourceType type) {
        return !ANY_FINALIZER.contains(type.group()) && !type.schema().rules().isObject();
    }

    /** A prefix may end in what a whole name may not. */
    private static String maskTrailingDash(String name) {
        return name.length() > 1 && name.endsWith("-") ? name.substring(0, name.length() - 2) + "a" : name;
    }

    static void labels(JsonNode labels, String path, Errors errors) {
        for (var label : labels.properties()) {
            errors.invalid(path, label.getKey(), Names.qualifiedName(label.getKey()));
            errors.invalid(path, label.getValue().asText(), Names.labelValue(label.getValue().asText()));
        }
    }

    static void annotations(JsonNode annotations, String path, Errors errors) {
        long size = 0;
        for (var annotation : annotations.properties()) {
            errors.invalid(path, annotation.getKey(), Names.qualifiedName(annotation.getKey().toLowerCase()));
            size += Errors.bytes(annotation.getKey()) + Errors.bytes(annotation.getValue().asText());
        }
        if (size > MAX_ANNOTATIONS) {
            errors.tooLong(path, MAX_ANNOTATIONS);
        }
    }

    private static void owners(JsonNode owners, Errors errors) {
        String controller = "";
        String path = "metadata.ownerReferences"; // upstream's, whichever of them it is
        for (JsonNode owner : owners) {
            String apiVersion = Json.text(owner, "apiVersion");
            if (apiVersion.substring(apiVersion.indexOf('/') + 1).isEmpty()) {
                errors.invalid(Errors.at(path, "apiVersion"), apiVersion, "version must not be empty");
            }
            for (String field : List.of("kind", "name", "uid")) {
                if (Json.text(owner, field).isEmpty()) {
                    errors.invalid(Errors.at(path, field), "", "must not be empty");
                }
            }
            if (apiVersion.equals("v1") && Json.text(owner, "kind").equals("Event")) {
                errors.invalid(path, owner, "/v1, Kind=Event is disallowed from being an owner");
            }
            if (owner.path("controller").asBoolean()) {
                String owned = Json.text(owner, "kind") + "/" + Json.text(owner, "name");
                if (!controller.isEmpty()) {
                    errors.invalid(path, owners, "Only one reference can have Controller set to true. Found \"true\" in references for " + controller + " and " + owned);
                } else {
                    controller = owned;
                }
            }
        }
    }

    /** metav1 validation's ValidateManagedFields. */
    private static void managers(JsonNode entries, Errors errors) {
        for (int i = 0; i < entries.size(); i++) {
            JsonNode entry = entries.path(i);
            String path = Errors.at("metadata.managedFields", i);
            String operation = Json.text(entry, "operation");
            if (!operation.equals("Apply") && !operation.equals("Update")) {
                errors.invalid(Errors.at(path, "operation"), TextNode.valueOf(operation), "must be `Apply` or `Update`");
            }
            String type = Json.text(entry, "fieldsType");
            if (!type.isEmpty() && !type.equals("FieldsV1")) {
                errors.invalid(Errors.at(path, "fieldsType"), TextNode.valueOf(type), "must be `FieldsV1`");
            }
            String manager = Json.text(entry, "manager");
            if (Errors.bytes(manager) > MAX_MANAGER) {
                errors.tooLong(Errors.at(path, "manager"), MAX_MANAGER);
            }
            errors.invalid(Errors.at(path, "manager"), manager, Names.printable(manager));
            if (Errors.bytes(Json.text(entry, "subresource")) > MAX_SUBRESOURCE) {
                errors.tooLong(Errors.at(path, "subresource"), MAX_SUBRESOURCE);
            }
        }
    }

    private static void finalizers(JsonNode finalizers, boolean builtIn, Errors errors) {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < finalizers.size(); i++) {
            String name = finalizers.path(i).asText();
            seen.add(name);
            errors.invalid("metadata.finalizers", name, Names.qualifiedName(name));
            if (builtIn) {
                finalizer(name, Errors.at("metadata.finalizers", i), errors);
            }
        }
        if (seen.containsAll(List.of("orphan", "foregroundDeletion"))) {
            errors.invalid("metadata.finalizers", finalizers, "finalizer orphan and foregroundDeletion cannot be both set");
        }
    }

    /** Without a prefix, only Kubernetes' own names. */
    static void finalizer(String name, String path, Errors errors) {
        if (name.indexOf('/') < 0 && !STANDARD_FINALIZERS.contains(name)) {
            errors.invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified");
        }
    }

    private static void update(JsonNode metadata, JsonNode old, Errors errors) {
        if (old.hasNonNull("deletionTimestamp")) {
            List<String> before = new ArrayList<>();
            old.path("finalizers").forEach(f -> before.add(f.asText()));
            Set<String> added = new TreeSet<>();
            metadata.path("finalizers").forEach(f -> {
                if (!before.contains(f.asText())) {
                    added.add("\"" + f.asText() + "\"");
                }
            });
            if (!added.isEmpty()) {
                errors.forbidden("metadata.finalizers", "no new finalizers can be added if the object is being deleted, found new finalizers []string{" + String.join(", ", added) + "}");
            }
        }
        if (metadata.path("generation").asLong() < old.path("generation").asLong()) {
            errors.invalid("metadata.generation", metadata.path("generation"), "must not be decremented");
        }
        for (String field : List.of("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds")) {
            String now = Json.text(metadata, field);
            if (!now.equals(Json.text(old, field))) {
                errors.invalid("metadata." + field, metadata.path(field), Errors.IMMUTABLE);
            }
        }
    }
}
