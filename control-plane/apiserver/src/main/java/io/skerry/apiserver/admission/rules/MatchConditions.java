package io.skerry.apiserver.admission.rules;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelVariableResolver;
import io.skerry.machinery.cel.CelBudget;
import io.skerry.machinery.cel.CelEnvironment;
import io.skerry.machinery.cel.CelException;
import io.skerry.machinery.cel.CelProgram;
import io.skerry.machinery.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The matchConditions of a webhook or policy (KEP-3716): all must hold for it to be asked. */
public final class MatchConditions {
    /** What all conditions of one webhook may cost together (RuntimeCELCostBudgetMatchConditions). */
    private static final long BUDGET = 2_500_000;

    private final List<Condition> conditions = new ArrayList<>();

    /** @param problem why it does not compile, or "" */
    private record Condition(String name, CelProgram program, String problem) {
    }

    public MatchConditions(JsonNode conditions, CelEnvironment environment) {
        for (JsonNode condition : conditions) {
            String name = Json.text(condition, "name");
            try {
                this.conditions.add(new Condition(name, environment.compile(Json.text(condition, "expression"), Set.of(SimpleType.BOOL)), ""));
            } catch (CelException e) {
                this.conditions.add(new Condition(name, null, e.getMessage()));
            }
        }
    }

    public boolean isEmpty() {
        return conditions.isEmpty();
    }

    /** @throws CelException when one cannot be evaluated and none says no */
    public boolean hold(CelVariableResolver variables) throws CelException {
        CelBudget budget = new CelBudget(BUDGET);
        String failed = null;
        for (Condition condition : conditions) {
            try {
                if (condition.program() == null) {
                    failed = failed == null ? "matchCondition '" + condition.name() + "': " + condition.problem() : failed;
                } else if (!Boolean.TRUE.equals(condition.program().evaluate(variables, budget))) {
                    return false;
                }
            } catch (CelException e) {
                failed = failed == null ? "expression '" + condition.program().expression() + "' resulted in error: " + e.getMessage() : failed;
            }
        }
        if (failed != null) {
            throw CelException.of(failed);
        }
        return true;
    }
}
