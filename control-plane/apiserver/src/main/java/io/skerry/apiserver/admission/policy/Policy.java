package io.skerry.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.admission.rules.Match;
import io.skerry.apiserver.admission.rules.MatchConditions;
import io.skerry.machinery.cel.CelEnvironment;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.cel.CelProgram;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A ValidatingAdmissionPolicy, compiled. Immutable. @param variables by their names in expressions, such as variables.x */
record Policy(String name, Match match, MatchConditions conditions, boolean ignoresFailure, ParamKind paramKind, Map<String, Compiled> variables,
        List<Validation> validations, List<AuditAnnotation> auditAnnotations) {
    static final Set<CelType> ANY = Set.of();
    /** What an audit annotation's value may be; null records nothing. */
    static final Set<CelType> ANNOTATION = Set.of(SimpleType.STRING, SimpleType.NULL_TYPE);

    /** @param program null when the expression does not compile, as {@code problem} tells */
    record Compiled(String expression, CelProgram program, String problem) {

        CelType type() {
            return program == null ? SimpleType.DYN : program.resultType();
        }

        static Compiled of(CelEnvironment environment, String expression, Set<CelType> results) {
            try {
                return new Compiled(expression, environment.compile(expression, results), "");
            } catch (CelException e) {
                return new Compiled(expression, null, e.getMessage());
            }
        }
    }

    /** @param messageExpression null when there is none or it does not compile: then the message holds */
    record Validation(Compiled expression, String message, CelProgram messageExpression, String reason) {
    }

    record AuditAnnotation(String key, Compiled value) {
    }

    /** null fields never; a policy without parameters has no ParamKind. */
    record ParamKind(String apiVersion, String kind) {
    }

    static Policy of(ObjectNode policy) {
        JsonNode spec = policy.path("spec");
        boolean params = spec.path("paramKind").isObject();
        CelEnvironment environment = Expressions.environment(params, true);
        CelEnvironment plain = Expressions.environment(params, false);
        Map<String, Compiled> variables = new LinkedHashMap<>();
        for (JsonNode variable : spec.path("variables")) {
            String name = Json.text(variable, "name");
            Compiled compiled = Compiled.of(environment, Json.text(variable, "expression"), ANY);
            variables.put(Variables.PREFIX + name, compiled);
            environment = environment.with(Variables.PREFIX + name, compiled.type());
            plain = plain.with(Variables.PREFIX + name, compiled.type());
        }
        List<Validation> validations = new ArrayList<>();
        for (JsonNode validation : spec.path("validations")) {
            String message = Json.text(validation, "messageExpression");
            validations.add(new Validation(Compiled.of(environment, Json.text(validation, "expression"), Set.of(SimpleType.BOOL)), Json.text(validation, "message").strip(),
                    message.isEmpty() ? null : Compiled.of(plain, message, Set.of(SimpleType.STRING)).program(), Json.text(validation, "reason")));
        }
        List<AuditAnnotation> annotations = new ArrayList<>();
        for (JsonNode annotation : spec.path("auditAnnotations")) {
            annotations.add(new AuditAnnotation(Json.text(annotation, "key"),
                    Compiled.of(environment, Json.text(annotation, "valueExpression"), ANNOTATION)));
        }
        return new Policy(Json.text(policy, "metadata", "name"), Match.ofPolicy(spec.path("matchConstraints")), new MatchConditions(spec.path("matchConditions"), environment),
                Json.text(spec, "failurePolicy").equals("Ignore"),
                params ? new ParamKind(Json.text(spec, "paramKind", "apiVersion"), Json.text(spec, "paramKind", "kind")) : null, variables, validations, annotations);
    }
}
