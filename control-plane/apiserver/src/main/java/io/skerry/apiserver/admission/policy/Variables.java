package io.skerry.apiserver.admission.policy;

import dev.cel.runtime.CelVariableResolver;
import io.skerry.machinery.cel.CelBudget;
import io.skerry.machinery.cel.CelException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** What the expressions of a policy see: the write's variables, and the policy's own, evaluated when first asked for, and once. */
final class Variables implements CelVariableResolver {
    static final String PREFIX = "variables.";

    private final Map<String, Policy.Compiled> declared;
    private final Map<String, Object> around;
    private final CelBudget budget;
    private final Map<String, Object> values = new HashMap<>();

    Variables(Map<String, Policy.Compiled> declared, Map<String, Object> around, CelBudget budget) {
        this.declared = declared;
        this.around = around;
        this.budget = budget;
    }

    @Override
    public Optional<Object> find(String name) {
        Policy.Compiled variable = declared.get(name);
        if (variable == null) {
            return Optional.ofNullable(around.get(name));
        }
        Object known = values.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        if (variable.program() == null) {
            throw new IllegalArgumentException("composited variable \"" + name.substring(PREFIX.length()) + "\" fails to compile: " + variable.problem());
        }
        try {
            Object value = variable.program().evaluate(this, budget);
            values.put(name, value);
            return Optional.of(value);
        } catch (CelException e) {
            throw new IllegalArgumentException("composited variable \"" + name.substring(PREFIX.length()) + "\" fails to evaluate: " + e.getMessage());
        }
    }
}
