package io.skerry.helm.functions;

import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoValue;
import java.util.Arrays;

/** Defaults, choices, and what kind a value is of. */
final class DefaultFunctions {
    private DefaultFunctions() {}

    static void addTo(Family f) {
        f.add("default", "aa*", a -> a.length < 2 || Convert.empty(a[1]) ? a[0] : a[1]);
        f.add("empty", "a", a -> Convert.empty(a[0]));
        f.add("coalesce", "a*", a -> Arrays.stream(a).filter(v -> !Convert.empty(v)).findFirst().orElse(null));
        f.add("all", "a*", a -> Arrays.stream(a).noneMatch(Convert::empty));
        f.add("any", "a*", a -> Arrays.stream(a).anyMatch(v -> !Convert.empty(v)));
        f.add("ternary", "aab", a -> (Boolean) a[2] ? a[0] : a[1]);
        f.add("fail", "s", a -> {
            throw new FunctionException((String) a[0]);
        });
        f.add("typeOf", "a", a -> GoValue.typeName(a[0]));
        f.add("typeIs", "sa", a -> a[0].equals(GoValue.typeName(a[1])));
        f.add("typeIsLike", "sa", a -> {
            String t = GoValue.typeName(a[1]);
            return a[0].equals(t) || t.equals("*" + a[0]);
        });
        f.add("kindOf", "a", a -> GoValue.kind(a[0]));
        f.add("kindIs", "sa", a -> a[0].equals(GoValue.kind(a[1])));
        f.add("deepEqual", "aa", a -> GoValue.deepEqual(a[0], a[1]));
        f.add("getHostByName", "s", _ -> "");
    }
}
