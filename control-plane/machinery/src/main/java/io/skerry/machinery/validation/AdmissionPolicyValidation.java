package io.skerry.machinery.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** ValidatingAdmissionPolicies and their bindings (KEP-3488), but for what compiling their expressions tells. */
final class AdmissionPolicyValidation {

    private static final Set<String> ACTIONS = Set.of("Audit", "Deny", "Warn");
    private static final Set<String> REASONS = Set.of("Forbidden", "Invalid", "RequestEntityTooLarge");
    private static final int MAX_ANNOTATIONS = 20;
    /** Bytes. */
    private static final int MAX_ANNOTATION_EXPRESSION = 5 * 1024;
    private static final Pattern IDENTIFIER = Pattern.compile("[_a-zA-Z][_a-zA-Z0-9]*");
    /** Words of CEL's grammar that name nothing. */
    private static final Set<String> RESERVED = Set.of("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
            "loop", "package", "namespace", "return", "var", "void", "while");

    private AdmissionPolicyValidation() {}

    static void declare(Map<String, Validation.Check> checks) {
        checks.put("validatingadmissionpolicies.admissionregistration.k8s.io", AdmissionPolicyValidation::policy);
        checks.put("validatingadmissionpolicybindings.admissionregistration.k8s.io", AdmissionPolicyValidation::binding);
    }

    private static void policy(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        errors.oneOf(spec, "spec", "failurePolicy", Set.of("Fail", "Ignore"));
        if (spec.path("paramKind").isObject()) {
            paramKind(spec.path("paramKind"), errors);
        }
        JsonNode constraints = spec.path("matchConstraints");
        if (!constraints.isObject()) {
            errors.required("spec.matchConstraints", "");
        } else {
            AdmissionRules.match(constraints, "spec.matchConstraints", errors);
            if (constraints.path("resourceRules").isEmpty()) {
                errors.required("spec.matchConstraints.resourceRules", "");
            }
        }
        AdmissionRules.conditions(spec.path("matchConditions"), "spec.matchConditions", errors);
        for (int i = 0; i < spec.path("variables").size(); i++) {
            variable(spec.path("variables").path(i), Errors.at("spec.variables", i), errors);
        }
        if (spec.path("validations").isEmpty() && spec.path("auditAnnotations").isEmpty()) {
            for (String field : List.of("validations", "auditAnnotations")) {
                errors.required(Errors.at("spec", field), "validations or auditAnnotations must contain at least one item");
            }
        }
        for (int i = 0; i < spec.path("validations").size(); i++) {
            validation(spec.path("validations").path(i), Errors.at("spec.validations", i), errors);
        }
        annotations(spec.path("auditAnnotations"), Json.text(o, "metadata", "name"), errors);
    }

    private static void paramKind(JsonNode kind, Errors errors) {
        String apiVersion = Json.text(kind, "apiVersion");
        String at = "spec.paramKind.apiVersion";
        int slash = apiVersion.indexOf('/');
        if (apiVersion.isEmpty()) {
            errors.required(at, "");
        } else if (slash != apiVersion.lastIndexOf('/')) {
            errors.invalid(at, apiVersion, "unexpected GroupVersion string: " + apiVersion);
        } else {
            String group = slash < 0 ? "" : apiVersion.substring(0, slash);
            String version = apiVersion.substring(slash + 1);
            if (!group.isEmpty() && !Names.dns1123Subdomain(group).isEmpty()) {
                errors.invalid(at, group, String.join(",", Names.dns1123Subdomain(group)));
            }
            if (version.isEmpty()) {
                errors.invalid(at, apiVersion, "version must be specified");
            } else if (!Names.dns1035Label(version).isEmpty()) {
                errors.invalid(at, version, String.join(",", Names.dns1035Label(version)));
            }
        }
        String name = Json.text(kind, "kind");
        List<String> problems = Names.dns1035Label(name.toLowerCase(Locale.ROOT));
        if (name.isEmpty()) {
            errors.required("spec.paramKind.kind", "");
        } else if (!problems.isEmpty()) {
            errors.invalid("spec.paramKind.kind", name, "may have mixed case, but should otherwise match: " + String.join(",", problems));
        }
    }

    private static void variable(JsonNode variable, String path, Errors errors) {
        String name = Json.text(variable, "name");
        if (name.isBlank()) {
            errors.required(Errors.at(path, "name"), "name is not specified");
        } else if (!IDENTIFIER.matcher(name).matches() || RESERVED.contains(name)) {
            errors.invalid(Errors.at(path, "name"), name, "name is not a valid CEL identifier");
        }
        expression(variable, "expression", path, errors);
    }

    private static void expression(JsonNode holder, String field, String path, Errors errors) {
        if (Json.text(holder, field).isBlank()) {
            errors.required(Errors.at(path, field), field + " is not specified");
        }
    }

    private static void validation(JsonNode validation, String path, Errors errors) {
        expression(validation, "expression", path, errors);
        String messageExpression = Json.text(validation, "messageExpression");
        if (!messageExpression.isEmpty() && messageExpression.isBlank()) {
            errors.invalid(Errors.at(path, "messageExpression"), messageExpression, "must be non-empty if specified");
        }
        String message = Json.text(validation, "message");
        if (!message.isEmpty() && message.isBlank()) {
            errors.invalid(Errors.at(path, "message"), message, "message must be non-empty if specified");
        } else if (message.strip().indexOf('\n') >= 0 || message.strip().indexOf('\r') >= 0) {
            errors.invalid(Errors.at(path, "message"), message, "message must not contain line breaks");
        }
        errors.optionalOneOf(validation, path, "reason", REASONS);
    }

    private static void annotations(JsonNode annotations, String policy, Errors errors) {
        if (annotations.size() > MAX_ANNOTATIONS) {
            errors.invalid("spec.auditAnnotations", annotations, "must not have more than " + MAX_ANNOTATIONS + " auditAnnotations");
        }
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < annotations.size(); i++) {
            String at = Errors.at("spec.auditAnnotations", i);
            String key = Json.text(annotations.path(i), "key");
            errors.invalid(Errors.at(at, "key"), policy + "/" + key, Names.qualifiedName(policy + "/" + key));
            expression(annotations.path(i), "valueExpression", at, errors);
            if (Errors.bytes(Json.text(annotations.path(i), "valueExpression").strip()) > MAX_ANNOTATION_EXPRESSION) {
                errors.required(Errors.at(at, "valueExpression"), "must not exceed " + MAX_ANNOTATION_EXPRESSION + " bytes in length");
            }
            if (!keys.add(key)) {
                errors.duplicate(Errors.at(at, "key"), annotations.path(i).path("key"));
            }
        }
    }

    private static void binding(ObjectNode o, ObjectNode old, Errors errors) {
        JsonNode spec = o.path("spec");
        String policy = Json.text(spec, "policyName");
        if (policy.isEmpty()) {
            errors.required("spec.policyName", "");
        } else {
            errors.invalid("spec.policyName", policy, Names.dns1123Subdomain(policy));
        }
        if (spec.path("paramRef").isObject()) {
            paramRef(spec.path("paramRef"), errors);
        }
        AdmissionRules.match(spec.path("matchResources"), "spec.matchResources", errors);
        JsonNode actions = spec.path("validationActions");
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < actions.size(); i++) {
            String action = actions.path(i).asText();
            if (!ACTIONS.contains(action)) {
                errors.notSupported(Errors.at("spec.validationActions", i), action, ACTIONS);
            }
            if (!seen.add(action)) {
                errors.duplicate(Errors.at("spec.validationActions", i), actions.path(i));
            }
        }
        if (seen.contains("Deny") && seen.contains("Warn")) {
            errors.invalid("spec.validationActions", actions, "must not contain both Deny and Warn (repeating the same validation failure information in the API response"
                    + " and headers serves no purpose)");
        }
        if (seen.isEmpty()) {
            errors.required("spec.validationActions", "at least one validation action is required");
        }
    }

    private static void paramRef(JsonNode ref, Errors errors) {
        String name = Json.text(ref, "name");
        boolean selected = ref.path("selector").isObject();
        errors.invalid("spec.paramRef.name", name, Names.pathSegment(name));
        SelectorValidation.check(ref.path("selector"), "spec.paramRef.selector", errors);
        if (!name.isEmpty() && selected) {
            for (String field : List.of("name", "selector")) {
                errors.forbidden("spec.paramRef." + field, "name and selector are mutually exclusive");
            }
        } else if (name.isEmpty() && !selected) {
            errors.required("spec.paramRef", "one of name or selector must be specified");
        }
        errors.oneOf(ref, "spec.paramRef", "parameterNotFoundAction", List.of("Deny", "Allow"));
    }
}
