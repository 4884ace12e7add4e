package io.skerry.apiserver.crd;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.registry.Conditions;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.validation.FieldError;
import io.skerry.machinery.validation.Names;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Checks a CustomResourceDefinition, in apiextensions' words (pkg/apis/apiextensions/validation/validation.go). */
final class DefinitionValidation {
    private static final Set<String> COLUMN_TYPES = Set.of("boolean", "date", "integer", "number", "string");
    private static final Set<String> COLUMN_FORMATS = Set.of("int32", "int64", "float", "double", "byte", "date", "date-time", "password", "");
    private static final Set<String> REVIEW_VERSIONS = Set.of("v1", "v1beta1");

    private final List<FieldError> errors = new ArrayList<>();

    private DefinitionValidation() {
    }

    static List<FieldError> validate(ObjectNode definition, ObjectNode oldOrNull) {
        DefinitionValidation validation = new DefinitionValidation();
        validation.names(definition);
        if (oldOrNull != null && Conditions.isTrue(oldOrNull, "Established")) {
            validation.immutable(definition, oldOrNull);
        }
        validation.versions(definition.path("spec").path("versions"), oldOrNull);
        validation.conversion(definition.path("spec").path("conversion"));
        validation.storedVersions(definition);
        return validation.errors;
    }

    private void required(String path, String detail) {
        errors.add(new FieldError(FieldError.Type.REQUIRED, path, null, detail));
    }

    private void invalid(String path, JsonNode value, String detail) {
        errors.add(new FieldError(FieldError.Type.INVALID, path, value.isMissingNode() ? "\"\"" : Json.string(value), detail));
    }

    private void notSupported(String path, String value, Set<String> supported) {
        errors.add(new FieldError(FieldError.Type.NOT_SUPPORTED, path, "\"" + value + "\"",
                "supported values: " + String.join(", ", supported.stream().filter(s -> !s.isEmpty()).sorted().map(s -> "\"" + s + "\"").toList())));
    }

    private void names(ObjectNode definition) {
        JsonNode spec = definition.path("spec");
        JsonNode name = definition.path("metadata").path("name");
        String group = Json.text(spec, "group");
        if (!name.asText("").equals(Json.text(spec, "names", "plural") + "." + group)) {
            invalid("metadata.name", name, "must be spec.names.plural+\".\"+spec.group");
        }
        if (group.isEmpty()) {
            required("spec.group", "");
        } else if (!Names.dns1123Subdomain(group).isEmpty()) {
            invalid("spec.group", spec.path("group"), String.join(",", Names.dns1123Subdomain(group)));
        } else if (group.indexOf('.') < 0) {
            invalid("spec.group", spec.path("group"), "should be a domain with at least one dot");
        }
        String scope = Json.text(spec, "scope");
        if (scope.isEmpty()) {
            required("spec.scope", "");
        } else if (!scope.equals("Cluster") && !scope.equals("Namespaced")) {
            notSupported("spec.scope", scope, Set.of("Cluster", "Namespaced"));
        }
        JsonNode names = spec.path("names");
        for (String field : List.of("plural", "kind", "singular", "listKind")) {
            JsonNode value = names.path(field);
            if (value.asText("").isEmpty()) {
                required("spec.names." + field, "");
                continue;
            }
            String checked = field.equals("kind") || field.equals("listKind") ? value.asText().toLowerCase(java.util.Locale.ROOT) : value.asText();
            Names.dns1035Label(checked).forEach(problem -> invalid("spec.names." + field, value, field.endsWith("ind")
                    ? "may have mixed case, but should otherwise match: " + problem : problem));
        }
        if (!Json.text(names, "kind").isEmpty() && Json.text(names, "kind").equals(Json.text(names, "listKind"))) {
            invalid("spec.names.listKind", names.path("listKind"), "kind and listKind may not be the same");
        }
        labels(names.path("shortNames"), "spec.names.shortNames");
        labels(names.path("categories"), "spec.names.categories");
        if ((group.endsWith(".k8s.io") || group.endsWith(".kubernetes.io") || group.equals("k8s.io") || group.equals("kubernetes.io"))
                && definition.path("metadata").path("annotations").path("api-approved.kubernetes.io").asText("").isEmpty()) {
            required("metadata.annotations[api-approved.kubernetes.io]",
                    "protected groups must have approval annotation \"api-approved.kubernetes.io\", see https://github.com/kubernetes/enhancements/pull/1111");
        }
        if (spec.path("preserveUnknownFields").asBoolean()) {
            invalid("spec.preserveUnknownFields", spec.get("preserveUnknownFields"),
                    "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead");
        }
    }

    private void labels(JsonNode list, String path) {
        for (int i = 0; i < list.size(); i++) {
            JsonNode value = list.get(i);
            String at = path + "[" + i + "]";
            Names.dns1035Label(value.asText()).forEach(problem -> invalid(at, value, problem));
        }
    }

    private void immutable(ObjectNode definition, ObjectNode old) {
        for (String[] field : new String[][] {{"spec", "group"}, {"spec", "scope"}, {"spec", "names", "kind"}, {"spec", "names", "plural"}}) {
            if (!Json.text(definition, field).equals(Json.text(old, field))) {
                invalid(String.join(".", field), Json.at(definition, field), "field is immutable");
            }
        }
    }

    private void versions(JsonNode versions, ObjectNode oldOrNull) {
        int storage = 0;
        Set<String> seen = new HashSet<>();
        boolean unique = true;
        for (int i = 0; i < versions.size(); i++) {
            JsonNode version = versions.get(i);
            String path = "spec.versions[" + i + "]";
            storage += version.path("storage").asBoolean() ? 1 : 0;
            unique &= seen.add(Json.text(version, "name"));
            Names.dns1035Label(Json.text(version, "name")).forEach(problem -> invalid(path + ".name", version.path("name"), problem));
            JsonNode schema = Json.at(version, "schema", "openAPIV3Schema");
            if (!schema.isObject()) {
                required(path + ".schema.openAPIV3Schema", "schemas are required");
            } else if (!unchanged("schema", version, oldOrNull)) {
                SchemaCheck.check(schema, path + ".schema.openAPIV3Schema", errors);
            }
            if (!unchanged("schema", version, oldOrNull) || !unchanged("selectableFields", version, oldOrNull)) {
                SelectableFieldCheck.check(version.path("selectableFields"), schema, path + ".selectableFields", errors);
            }
            if (version.hasNonNull("deprecationWarning")) {
                deprecation(version, path + ".deprecationWarning");
            }
            scale(version.path("subresources").path("scale"), path + ".subresources.scale");
            JsonNode columns = version.path("additionalPrinterColumns");
            for (int c = 0; c < columns.size(); c++) {
                column(columns.get(c), path + ".additionalPrinterColumns[" + c + "]");
            }
        }
        JsonNode shown = versions.isMissingNode() ? Json.array() : versions;
        if (!unique) {
            invalid("spec.versions", shown, "must contain unique version names");
        }
        if (storage != 1) {
            invalid("spec.versions", shown, "must have exactly one version marked as storage version");
        }
    }

    /** What was taken once is not checked anew: it would only cost time. */
    private static boolean unchanged(String field, JsonNode version, ObjectNode oldOrNull) {
        if (oldOrNull != null) {
            for (JsonNode old : oldOrNull.path("spec").path("versions")) {
                if (old.path("name").equals(version.path("name"))) {
                    return old.path(field).equals(version.path(field));
                }
            }
        }
        return false;
    }

    private void deprecation(JsonNode version, String path) {
        String warning = version.get("deprecationWarning").asText();
        if (!version.path("deprecated").asBoolean()) {
            invalid(path, version.get("deprecationWarning"), "can only be set for deprecated versions");
        }
        if (warning.length() > 256) {
            invalid(path, version.get("deprecationWarning"), "must be <= 256 characters long");
        }
        if (warning.isEmpty()) {
            invalid(path, version.get("deprecationWarning"), "must not be an empty string");
        }
    }

    private void scale(JsonNode scale, String path) {
        if (!scale.isObject()) {
            return;
        }
        for (String[] field : new String[][] {{"specReplicasPath", ".spec."}, {"statusReplicasPath", ".status."}}) {
            String value = Json.text(scale, field[0]);
            if (value.isEmpty()) {
                required(path + "." + field[0], "");
            } else if (!value.startsWith(field[1])) {
                invalid(path + "." + field[0], scale.get(field[0]), "should be a json path under " + field[1].substring(0, field[1].length() - 1));
            }
        }
        String selector = Json.text(scale, "labelSelectorPath");
        if (!selector.isEmpty() && !selector.startsWith(".spec.") && !selector.startsWith(".status.")) {
            invalid(path + ".labelSelectorPath", scale.get("labelSelectorPath"), "should be a json path under either .spec or .status");
        }
    }

    private void column(JsonNode column, String path) {
        if (Json.text(column, "name").isEmpty()) {
            required(path + ".name", "");
        }
        String type = Json.text(column, "type");
        if (type.isEmpty()) {
            required(path + ".type", "must be one of boolean,date,integer,number,string");
        } else if (!COLUMN_TYPES.contains(type)) {
            invalid(path + ".type", column.get("type"), "must be one of boolean,date,integer,number,string");
        }
        if (!COLUMN_FORMATS.contains(Json.text(column, "format"))) {
            invalid(path + ".format", column.get("format"), "must be one of byte,date,date-time,double,float,int32,int64,password");
        }
        String jsonPath = Json.text(column, "jsonPath");
        if (jsonPath.isEmpty()) {
            required(path + ".jsonPath", "");
        } else if (!jsonPath.startsWith(".")) {
            invalid(path + ".jsonPath", column.get("jsonPath"), "must be a simple json path starting with .");
        }
    }

    private void conversion(JsonNode conversion) {
        String strategy = Json.text(conversion, "strategy");
        JsonNode webhook = conversion.path("webhook");
        if (!strategy.equals("None") && !strategy.equals("Webhook")) {
            notSupported("spec.conversion.strategy", strategy, Set.of("None", "Webhook"));
        } else if (strategy.equals("None")) {
            if (webhook.isObject()) {
                errors.add(new FieldError(FieldError.Type.FORBIDDEN, "spec.conversion.webhook", null, "should not be set when strategy is not set to Webhook"));
            }
        } else if (!webhook.path("clientConfig").isObject()) {
            required("spec.conversion.webhook.clientConfig", "required when strategy is set to Webhook");
        } else {
            JsonNode client = webhook.get("clientConfig");
            if (client.hasNonNull("url") == client.hasNonNull("service")) {
                required("spec.conversion.webhook.clientConfig", "exactly one of url or service is required");
            }
            JsonNode reviews = webhook.path("conversionReviewVersions");
            boolean known = false;
            for (JsonNode version : reviews) {
                known |= REVIEW_VERSIONS.contains(version.asText());
            }
            if (reviews.isEmpty()) {
                required("spec.conversion.webhook.conversionReviewVersions", "");
            } else if (!known) {
                invalid("spec.conversion.webhook.conversionReviewVersions", reviews, "must include at least one of v1, v1beta1");
            }
        }
    }

    /** A version that objects may still be stored in stays. */
    private void storedVersions(ObjectNode definition) {
        Set<String> versions = new HashSet<>();
        definition.path("spec").path("versions").forEach(v -> versions.add(Json.text(v, "name")));
        JsonNode stored = definition.path("status").path("storedVersions");
        for (int i = 0; i < stored.size(); i++) {
            if (!versions.contains(stored.get(i).asText())) {
                invalid("status.storedVersions[" + i + "]", stored.get(i), "missing from spec.versions; " + stored.get(i).asText()
                        + " was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in "
                        + stored.get(i).asText() + " and removes " + stored.get(i).asText() + " from status.storedVersions");
            }
        }
    }
}
