package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoValue;
import java.util.Arrays;

/** Defaults, choices, and what kind a value is of. */
final class DefaultFunctions {
    private DefaultFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "default" -> Function.of(name, "aa*", a -> a.length < 2 || Convert.empty(a[1]) ? a[0] : a[1]);
            case "empty" -> Function.of(name, "a", a -> Convert.empty(a[0]));
            case "coalesce" -> Function.of(name, "a*", a -> Arrays.stream(a).filter(v -> !Convert.empty(v)).findFirst().orElse(null));
            case "all" -> Function.of(name, "a*", a -> Arrays.stream(a).noneMatch(Convert::empty));
            case "any" -> Function.of(name, "a*", a -> Arrays.stream(a).anyMatch(v -> !Convert.empty(v)));
            case "ternary" -> Function.of(name, "aab", a -> (Boolean) a[2] ? a[0] : a[1]);
            case "fail" -> Function.of(name, "s", a -> {
                throw new FunctionException((String) a[0]);
            });
            case "typeOf" -> Function.of(name, "a", a -> GoValue.typeName(a[0]));
            case "typeIs" -> Function.of(name, "sa", a -> a[0].equals(GoValue.typeName(a[1])));
            case "typeIsLike" -> Function.of(name, "sa", a -> {
                String t = GoValue.typeName(a[1]);
                return a[0].equals(t) || t.equals("*" + a[0]);
            });
            case "kindOf" -> Function.of(name, "a", a -> GoValue.kind(a[0]));
            case "kindIs" -> Function.of(name, "sa", a -> a[0].equals(GoValue.kind(a[1])));
            case "deepEqual" -> Function.of(name, "aa", a -> GoValue.deepEqual(a[0], a[1]));
            case "getHostByName" -> Function.of(name, "s", _ -> "");
            default -> null;
        };
    }
}
