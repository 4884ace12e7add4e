package io.skerry.machinery.cel;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.types.CelType;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelVariableResolver;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A compiled expression. Immutable; any number of threads may evaluate it. */
public final class CelProgram {
    private final String expression;
    private final CelAbstractSyntaxTree tree;
    private final CelRuntime.Program program;
    private final Set<String> names = new HashSet<>();

    CelProgram(String expression, CelAbstractSyntaxTree tree, CelRuntime runtime) throws CelException {
        this.expression = expression;
        this.tree = tree;
        tree.getReferenceMap().values().forEach(reference -> names.add(reference.name()));
        try {
            program = runtime.createProgram(tree);
        } catch (CelEvaluationException e) {
            throw new CelException("program instantiation failed: " + e.getMessage(), false);
        }
    }

    /** What the checker knows of the result. */
    public CelType resultType() {
        return tree.getResultType();
    }

    /**
     * What the evaluations for one object cost at most for the largest values that a schema allows; Long.MAX_VALUE when there is no limit.
     *
     * @param schema      the structural schema of self and oldSelf
     * @param root        whether it is the schema of a whole object
     * @param cardinality how often the value can be in an object, or {@link SchemaSize#UNBOUNDED}
     */
    public long maxCost(JsonNode schema, boolean root, long cardinality) {
        return CostRange.times(CelCost.max(tree, schema, root), cardinality == SchemaSize.UNBOUNDED ? SchemaSize.maxCardinality(schema, root) : cardinality);
    }

    /** The expression as it was written. */
    public String expression() {
        return expression;
    }

    /** Whether the expression names this variable. */
    public boolean uses(String variable) {
        return names.contains(variable);
    }

    /**
     * @param variables values as {@link CelValues} makes them
     * @return a Boolean, Long, Double, String, List, Map, Optional, or a value of the library's
     * @throws CelException when it fails, or costs more than is left
     */
    public Object evaluate(Map<String, ?> variables, CelBudget budget) throws CelException {
        return evaluate(name -> Optional.ofNullable(variables.get(name)), budget);
    }

    /** As {@link #evaluate(Map, CelBudget)}, asking for variables when they are needed. */
    public Object evaluate(CelVariableResolver variables, CelBudget budget) throws CelException {
        CelBudget.Meter meter = budget.new Meter();
        try {
            Object result = program.trace(variables, meter);
            return result instanceof Optional<?> optional && optional.isEmpty() ? Optional.empty() : result;
        } catch (CelEvaluationException | RuntimeException e) {
            if (meter.exceeded() != null) {
                throw new CelException(meter.exceeded().getMessage(), true);
            }
            throw new CelException(plain(e), false);
        } finally {
            meter.settle();
        }
    }

    /** The failure in words: without the interpreter's own places, which number expressions as nobody can see them. */
    private static String plain(Exception e) {
        Throwable cause = e;
        while (cause.getCause() != null && cause.getCause().getMessage() != null) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage()).replaceFirst("^evaluation error( at [^ ]*)?: ", "");
        if (message.equals("/ by zero")) {
            return "division by zero";
        }
        return message.replaceFirst("^key '(.*)' is not present in map\\.$", "no such key: $1");
    }
}
