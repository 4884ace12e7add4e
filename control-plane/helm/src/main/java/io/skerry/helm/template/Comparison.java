package io.skerry.helm.template;

import java.math.BigInteger;
import java.util.List;
import java.util.Map;

/** Go's eq, ne, lt, le, gt, ge: values compare only within a kind (an int never with a float64), but signed with unsigned integers. */
final class Comparison {
    private enum Kind { INVALID, BOOL, FLOAT, INTEGER, STRING, OTHER }

    private Comparison() {}

    static Object eq(Object[] args) {
        if (args.length < 2) {
            throw new FunctionException("missing argument for comparison");
        }
        Object a = args[0];
        Kind ka = kind(a);
        for (int i = 1; i < args.length; i++) {
            Object b = args[i];
            Kind kb = kind(b);
            if (ka != kb) {
                if (a != null && b != null) {
                    throw new FunctionException("incompatible types for comparison: " + GoValue.typeName(a) + " and " + GoValue.typeName(b));
                }
                continue;
            }
            boolean same = switch (ka) {
                case INVALID -> true;
                case OTHER -> {
                    for (Object x : new Object[] {b, a}) {
                        if (x instanceof Map || x instanceof List || x instanceof byte[]) {
                            throw new FunctionException("non-comparable type " + Printf.sprintf("%s", x) + ": " + GoValue.typeName(x));
                        }
                    }
                    yield a.equals(b);
                }
                case FLOAT -> ((Double) a).doubleValue() == (Double) b;
                case INTEGER -> big(a).equals(big(b));
                default -> a.equals(b);
            };
            if (same) {
                return true;
            }
        }
        return false;
    }

    static Object ne(Object[] args) {
        return !(Boolean) eq(args);
    }

    static boolean less(Object a, Object b) {
        Kind ka = ordered(a);
        Kind kb = ordered(b);
        if (ka != kb) {
            throw new FunctionException("incompatible types for comparison: " + GoValue.typeName(a) + " and " + GoValue.typeName(b));
        }
        return switch (ka) {
            case FLOAT -> (Double) a < (Double) b;
            case INTEGER -> big(a).compareTo(big(b)) < 0;
            case STRING -> GoValue.STRING_ORDER.compare((String) a, (String) b) < 0;
            default -> throw new FunctionException("invalid type for comparison");
        };
    }

    static boolean lessOrEqual(Object a, Object b) {
        return less(a, b) || (Boolean) eq(new Object[] {a, b});
    }

    private static Kind ordered(Object v) {
        Kind k = kind(v);
        if (k == Kind.OTHER || k == Kind.INVALID) {
            throw new FunctionException("invalid type for comparison");
        }
        return k;
    }

    private static Kind kind(Object v) {
        return switch (v) {
            case null -> Kind.INVALID;
            case Boolean _ -> Kind.BOOL;
            case Double _ -> Kind.FLOAT;
            case String _ -> Kind.STRING;
            case Object o when GoValue.isInteger(o) -> Kind.INTEGER;
            default -> Kind.OTHER;
        };
    }

    private static BigInteger big(Object v) {
        return v instanceof BigInteger b ? b : BigInteger.valueOf(v instanceof Byte b ? b & 0xff : ((Number) v).longValue());
    }
}
