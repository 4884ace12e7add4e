package io.skerry.helm.functions;

import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.GoNumber;
import io.skerry.helm.template.GoValue;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How Sprig turns whatever it is given into numbers, strings and lists (with spf13/cast): what does not fit is 0 or "". */
final class Convert {
    private Convert() {}

    static long int64(Object v) {
        return switch (v) {
            case null -> 0;
            case Boolean b -> b ? 1 : 0;
            case Double d -> (long) (double) d;
            case Byte b -> b & 0xff;
            case Number n -> n.longValue();
            case String s -> parse(s);
            default -> 0;
        };
    }

    private static long parse(String s) {
        String t = s;
        int dot = t.indexOf('.');
        if (dot > 0 && dot < t.length() - 1 && t.substring(dot + 1).chars().allMatch(c -> c == '0')) {
            t = t.substring(0, dot);
        }
        BigInteger i = GoNumber.integer(t, 0);
        return i == null || i.bitLength() > 63 ? 0 : i.longValue();
    }

    static double float64(Object v) {
        return switch (v) {
            case null -> 0;
            case Boolean b -> b ? 1 : 0;
            case Byte b -> b & 0xff;
            case Number n -> n.doubleValue();
            case String s -> {
                Double d = GoNumber.floating(s);
                yield d == null ? 0 : d;
            }
            default -> 0;
        };
    }

    static String string(Object v) {
        return switch (v) {
            case String s -> s;
            case byte[] b -> GoValue.utf8(b);
            case null, default -> GoFormat.value(v);
        };
    }

    /** Nil elements are left out; what is no list is a list of itself. */
    static List<String> strings(Object v) {
        List<String> out = new ArrayList<>();
        switch (v) {
            case null -> { }
            case List<?> l -> {
                for (Object e : l) {
                    if (e != null) {
                        out.add(string(e));
                    }
                }
            }
            default -> out.add(string(v));
        }
        return out;
    }

    /** @param verb what was to be done, for "Cannot find first on type string" */
    static List<Object> list(Object v, String verb) {
        if (v instanceof List<?>) {
            return GoValue.list(v);
        }
        if (v instanceof byte[] b) {
            List<Object> l = new ArrayList<>(b.length);
            for (byte x : b) {
                l.add(x);
            }
            return l;
        }
        if (v == null) {
            throw new FunctionException("runtime error: invalid memory address or nil pointer dereference");
        }
        throw new FunctionException("Cannot " + verb + " on type " + GoValue.kind(v));
    }

    static boolean empty(Object v) {
        return v == null || switch (v) {
            case Map<?, ?> m -> m.isEmpty();
            case List<?> l -> l.isEmpty();
            default -> !GoValue.truth(v);
        };
    }

    static int integer(Object v) {
        return ((Number) v).intValue();
    }
}
