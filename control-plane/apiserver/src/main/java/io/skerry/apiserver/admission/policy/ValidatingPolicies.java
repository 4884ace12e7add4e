package io.skerry.apiserver.admission.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.admission.Admission;
import io.skerry.apiserver.admission.rules.AdmissionRequest;
import io.skerry.apiserver.admission.rules.Expressions;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.ServedTypes;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.cel.CelBudget;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.cel.CelProgram;
import io.skerry.machinery.cel.CelValues;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** ValidatingAdmissionPolicy (KEP-3488): evaluates the policies that are bound for a write, in upstream's words. */
public final class ValidatingPolicies implements Admission {
    private static final System.Logger LOG = System.getLogger(ValidatingPolicies.class.getName());
    private static final int MAX_MESSAGE = 5 * 1024;
    private static final String FAILURES = "validation.policy.admission.k8s.io/validation_failure";
    /** Groups of questions instead of objects. */
    private static final Set<String> EXEMPT_GROUPS = Set.of("authentication.k8s.io", "authorization.k8s.io");

    private final Policies policies;
    private final Params params;
    private final Expressions expressions;
    private final Store store;
    private final ServedTypes types;

    public ValidatingPolicies(Store store, ServedTypes types, Expressions expressions) {
        this.store = store;
        this.types = types;
        this.expressions = expressions;
        policies = new Policies(store);
        params = new Params(store, types);
    }

    /** @param reason of the Status */
    private record Denial(String policy, String binding, String message, String reason) {
    }

    @Override
    public void validate(Call call, Operation operation, ObjectNode object, ObjectNode old) {
        List<Policies.Bound> all = policies.all();
        if (all.isEmpty() || EXEMPT_GROUPS.contains(call.type().group()) || Policies.isPolicy(call.type())) {
            return;
        }
        List<Denial> denials = new ArrayList<>();
        for (Policies.Bound bound : all) {
            ServedType matched = bound.policy().match().find(call, operation, object, old, types, store);
            if (matched != null) {
                AdmissionRequest request = AdmissionRequest.of(call, operation, matched, object, old);
                for (Binding binding : bound.bindings()) {
                    if (binding.match().find(call, operation, object, old, types, store) != null) {
                        evaluate(bound.policy(), binding, request, denials);
                    }
                }
            }
        }
        if (!denials.isEmpty()) {
            throw refused(call, operation == Operation.DELETE ? old : object, denials.getFirst());
        }
    }

    @Override
    public void admitUnstored(Call call, Operation operation, ObjectNode object) {
        validate(call, operation, object, null);
    }

    private void evaluate(Policy policy, Binding binding, AdmissionRequest request, List<Denial> denials) {
        try {
            for (ObjectNode param : params.of(policy, binding, request.call())) {
                evaluate(policy, binding, request, param, denials);
            }
        } catch (CelException e) {
            if (!policy.ignoresFailure()) {
                denials.add(new Denial(policy.name(), binding.name(), "failed to configure binding: " + e.getMessage(), ""));
            }
        }
    }

    private void evaluate(Policy policy, Binding binding, AdmissionRequest request, ObjectNode param, List<Denial> denials) {
        Map<String, Object> around = expressions.variables(request);
        around.put("params", CelValues.of(param));
        CelBudget budget = new CelBudget(CelBudget.PER_REQUEST);
        Variables variables = new Variables(policy.variables(), around, budget);
        try {
            if (!policy.conditions().isEmpty() && !policy.conditions().hold(variables)) {
                return;
            }
        } catch (CelException e) {
            failed(policy, binding, request, 0, e.getMessage(), denials);
            return;
        }
        int index = -1;
        for (Policy.Validation validation : policy.validations()) {
            index++;
            CelProgram program = validation.expression().program();
            if (program == null) {
                failed(policy, binding, request, index, "compilation error: " + validation.expression().problem(), denials);
                continue;
            }
            try {
                if (!Boolean.TRUE.equals(program.evaluate(variables, budget))) {
                    deny(policy, binding, request, index, message(validation, variables, budget), validation.reason(), denials);
                }
            } catch (CelException e) {
                failed(policy, binding, request, index, "expression '" + program.expression() + "' resulted in error: " + e.getMessage(), denials);
                if (e.isOverBudget()) {
                    return;
                }
            }
        }
        audit(policy, binding, request, variables, denials);
    }

    private static String message(Policy.Validation validation, Variables variables, CelBudget budget) {
        if (validation.messageExpression() != null) {
            try {
                if (validation.messageExpression().evaluate(variables, budget) instanceof String made && !made.isBlank() && made.strip().indexOf('\n') < 0
                        && made.strip().length() <= MAX_MESSAGE) {
                    return made.strip();
                }
            } catch (CelException e) {
                LOG.log(System.Logger.Level.DEBUG, "messageExpression failed: " + e.getMessage());
            }
        }
        return validation.message().isEmpty() ? "failed expression: " + validation.expression().expression().strip() : validation.message();
    }

    private static void failed(Policy policy, Binding binding, AdmissionRequest request, int index, String message, List<Denial> denials) {
        if (!policy.ignoresFailure()) {
            deny(policy, binding, request, index, message, "", denials);
        }
    }

    /** @param index of the expression among the policy's validations */
    private static void deny(Policy policy, Binding binding, AdmissionRequest request, int index, String message, String reason, List<Denial> denials) {
        for (String action : binding.actions()) {
            switch (action) {
                case "Deny" -> denials.add(new Denial(policy.name(), binding.name(), message, reason));
                case "Warn" -> request.call().warnings().add("Validation failed for ValidatingAdmissionPolicy '"
                        + policy.name() + "' with binding '" + binding.name() + "': " + message);
                case "Audit" -> tellAudit(policy, binding, request.call(), index, message);
                default -> { }
            }
        }
    }

    /** All failures of a request are one list; upstream, which has no more than the first in it, leaves room for the others. Each is in it once, however often a write is tried. */
    private static void tellAudit(Policy policy, Binding binding, Call call, int index, String message) {
        ObjectNode failure = Json.object().put("message", message).put("policy", policy.name()).put("binding", binding.name()).put("expressionIndex", index);
        ArrayNode actions = failure.putArray("validationActions");
        binding.actions().forEach(actions::add);
        call.audit().compute(FAILURES, (key, before) -> {
            ArrayNode failures = before == null ? Json.array() : (ArrayNode) Json.parse(before);
            for (JsonNode known : failures) {
                if (known.equals(failure)) {
                    return before;
                }
            }
            return Json.string(failures.add(failure));
        });
    }

    private static void audit(Policy policy, Binding binding, AdmissionRequest request, Variables variables, List<Denial> denials) {
        CelBudget budget = new CelBudget(CelBudget.PER_REQUEST);
        for (Policy.AuditAnnotation annotation : policy.auditAnnotations()) {
            try {
                if (annotation.value().program() == null) {
                    throw CelException.of("compilation error: " + annotation.value().problem());
                }
                if (annotation.value().program().evaluate(variables, budget) instanceof String text && !text.isBlank()) {
                    request.call().audit().merge(policy.name() + "/" + annotation.key(), text.strip(), (a, b) -> a.equals(b) ? a : a + ", " + b);
                }
            } catch (CelException e) {
                if (!policy.ignoresFailure()) {
                    denials.add(new Denial(policy.name(), binding.name(), e.getMessage(), ""));
                }
            }
        }
    }

    private static ApiException refused(Call call, ObjectNode object, Denial denial) {
        String message = "ValidatingAdmissionPolicy '" + denial.policy() + "' with binding '" + denial.binding() + "' denied request: " + denial.message();
        String name = object.path("metadata").path("name").asText("");
        ApiException refusal = ApiException.forbidden(call.type().group(), call.type().plural(), name, message);
        String reason = denial.reason().isEmpty() ? "Invalid" : denial.reason();
        refusal.status().put("reason", reason).put("code", switch (reason) {
            case "Unauthorized" -> 401;
            case "Forbidden" -> 403;
            case "RequestEntityTooLarge" -> 413;
            default -> 422;
        });
        return refusal.withCauses(List.of(new ApiException.Cause("", message, "")));
    }
}
