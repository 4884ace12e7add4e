package io.skerry.helm.template;

import io.skerry.helm.template.Function.Param;
import java.util.List;
import java.util.Map;

/** Which values a parameter takes: Go's assignability, and its constants without a type of their own. The exceptions carry Go's messages. */
final class Arguments {
    private Arguments() {}

    /** A constant of a template as a parameter wants it. */
    static Object constant(Param type, Node n) {
        return switch (type) {
            case ANY -> switch (n) {
                case Node.Bool b -> b.value();
                case Node.Number x -> x.value();
                case Node.Str s -> s.value();
                default -> throw new FunctionException("can't handle assignment of " + n + " to empty interface argument");
            };
            case STRING -> {
                if (n instanceof Node.Str s) {
                    yield s.value();
                }
                throw new FunctionException("expected string; found " + n);
            }
            case BOOL -> {
                if (n instanceof Node.Bool b) {
                    yield b.value();
                }
                throw new FunctionException("expected bool; found " + n);
            }
            case INT, INT64 -> {
                if (n instanceof Node.Number x && wholeNumber(x.value()) instanceof Long i) {
                    yield type == Param.INT ? GoValue.integer(i) : (Object) i;
                }
                throw new FunctionException("expected integer; found " + n);
            }
            case FLOAT -> {
                if (n instanceof Node.Number x) {
                    yield ((Number) x.value()).doubleValue();
                }
                throw new FunctionException("expected float; found " + n);
            }
            case MAP, LIST, STRINGS, BYTES -> throw new FunctionException("can't handle " + n + " for arg of type " + type.goName);
        };
    }

    /** A constant like 1e3 serves as an integer. */
    private static Long wholeNumber(Object v) {
        if (v instanceof Double d) {
            return d == Math.rint(d) && Math.abs(d) < 9.2e18 ? (Long) d.longValue() : null;
        }
        return ((Number) v).longValue();
    }

    static boolean nillable(Param type) {
        return switch (type) {
            case ANY, MAP, LIST, STRINGS, BYTES -> true;
            default -> false;
        };
    }

    /** @param untyped whether a nil has lost its interface type, which decides the message */
    static void check(Param type, Object v, boolean untyped) {
        if (type == Param.ANY) {
            return;
        }
        if (v == null) {
            if (!untyped) {
                throw new FunctionException("wrong type for value; expected " + type.goName + "; got interface {}");
            }
            if (!nillable(type)) {
                throw new FunctionException("invalid value; expected " + type.goName);
            }
            return;
        }
        boolean fits = switch (type) {
            case STRING -> v instanceof String;
            case BOOL -> v instanceof Boolean;
            // An int that is too big for an Integer is a Long.
            case INT -> v instanceof Integer || v instanceof Long l && l != l.intValue();
            case INT64 -> v instanceof Long;
            case FLOAT -> v instanceof Double;
            case MAP -> v instanceof TypedMap m ? !m.ofStrings() : v instanceof Map;
            case LIST -> v instanceof List && !(v instanceof TypedList);
            case STRINGS -> v instanceof TypedList l && l.element().equals("string");
            case BYTES -> v instanceof byte[];
            case ANY -> true;
        };
        if (!fits) {
            throw new FunctionException("wrong type for value; expected " + type.goName + "; got " + GoValue.typeName(v));
        }
    }
}
