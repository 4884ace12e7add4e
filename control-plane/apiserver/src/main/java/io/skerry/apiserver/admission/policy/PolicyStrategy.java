package io.skerry.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.admission.rules.Match;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.machinery.cel.CelEnvironment;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.cel.CelProgram;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** ValidatingAdmissionPolicies: their expressions compile, and they name what they are for (pkg/apis/admissionregistration/validation). */
public final class PolicyStrategy extends Strategy {
    private static final Set<String> REASONS = Set.of("Forbidden", "Invalid", "RequestEntityTooLarge", "Unauthorized");
    private static final Pattern IDENTIFIER = Pattern.compile("[_a-zA-Z][_a-zA-Z0-9]*");

    private final ServedTypes types;

    /** @param types not asked before a policy is written */
    public PolicyStrategy(ResourceType type, ServedTypes types) {
        super(type, true);
        this.types = types;
    }

    @Override
    public void prepareForCreate(ObjectNode policy) {
        super.prepareForCreate(policy);
        checkTypes(policy);
    }

    @Override
    public void prepareForUpdate(ObjectNode updated, ObjectNode old) {
        super.prepareForUpdate(updated, old);
        checkTypes(updated);
    }

    /** With the write, so that who made a policy reads at once what is wrong with it; once a generation, as upstream. */
    private void checkTypes(ObjectNode policy) {
        long generation = metadata(policy).path("generation").asLong();
        if (policy.path("status").path("observedGeneration").asLong() < generation) {
            ObjectNode status = Json.ensureObject(policy, "status");
            status.put("observedGeneration", generation);
            status.set("typeChecking", TypeChecking.check(policy.path("spec"), types));
        }
    }

    @Override
    public List<FieldError> validate(ObjectNode policy, ObjectNode oldOrNull) {
        List<FieldError> errors = new ArrayList<>();
        JsonNode spec = policy.path("spec");
        if (oldOrNull != null && oldOrNull.path("spec").equals(spec)) {
            return errors;
        }
        boolean params = spec.path("paramKind").isObject();
        if (params) {
            for (String field : List.of("apiVersion", "kind")) {
                if (Json.text(spec, "paramKind", field).isEmpty()) {
                    errors.add(new FieldError(FieldError.Type.REQUIRED, "spec.paramKind." + field, null, ""));
                }
            }
        }
        if (spec.path("matchConstraints").path("resourceRules").isEmpty()) {
            errors.add(new FieldError(FieldError.Type.REQUIRED, "spec.matchConstraints.resourceRules", null, ""));
        }
        errors.addAll(Match.problems(spec.path("matchConstraints"), "spec.matchConstraints"));
        JsonNode validations = spec.path("validations");
        JsonNode annotations = spec.path("auditAnnotations");
        if (validations.isEmpty() && annotations.isEmpty()) {
            errors.add(new FieldError(FieldError.Type.REQUIRED, "spec.validations", null, "validations or auditAnnotations must contain at least one item"));
        }
        CelEnvironment environment = Expressions.environment(params, true);
        CelEnvironment plain = Expressions.environment(params, false);
        JsonNode variables = spec.path("variables");
        for (int i = 0; i < variables.size(); i++) {
            String name = Json.text(variables.get(i), "name");
            if (!IDENTIFIER.matcher(name).matches()) {
                invalid(errors, "spec.variables[" + i + "].name", variables.get(i).path("name"), "name is not a valid CEL identifier");
            }
            CelProgram program = compile(errors, environment, variables.get(i), "expression", "spec.variables[" + i + "]", Policy.ANY);
            CelType type = program == null ? SimpleType.DYN : program.resultType();
            environment = environment.with(Variables.PREFIX + name, type);
            plain = plain.with(Variables.PREFIX + name, type);
        }
        for (int i = 0; i < validations.size(); i++) {
            String path = "spec.validations[" + i + "]";
            compile(errors, environment, validations.get(i), "expression", path, Set.of(SimpleType.BOOL));
            if (!Json.text(validations.get(i), "messageExpression").isEmpty()) {
                compile(errors, plain, validations.get(i), "messageExpression", path, Set.of(SimpleType.STRING, SimpleType.DYN));
            }
            String reason = Json.text(validations.get(i), "reason");
            if (!reason.isEmpty() && !REASONS.contains(reason)) {
                errors.add(new FieldError(FieldError.Type.NOT_SUPPORTED, path + ".reason", "\"" + reason + "\"",
                        "supported values: " + String.join(", ", REASONS.stream().sorted().map(r -> "\"" + r + "\"").toList())));
            }
        }
        for (int i = 0; i < annotations.size(); i++) {
            compile(errors, plain, annotations.get(i), "valueExpression", "spec.auditAnnotations[" + i + "]", Set.of(SimpleType.STRING, SimpleType.NULL_TYPE, SimpleType.DYN));
        }
        JsonNode conditions = spec.path("matchConditions");
        for (int i = 0; i < conditions.size(); i++) {
            compile(errors, environment, conditions.get(i), "expression", "spec.matchConditions[" + i + "]", Set.of(SimpleType.BOOL));
        }
        return errors;
    }

    /** Compiles one expression for what it may tell. @return null when it does not compile */
    public static CelProgram compile(List<FieldError> errors, CelEnvironment environment, JsonNode holder, String field, String path, Set<CelType> results) {
        String expression = Json.text(holder, field);
        if (expression.isBlank()) {
            errors.add(new FieldError(FieldError.Type.REQUIRED, path + "." + field, null, field + " is not specified"));
            return null;
        }
        try {
            return environment.compile(expression, results);
        } catch (CelException e) {
            invalid(errors, path + "." + field, holder.get(field), e.getMessage());
            return null;
        }
    }

    private static void invalid(List<FieldError> errors, String path, JsonNode value, String detail) {
        errors.add(new FieldError(FieldError.Type.INVALID, path, Json.string(value), detail));
    }
}
