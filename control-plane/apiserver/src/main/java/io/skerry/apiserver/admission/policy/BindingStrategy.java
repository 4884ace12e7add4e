package io.skerry.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.rules.Match;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** ValidatingAdmissionPolicyBindings (pkg/apis/admissionregistration/validation). */
public final class BindingStrategy extends Strategy {
    private static final List<String> ACTIONS = List.of("Audit", "Deny", "Warn");

    public BindingStrategy(ResourceType type) {
        super(type, true);
    }

    @Override
    public List<FieldError> validate(ObjectNode binding, ObjectNode oldOrNull) {
        List<FieldError> errors = new ArrayList<>();
        JsonNode spec = binding.path("spec");
        if (Json.text(spec, "policyName").isEmpty()) {
            errors.add(new FieldError(FieldError.Type.REQUIRED, "spec.policyName", null, ""));
        }
        JsonNode ref = spec.path("paramRef");
        if (ref.isObject()) {
            boolean named = !Json.text(ref, "name").isEmpty();
            if (named == ref.path("selector").isObject()) {
                errors.add(new FieldError(named ? FieldError.Type.FORBIDDEN : FieldError.Type.REQUIRED, "spec.paramRef", null, named
                        ? "name and selector are mutually exclusive" : "one of name or selector must be specified"));
            }
            if (Json.text(ref, "parameterNotFoundAction").isEmpty()) {
                errors.add(new FieldError(FieldError.Type.REQUIRED, "spec.paramRef.parameterNotFoundAction", null, ""));
            }
        }
        Set<String> actions = new HashSet<>();
        JsonNode asked = spec.path("validationActions");
        for (int i = 0; i < asked.size(); i++) {
            String action = asked.get(i).asText();
            if (!ACTIONS.contains(action)) {
                errors.add(new FieldError(FieldError.Type.NOT_SUPPORTED, "spec.validationActions[" + i + "]", "\"" + action + "\"",
                        "supported values: \"Audit\", \"Deny\", \"Warn\""));
            } else if (!actions.add(action)) {
                errors.add(new FieldError(FieldError.Type.DUPLICATE, "spec.validationActions[" + i + "]", "\"" + action + "\"", ""));
            }
        }
        if (asked.isEmpty()) {
            errors.add(new FieldError(FieldError.Type.REQUIRED, "spec.validationActions", null, "at least one validation action is required"));
        }
        if (actions.contains("Deny") && actions.contains("Warn")) {
            errors.add(new FieldError(FieldError.Type.INVALID, "spec.validationActions", Json.string(asked), "must not contain both Deny and Warn (repeating the same validation"
                    + " failure information in the API response and headers serves no purpose)"));
        }
        errors.addAll(Match.problems(spec.path("matchResources"), "spec.matchResources"));
        return errors;
    }
}
