package io.skerry.apiserver.crd;

import io.skerry.machinery.validation.FieldError;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What the rules of a schema may cost by estimate, one by one and together (apiextensions-apiserver, pkg/apis/apiextensions/validation). */
final class RuleCosts {
    /** Of one expression (StaticEstimatedCostLimit). */
    private static final long LIMIT = 10_000_000;
    /** Of all rules of a schema (StaticEstimatedCRDCostLimit). */
    private static final long TOTAL_LIMIT = 100_000_000;
    private static final int TOLD = 4;

    private final List<Expensive> expensive = new ArrayList<>();
    private long total;

    private record Expensive(String path, long cost) {
    }

    /** @param kind rule or messageExpression */
    void add(String kind, String path, long cost, List<FieldError> errors) {
        if (cost > LIMIT) {
            forbidden(errors, path, exceeds("estimated " + kind + " cost", cost, LIMIT));
        }
        total = total > Long.MAX_VALUE - cost ? Long.MAX_VALUE : total + cost;
        if (cost >= TOTAL_LIMIT / 100) {
            expensive.add(new Expensive(path, cost));
        }
    }

    void total(String path, List<FieldError> errors) {
        if (total > TOTAL_LIMIT) {
            expensive.stream().sorted(Comparator.comparingLong(Expensive::cost).reversed()).limit(TOLD)
                    .forEach(each -> forbidden(errors, each.path(), "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"));
            forbidden(errors, path, exceeds("x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema", total, TOTAL_LIMIT));
        }
    }

    private static String exceeds(String what, long cost, long limit) {
        double factor = (double) cost / limit;
        // a factor just above 1 is told in full: it would read 1.0
        String told = factor > 100 ? "more than 100x" : String.format(Locale.ROOT, factor < 1.5 ? "%fx" : "%.1fx", factor);
        return what + " exceeds budget by factor of " + told
                + " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";
    }

    private static void forbidden(List<FieldError> errors, String path, String detail) {
        errors.add(new FieldError(FieldError.Type.FORBIDDEN, path, null, detail));
    }
}
