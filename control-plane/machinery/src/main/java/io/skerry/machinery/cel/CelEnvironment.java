package io.skerry.machinery.cel;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerBuilder;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.extensions.CelExtensions;
import dev.cel.extensions.CelOptionalLibrary;
import dev.cel.extensions.CelSetsExtensions;
import dev.cel.extensions.CelStringExtensions;
import dev.cel.extensions.CelStringExtensions.Function;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import io.skerry.machinery.cel.library.KubernetesLibrary;
import java.util.Map;
import java.util.Set;

/**
 * The Common Expression Language with the libraries of Kubernetes 1.33 (k8s.io/apiserver/pkg/cel/environment, base.go): cel-spec's standard
 * functions and macros, strings (version 2), sets, optional values, comprehensions with two variables, and {@link KubernetesLibrary}.
 */
public final class CelEnvironment {
    /** Made when the first expression is: a cluster without any pays nothing. */
    private static final class Base {
        private static final CelOptions OPTIONS = CelOptions.current().enableHeterogeneousNumericComparisons(true).enableOptionalSyntax(true).build();
        private static final KubernetesLibrary KUBERNETES = new KubernetesLibrary();
        private static final CelStringExtensions STRINGS = CelExtensions.strings(Function.CHAR_AT, Function.INDEX_OF, Function.JOIN, Function.LAST_INDEX_OF,
                Function.LOWER_ASCII, Function.QUOTE, Function.REPLACE, Function.SPLIT, Function.SUBSTRING, Function.TRIM, Function.UPPER_ASCII);
        private static final CelSetsExtensions SETS = CelExtensions.sets(OPTIONS);
        private static final CelOptionalLibrary OPTIONAL = CelExtensions.optional();
        static final CelCompiler COMPILER = CelCompilerFactory.standardCelCompilerBuilder().setOptions(OPTIONS).setStandardMacros(CelStandardMacro.STANDARD_MACROS)
                .addLibraries(STRINGS, SETS, OPTIONAL, CelExtensions.comprehensions(), KUBERNETES).build();
        static final CelRuntime RUNTIME = CelRuntimeFactory.plannerRuntimeBuilder().setOptions(OPTIONS)
                .setStandardFunctions(CelEquality.others())
                .addLibraries(new CelEquality(), STRINGS, SETS, OPTIONAL, CelExtensions.comprehensions(), KUBERNETES).build();
    }

    private final CelCompiler compiler;

    private CelEnvironment(CelCompiler compiler) {
        this.compiler = compiler;
    }

    /** An environment with these variables. */
    public static CelEnvironment of(Map<String, CelType> variables) {
        return of(variables, null);
    }

    /** @param types the object types that the variables' types name; may be null */
    public static CelEnvironment of(Map<String, CelType> variables, CelTypes types) {
        CelCompilerBuilder builder = Base.COMPILER.toCompilerBuilder();
        if (types != null) {
            builder.setTypeProvider(types);
        }
        variables.forEach(builder::addVar);
        return new CelEnvironment(builder.build());
    }

    /** This environment with one variable more. */
    public CelEnvironment with(String variable, CelType type) {
        return new CelEnvironment(compiler.toCompilerBuilder().addVar(variable, type).build());
    }

    /**
     * @param results what the expression may give; a dynamic value is only known when it is evaluated and always taken
     * @throws CelException saying what is wrong where in the expression
     */
    public CelProgram compile(String expression, Set<CelType> results) throws CelException {
        try {
            CelAbstractSyntaxTree tree = compiler.compile(expression).getAst();
            CelType result = tree.getResultType();
            if (!results.isEmpty() && !results.contains(result) && !(result.equals(SimpleType.DYN) && results.size() > 1)) {
                throw new CelException("must evaluate to " + words(results), false);
            }
            return new CelProgram(expression, tree, Base.RUNTIME);
        } catch (CelValidationException e) {
            throw new CelException("compilation failed: " + e.getMessage(), false);
        }
    }

    /** As upstream: a bool, a string. */
    private static String words(Set<CelType> results) {
        return String.join(" or ", results.stream().map(CelType::name).filter(n -> !n.equals("dyn")).map(n -> n.equals("null_type") ? "null" : "a " + n).sorted().toList());
    }
}
