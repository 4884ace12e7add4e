package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.chart.Constraint;
import io.skerry.helm.chart.Version;
import io.skerry.helm.template.FunctionException;

/** Semantic versions. */
final class SemverFunctions {
    private SemverFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "semver" -> Function.of(name, "s", a -> version((String) a[0]));
            case "semverCompare" -> Function.of(name, "ss", a -> {
                Constraint c;
                try {
                    c = Constraint.parse((String) a[0]);
                } catch (IllegalArgumentException e) {
                    throw new FunctionException(e.getMessage());
                }
                return c.allows(version((String) a[1]));
            });
            default -> null;
        };
    }

    private static Version version(String s) {
        try {
            return Version.parse(s);
        } catch (IllegalArgumentException e) {
            throw new FunctionException(e.getMessage());
        }
    }
}
