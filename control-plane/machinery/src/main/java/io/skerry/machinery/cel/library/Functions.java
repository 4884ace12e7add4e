package io.skerry.machinery.cel.library;

import dev.cel.common.CelFunctionDecl;
import dev.cel.common.CelOverloadDecl;
import dev.cel.common.types.CelType;
import dev.cel.runtime.CelFunctionBinding;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Functions with their declarations for the checker and their code for the interpreter, told together. */
public final class Functions {
    private final Map<String, List<CelOverloadDecl>> overloads = new LinkedHashMap<>();
    private final List<CelFunctionBinding> bindings = new ArrayList<>();

    /** The code of one overload; its arguments are of the classes that were declared. */
    @FunctionalInterface
    interface Body {
        Object call(Object[] arguments) throws Exception;
    }

    /** A type as the checker and as the interpreter know it. */
    record Argument(CelType type, Class<?> runtime) {
    }

    /** {@code function(arguments)}. */
    Functions global(String function, String overload, CelType result, Body body, Argument... arguments) {
        return add(function, CelOverloadDecl.newGlobalOverload(overload, result, types(arguments)), body, arguments);
    }

    /** {@code first.function(others)}. */
    Functions member(String function, String overload, CelType result, Body body, Argument... arguments) {
        return add(function, CelOverloadDecl.newMemberOverload(overload, result, types(arguments)), body, arguments);
    }

    private static List<CelType> types(Argument[] arguments) {
        return Arrays.stream(arguments).map(Argument::type).toList();
    }

    private Functions add(String function, CelOverloadDecl overload, Body body, Argument[] arguments) {
        overloads.computeIfAbsent(function, f -> new ArrayList<>()).add(overload);
        List<Class<?>> classes = new ArrayList<>();
        for (Argument argument : arguments) {
            classes.add(argument.runtime());
        }
        bindings.add(CelFunctionBinding.from(overload.overloadId(), classes, given -> {
            try {
                return body.call(given);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }));
        return this;
    }

    public Collection<CelFunctionDecl> declarations() {
        return overloads.entrySet().stream().map(e -> CelFunctionDecl.newFunctionDeclaration(e.getKey(), e.getValue())).toList();
    }

    public Collection<CelFunctionBinding> bindings() {
        return List.copyOf(bindings);
    }
}
