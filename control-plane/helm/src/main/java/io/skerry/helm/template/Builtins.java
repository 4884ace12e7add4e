package io.skerry.helm.template;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** The functions that Go's text/template itself defines. */
final class Builtins {
    static final Object[] NO_ARGS = {};
    /** and, or: the executor evaluates their arguments one by one. */
    static final Function.Body AND = _ -> null;
    static final Function.Body OR = new Function.Body() {
        @Override
        public Object call(Object[] args) {
            return null;
        }
    };

    private Builtins() {}

    /** @return null when Go has no such function */
    static Function find(String name) {
        return switch (name) {
            case "and" -> Function.of(name, "aa*", AND);
            case "or" -> Function.of(name, "aa*", OR);
            case "not" -> Function.of(name, "a", a -> !GoValue.truth(a[0]));
            case "eq" -> Function.of(name, "aa*", Comparison::eq);
            case "ne" -> Function.of(name, "aa", Comparison::ne);
            case "lt" -> Function.of(name, "aa", a -> Comparison.less(a[0], a[1]));
            case "le" -> Function.of(name, "aa", a -> Comparison.lessOrEqual(a[0], a[1]));
            case "gt" -> Function.of(name, "aa", a -> !Comparison.lessOrEqual(a[0], a[1]));
            case "ge" -> Function.of(name, "aa", a -> !Comparison.less(a[0], a[1]));
            case "len" -> Function.of(name, "a", a -> length(a[0]));
            case "index" -> Function.of(name, "aa*", Builtins::index);
            case "slice" -> Function.of(name, "aa*", Builtins::slice);
            case "print" -> Function.of(name, "a*", GoFormat::print);
            case "println" -> Function.of(name, "a*", GoFormat::println);
            case "printf" -> Function.of(name, "sa*", a -> Printf.sprintf((String) a[0], java.util.Arrays.copyOfRange(a, 1, a.length)));
            case "html" -> Function.of(name, "a*", a -> html(text(a)));
            case "js" -> Function.of(name, "a*", a -> js(text(a)));
            case "urlquery" -> Function.of(name, "a*", a -> URLEncoder.encode(text(a), StandardCharsets.UTF_8).replace("*", "%2A").replace("%7E", "~"));
            case "call" -> Function.of(name, "aa*", a -> {
                throw new FunctionException(a[0] == null ? "call of nil" : "non-function " + GoFormat.goSyntax(a[0]) + " of type " + GoValue.typeName(a[0]));
            });
            default -> null;
        };
    }

    private static Object length(Object v) {
        return switch (v) {
            case null -> throw new FunctionException("len of nil pointer");
            case String s -> GoValue.byteLength(s);
            case Map<?, ?> m -> m.size();
            case List<?> l -> l.size();
            case byte[] b -> b.length;
            default -> throw new FunctionException("len of type " + GoValue.typeName(v));
        };
    }

    private static Object index(Object[] a) {
        Object v = a[0];
        if (v == null) {
            throw new FunctionException("index of untyped nil");
        }
        for (int i = 1; i < a.length; i++) {
            Object key = a[i];
            switch (v) {
                case null -> throw new FunctionException("index of nil pointer");
                case Map<?, ?> m -> {
                    if (key == null) {
                        throw new FunctionException("value is nil; should be of type string");
                    }
                    if (!(key instanceof String)) {
                        throw new FunctionException("value has type " + GoValue.typeName(key) + "; should be string");
                    }
                    v = m.get(key);
                    if (v == null && m instanceof TypedMap t && t.ofStrings()) {
                        v = "";
                    }
                }
                case List<?> l -> v = l.get(position(key, l.size()));
                case String s -> {
                    byte[] bytes = GoValue.utf8(s);
                    v = bytes[position(key, bytes.length)];
                }
                case byte[] b -> v = b[position(key, b.length)];
                default -> throw new FunctionException("can't index item of type " + GoValue.typeName(v));
            }
        }
        return v;
    }

    private static int position(Object key, int length) {
        if (key == null) {
            throw new FunctionException("cannot index slice/array with nil");
        }
        if (!GoValue.isInteger(key)) {
            throw new FunctionException("cannot index slice/array with type " + GoValue.typeName(key));
        }
        long i = ((Number) key).longValue();
        if (i < 0 || i >= length) {
            throw new FunctionException("index out of range: " + i);
        }
        return (int) i;
    }

    private static Object slice(Object[] a) {
        Object v = a[0];
        int n = a.length - 1;
        if (v == null) {
            throw new FunctionException("slice of untyped nil");
        }
        if (n > 3) {
            throw new FunctionException("too many slice indexes: " + n);
        }
        byte[] bytes = v instanceof String s ? GoValue.utf8(s) : v instanceof byte[] b ? b : null;
        if (v instanceof String && n == 3) {
            throw new FunctionException("cannot 3-index slice a string");
        }
        if (bytes == null && !(v instanceof List)) {
            throw new FunctionException("can't slice item of type " + GoValue.typeName(v));
        }
        int length = bytes != null ? bytes.length : ((List<?>) v).size();
        int from = n > 0 ? position(a[1], length + 1) : 0;
        int to = n > 1 ? position(a[2], length + 1) : length;
        if (from > to) {
            throw new FunctionException("invalid slice index: " + from + " > " + to);
        }
        if (bytes != null) {
            byte[] part = java.util.Arrays.copyOfRange(bytes, from, to);
            return v instanceof String ? GoValue.utf8(part) : part;
        }
        List<Object> part = GoValue.list(v).subList(from, to);
        return v instanceof TypedList t ? new TypedList(t.element(), part) : new java.util.ArrayList<>(part);
    }

    private static String text(Object[] args) {
        if (args.length == 1 && args[0] instanceof String s) {
            return s;
        }
        return GoFormat.print(args);
    }

    private static String html(String s) {
        StringBuilder out = new StringBuilder(s.length());
        for (int i = 0; i < s.length(); i++) {
            char c = s.charAt(i);
            switch (c) {
                case '"' -> out.append("&#34;");
                case '\'' -> out.append("&#39;");
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case 0 -> out.append('\ufffd');
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    private static String js(String s) {
        StringBuilder out = new StringBuilder(s.length());
        s.codePoints().forEach(c -> {
            switch (c) {
                case '\\' -> out.append("\\\\");
                case '\'' -> out.append("\\'");
                case '"' -> out.append("\\\"");
                case '<' -> out.append("\\u003C");
                case '>' -> out.append("\\u003E");
                case '&' -> out.append("\\u0026");
                case '=' -> out.append("\\u003D");
                default -> {
                    if (c < ' ' || c >= 0x7f && !GoFormat.printable(c)) {
                        out.append(String.format("\\u%04X", c));
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
        });
        return out.toString();
    }
}
