package io.skerry.machinery.cel;

import dev.cel.common.ast.CelConstant;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.types.CelKind;
import dev.cel.common.types.CelType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * What calls of functions cost at most (cel-go's checker, cost.go, and k8s.io/apiserver/pkg/cel/library, cost.go). Walking over a text costs a tenth
 * of its length; what looks at no more than a fixed number of bytes costs 1.
 *
 * @param cost without the arguments'
 * @param size of the result, or null
 */
record CallCost(CostRange cost, CostRange size) {
    private static final double TRAVERSAL = 0.1;
    private static final double REGEX = 0.25;
    private static final int AUTHORIZATION_CHECK = 350_000;
    private static final int MAX_FORMAT = 64;
    private static final int MAX_FORMAT_REGEX = 128;
    /** 4 bytes or 16, of two addresses. */
    private static final CostRange ADDRESSES = new CostRange(8, 32);
    private static final CallCost NOMINAL = new CallCost(CostRange.ONE, null);

    /** A target or an argument. @param path empty when it is no part of a variable @param size null when nothing is known about it */
    record Operand(CelExpr expression, CelType type, List<String> path, CostRange size) {

        CostRange sizeOrUnknown() {
            return size == null ? CostRange.UNKNOWN : size;
        }

        boolean isText() {
            return type.kind() == CelKind.STRING || type.kind() == CelKind.BYTES;
        }
    }

    private static CallCost of(CostRange cost) {
        return new CallCost(cost, null);
    }

    /**
     * Of Kubernetes' functions and of cel-spec's extensions.
     *
     * @param target null for a global function
     * @param sizes  of what a path leads to, or null
     * @return null for a function that is not among them
     */
    static CallCost ofLibrary(String function, String overload, Operand target, List<Operand> arguments, Function<List<String>, CostRange> sizes) {
        CostRange own = target == null ? CostRange.UNKNOWN : target.sizeOrUnknown();
        CostRange first = arguments.isEmpty() ? CostRange.UNKNOWN : arguments.getFirst().sizeOrUnknown();
        return switch (function) {
            case "check" -> of(CostRange.fixed(AUTHORIZATION_CHECK));
            case "serviceAccount", "path", "group", "resource", "subresource", "namespace", "name", "allowed", "reason", "error", "errored" -> NOMINAL;
            case "isSorted", "sum", "max", "min", "indexOf", "lastIndexOf" -> target == null ? null : of(comparisons(target, own, sizes));
            case "url", "cidr", "isIP", "isCIDR", "quantity", "isQuantity", "semver", "isSemver" ->
                new CallCost(first.times(TRAVERSAL), function.equals("url") ? first : null);
            case "ip" -> overload.equals("cidr_ip") ? NOMINAL : of(first.times(TRAVERSAL));
            case "ip.isCanonical" -> of(first.times(2 * TRAVERSAL));
            case "lowerAscii", "upperAscii", "substring", "trim" -> new CallCost(own.times(TRAVERSAL), own);
            case "replace" -> new CallCost(own.times(2 * TRAVERSAL), replaced(own, first, arguments.get(1).sizeOrUnknown()));
            case "split" -> new CallCost(own.times(2 * TRAVERSAL), new CostRange(0, arguments.size() > 1 ? number(arguments.get(1), own.max()) : own.max()));
            case "join" -> joined(target, own, arguments, sizes);
            case "find", "findAll" -> new CallCost(own.plus(CostRange.ONE).times(TRAVERSAL).times(first.times(REGEX)), new CostRange(0, own.max()));
            case "containsIP" -> of(contains(CostRange.NONE, overload.endsWith("_string") ? first : CostRange.NONE));
            case "containsCIDR" -> of(contains(new CostRange(4, 16).times(TRAVERSAL).plus(CostRange.ONE), overload.endsWith("_string") ? first : CostRange.NONE));
            case "validate" -> of(first.times(TRAVERSAL).times(MAX_FORMAT_REGEX * REGEX));
            case "masked", "prefixLength", "family", "isUnspecified", "isLoopback", "isLinkLocalMulticast", "isLinkLocalUnicast", "isGlobalUnicast", "format.named", "sign",
                    "asInteger", "isInteger", "asApproximateFloat", "isGreaterThan", "isLessThan", "compareTo", "add", "sub", "major", "minor", "patch", "getScheme", "getHostname",
                    "getHost", "getPort", "getEscapedPath", "getQuery" -> NOMINAL;
            case "_==_" -> arguments.get(0).type().equals(arguments.get(1).type()) ? ofEquality(arguments.get(1)) : null;
            default -> null;
        };
    }

    private static CostRange comparisons(Operand target, CostRange size, Function<List<String>, CostRange> sizes) {
        Operand item = item(target, sizes);
        if (item == null) {
            return size.times(TRAVERSAL);
        }
        return size.times(item.isText() ? CostRange.ONE.plus(item.sizeOrUnknown().times(TRAVERSAL)) : CostRange.ONE);
    }

    private static Operand item(Operand list, Function<List<String>, CostRange> sizes) {
        if (list.type().parameters().isEmpty()) {
            return null;
        }
        List<String> path = new ArrayList<>(list.path());
        if (!path.isEmpty()) {
            path.add("@items");
        }
        return new Operand(null, list.type().parameters().getFirst(), path, sizes.apply(path));
    }

    /** The result's size: at most, the shortest is replaced by the longest as often as it has room; at least, the other way around. */
    private static CostRange replaced(CostRange text, CostRange from, CostRange to) {
        return new CostRange(replaced(text.min(), from.max(), to.min(), from.max() <= to.min()), replaced(text.max(), from.min(), to.max(), to.max() <= from.min()));
    }

    /** @param kept whether the text is at its bound when nothing is replaced */
    private static long replaced(long text, long from, long to, boolean kept) {
        if (from == 0) {
            // around each character
            return CostRange.plus(CostRange.times(CostRange.plus(text, 1), to), text);
        }
        return kept ? text : CostRange.times((long) Math.ceil((double) text / from), to);
    }

    private static long number(Operand operand, long otherwise) {
        CelExpr expression = operand.expression();
        return expression.getKind() == CelExpr.ExprKind.Kind.CONSTANT && expression.constant().getKind() == CelConstant.Kind.INT64_VALUE
                && expression.constant().int64Value() >= 0 ? expression.constant().int64Value() : otherwise;
    }

    private static CallCost joined(Operand list, CostRange size, List<Operand> arguments, Function<List<String>, CostRange> sizes) {
        Operand item = item(list, sizes);
        CostRange text = item == null ? CostRange.NONE : size.times(item.sizeOrUnknown());
        if (!arguments.isEmpty()) {
            text = text.plus(arguments.getFirst().sizeOrUnknown().times(new CostRange(Math.max(0, size.min() - 1), Math.max(0, size.max() - 1))));
        }
        return new CallCost(text.times(TRAVERSAL), text);
    }

    private static CostRange contains(CostRange more, CostRange text) {
        return ADDRESSES.times(TRAVERSAL).plus(more).plus(text.times(TRAVERSAL));
    }

    private static CallCost ofEquality(Operand operand) {
        return switch (operand.type().name()) {
            case "net.IP", "net.CIDR", "kubernetes.Quantity", "kubernetes.Semver", "kubernetes.authorization.Authorizer", "kubernetes.authorization.PathCheck",
                    "kubernetes.authorization.GroupCheck", "kubernetes.authorization.ResourceCheck", "kubernetes.authorization.Decision" -> NOMINAL;
            case "kubernetes.NamedFormat" -> of(new CostRange(1, MAX_FORMAT).times(TRAVERSAL));
            case "kubernetes.URL" -> of(new CostRange(1, operand.size() == null ? 1 : operand.size().max()).times(TRAVERSAL));
            default -> null;
        };
    }

    /** Of cel-spec's own functions; of what is not among them a nominal one. */
    static CallCost ofStandard(String overload, Operand target, List<Operand> arguments) {
        CostRange own = target == null ? CostRange.UNKNOWN : target.sizeOrUnknown();
        CostRange first = arguments.isEmpty() ? CostRange.UNKNOWN : arguments.getFirst().sizeOrUnknown();
        return switch (overload) {
            case "string_format" -> of(own.times(TRAVERSAL));
            case "string_to_bytes" -> new CallCost(first.times(TRAVERSAL), new CostRange(first.min(), CostRange.times(first.max(), 4)));
            case "bytes_to_string" -> new CallCost(first.times(TRAVERSAL), new CostRange(first.min() / 4, first.max()));
            case "strings_quote" -> new CallCost(first.times(TRAVERSAL), first.times(CostRange.fixed(2)).plus(CostRange.fixed(2)));
            case "starts_with_string", "ends_with_string" -> of(first.times(TRAVERSAL));
            case "in_list" -> of(arguments.get(1).sizeOrUnknown());
            case "matches_string" -> of(own.plus(CostRange.ONE).times(TRAVERSAL).times(first.times(REGEX)));
            case "contains_string" -> of(own.times(TRAVERSAL).times(first.times(TRAVERSAL)));
            case "add_list" -> new CallCost(CostRange.ONE, first.plus(arguments.get(1).sizeOrUnknown()));
            case "add_string", "add_bytes" -> {
                CostRange size = first.plus(arguments.get(1).sizeOrUnknown());
                yield new CallCost(size.times(TRAVERSAL), size);
            }
            case "less_string", "greater_string", "less_equals_string", "greater_equals_string", "less_bytes", "greater_bytes", "less_equals_bytes", "greater_equals_bytes", "equals",
                    "not_equals" -> {
                long smaller = Math.min(first.max(), arguments.get(1).sizeOrUnknown().max());
                yield of(new CostRange(smaller > 0 ? 1 : 0, smaller).times(TRAVERSAL));
            }
            default -> NOMINAL;
        };
    }
}
