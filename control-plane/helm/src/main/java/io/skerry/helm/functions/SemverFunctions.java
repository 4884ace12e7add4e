package io.skerry.helm.functions;

import io.skerry.helm.chart.Constraint;
import io.skerry.helm.chart.Version;
import io.skerry.helm.template.FunctionException;

/** Semantic versions. */
final class SemverFunctions {
    private SemverFunctions() {}

    static void addTo(Family f) {
        f.add("semver", "s", a -> version((String) a[0]));
        f.add("semverCompare", "ss", a -> {
            Constraint c;
            try {
                c = Constraint.parse((String) a[0]);
            } catch (IllegalArgumentException e) {
                throw new FunctionException(e.getMessage());
            }
            return c.allows(version((String) a[1]));
        });
    }

    private static Version version(String s) {
        try {
            return Version.parse(s);
        } catch (IllegalArgumentException e) {
            throw new FunctionException(e.getMessage());
        }
    }
}
