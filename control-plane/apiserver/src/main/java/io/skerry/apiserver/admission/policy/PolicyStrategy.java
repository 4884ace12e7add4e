package io.skerry.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Strategy;
import io.skerry.machinery.cel.CelEnvironment;
import io.skerry.machinery.cel.CelProgram;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.ResourceType;
import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** ValidatingAdmissionPolicies: their expressions compile, and they name what they are for (pkg/apis/admissionregistration/validation). */
public final class PolicyStrategy extends Strategy {
    private final ServedTypes types;

    /** @param types not asked before a policy is written */
    public PolicyStrategy(ResourceType type, ServedTypes types) {
        super(type, true);
        this.types = types;
    }

    @Override
    public boolean unconditionalUpdate() {
        return false;
    }

    @Override
    protected List<String> statusMetadata() {
        return List.of();
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

    /** What compiling the expressions tells; the rest is the machinery's validation. */
    @Override
    public List<FieldError> validate(ObjectNode policy, ObjectNode oldOrNull) {
        List<FieldError> errors = new ArrayList<>();
        JsonNode spec = policy.path("spec");
        if (oldOrNull != null && oldOrNull.path("spec").equals(spec)) {
            return errors;
        }
        boolean params = spec.path("paramKind").isObject();
        CelEnvironment environment = Expressions.environment(params, true);
        CelEnvironment plain = Expressions.environment(params, false);
        Expressions.compileConditions(errors, environment, spec.path("matchConditions"), "spec.matchConditions"); // which see no variables
        JsonNode variables = spec.path("variables");
        for (int i = 0; i < variables.size(); i++) {
            String name = Variables.PREFIX + Json.text(variables.get(i), "name");
            CelProgram program = Expressions.compile(errors, environment, variables.get(i), "expression", "spec.variables[" + i + "]", Policy.ANY);
            CelType type = program == null ? SimpleType.DYN : program.resultType();
            environment = environment.with(name, type);
            plain = plain.with(name, type);
        }
        JsonNode validations = spec.path("validations");
        for (int i = 0; i < validations.size(); i++) {
            String path = "spec.validations[" + i + "]";
            Expressions.compile(errors, environment, validations.get(i), "expression", path, Set.of(SimpleType.BOOL));
            Expressions.compile(errors, plain, validations.get(i), "messageExpression", path, Set.of(SimpleType.STRING));
        }
        JsonNode annotations = spec.path("auditAnnotations");
        for (int i = 0; i < annotations.size(); i++) {
            Expressions.compile(errors, environment, annotations.get(i), "valueExpression", "spec.auditAnnotations[" + i + "]", Policy.ANNOTATION);
        }
        return errors;
    }
}
