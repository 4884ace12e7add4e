package io.skerry.helm.template;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Go's view of the Java values that templates work on:
 * null is nil, {@link Integer} is int, {@link Long} int64, {@link Double} float64, {@link BigInteger} uint64, {@link Byte} uint8,
 * {@code byte[]} []byte, {@link List} a slice, {@link Map} a map with string keys, {@link GoObject} a struct.
 * An int too big for an Integer is a Long.
 */
public final class GoValue {
    private GoValue() {}

    /** Go sorts strings by their UTF-8 bytes, which is the order of code points, not of UTF-16 units. */
    public static final Comparator<String> STRING_ORDER = GoValue::compareStrings;

    private static int compareStrings(String a, String b) {
        int n = Math.min(a.length(), b.length());
        for (int i = 0; i < n; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean sx = Character.isSurrogate(x);
                boolean sy = Character.isSurrogate(y);
                return sx == sy ? x - y : sx ? 1 : -1;
            }
        }
        return a.length() - b.length();
    }

    /** A Go int: the smaller box when it fits. */
    public static Object integer(long v) {
        return v == (int) v ? (Object) (int) v : (Object) v;
    }

    /** Go's %T. */
    public static String typeName(Object v) {
        return switch (v) {
            case null -> "<nil>";
            case String _ -> "string";
            case Boolean _ -> "bool";
            case Integer _ -> "int";
            case Long _ -> "int64";
            case Double _ -> "float64";
            case BigInteger _ -> "uint64";
            case Byte _ -> "uint8";
            case byte[] _ -> "[]uint8";
            case GoObject o -> o.typeName();
            case TypedList l -> "[]" + l.element();
            case TypedMap m -> m.typeName();
            case List<?> _ -> "[]interface {}";
            case Map<?, ?> _ -> "map[string]interface {}";
            default -> v.getClass().getSimpleName();
        };
    }

    /** Go's reflect.Kind as {@code kindOf} prints it. */
    public static String kind(Object v) {
        return switch (v) {
            case null -> "invalid";
            case GoObject o -> o.kind();
            case Map<?, ?> _ -> "map";
            case List<?> _ -> "slice";
            case byte[] _ -> "slice";
            default -> typeName(v);
        };
    }

    /** Whether {@code if} takes the value for true: not zero, not empty, not nil. */
    public static boolean truth(Object v) {
        return switch (v) {
            case null -> false;
            case Boolean b -> b;
            case String s -> !s.isEmpty();
            case Double d -> d != 0;
            case BigInteger b -> b.signum() != 0;
            case Number n -> n.longValue() != 0;
            case Map<?, ?> m -> !m.isEmpty();
            case List<?> l -> !l.isEmpty();
            case byte[] b -> b.length > 0;
            default -> true;
        };
    }

    public static boolean isInteger(Object v) {
        return v instanceof Integer || v instanceof Long || v instanceof BigInteger || v instanceof Byte;
    }

    public static byte[] utf8(String s) {
        return s.getBytes(StandardCharsets.UTF_8);
    }

    public static String utf8(byte[] b) {
        return new String(b, StandardCharsets.UTF_8);
    }

    /** Go's len of a string: its UTF-8 bytes. */
    public static int byteLength(String s) {
        int n = 0;
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            n += c < 0x80 ? 1 : c < 0x800 ? 2 : Character.isSurrogate(c) ? 2 : 3;
        }
        return n;
    }

    /** reflect.DeepEqual: types must be the same, a float64 is never equal to an int. */
    public static boolean deepEqual(Object a, Object b) {
        if (a == b) {
            return true;
        }
        if (a == null || b == null) {
            return false;
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            if (x.size() != y.size() || !typeName(a).equals(typeName(b))) {
                return false;
            }
            for (Map.Entry<?, ?> e : x.entrySet()) {
                if (!y.containsKey(e.getKey()) || !deepEqual(e.getValue(), y.get(e.getKey()))) {
                    return false;
                }
            }
            return true;
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            if (x.size() != y.size() || !typeName(a).equals(typeName(b))) {
                return false;
            }
            Iterator<?> i = y.iterator();
            for (Object e : x) {
                if (!deepEqual(e, i.next())) {
                    return false;
                }
            }
            return true;
        }
        if (a instanceof byte[] x && b instanceof byte[] y) {
            return java.util.Arrays.equals(x, y);
        }
        if (a instanceof Double x && b instanceof Double y) {
            return x.doubleValue() == y.doubleValue();
        }
        return a.getClass() == b.getClass() && a.equals(b);
    }

    @SuppressWarnings("unchecked")
    public static Map<String, Object> map(Object v) {
        return (Map<String, Object>) v;
    }

    @SuppressWarnings("unchecked")
    public static List<Object> list(Object v) {
        return (List<Object>) v;
    }
}
