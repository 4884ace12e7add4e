package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.encoding.Trees;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoValue;
import io.skerry.helm.template.TypedList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Maps. {@code set}, {@code unset}, {@code merge} and {@code mergeOverwrite} change their first argument, as in Sprig. */
final class DictFunctions {
    private DictFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "dict" -> Function.of(name, "a*", a -> {
                Map<String, Object> m = new LinkedHashMap<>();
                for (int i = 0; i < a.length; i += 2) {
                    m.put(Convert.string(a[i]), i + 1 < a.length ? a[i + 1] : "");
                }
                return m;
            });
            case "get" -> Function.of(name, "ms", a -> a[0] == null ? "" : GoValue.map(a[0]).containsKey(a[1]) ? GoValue.map(a[0]).get(a[1]) : "");
            case "set" -> Function.of(name, "msa", a -> {
                writable(a[0]).put((String) a[1], a[2]);
                return a[0];
            });
            case "unset" -> Function.of(name, "ms", a -> {
                if (a[0] != null) {
                    GoValue.map(a[0]).remove(a[1]);
                }
                return a[0];
            });
            case "hasKey" -> Function.of(name, "ms", a -> a[0] != null && GoValue.map(a[0]).containsKey(a[1]));
            case "pluck" -> Function.of(name, "sm*", a -> {
                List<Object> out = new ArrayList<>();
                for (int i = 1; i < a.length; i++) {
                    if (a[i] != null && GoValue.map(a[i]).containsKey(a[0])) {
                        out.add(GoValue.map(a[i]).get(a[0]));
                    }
                }
                return out;
            });
            case "keys" -> Function.of(name, "m*", a -> {
                List<String> out = new ArrayList<>();
                for (Object m : a) {
                    if (m != null) {
                        out.addAll(GoValue.map(m).keySet());
                    }
                }
                return TypedList.strings(out);
            });
            case "values" -> Function.of(name, "m", a -> a[0] == null ? new ArrayList<>() : new ArrayList<>(GoValue.map(a[0]).values()));
            case "pick" -> Function.of(name, "ms*", a -> {
                Map<String, Object> out = new LinkedHashMap<>();
                for (int i = 1; i < a.length && a[0] != null; i++) {
                    if (GoValue.map(a[0]).containsKey(a[i])) {
                        out.put((String) a[i], GoValue.map(a[0]).get(a[i]));
                    }
                }
                return out;
            });
            case "omit" -> Function.of(name, "ms*", a -> {
                Map<String, Object> out = new LinkedHashMap<>(a[0] == null ? Map.of() : GoValue.map(a[0]));
                out.keySet().removeAll(Arrays.asList(a).subList(1, a.length));
                return out;
            });
            case "merge" -> Function.of(name, "mm*", a -> merge(a, false));
            case "mustMerge" -> Function.of(name, "mm*", a -> merge(a, false));
            case "mergeOverwrite" -> Function.of(name, "mm*", a -> merge(a, true));
            case "mustMergeOverwrite" -> Function.of(name, "mm*", a -> merge(a, true));
            case "deepCopy" -> Function.of(name, "a", a -> deepCopy(a[0]));
            case "mustDeepCopy" -> Function.of(name, "a", a -> deepCopy(a[0]));
            case "dig" -> Function.of(name, "a*", DictFunctions::dig);
            default -> null;
        };
    }

    private static Object deepCopy(Object v) {
        if (v == null) {
            throw new FunctionException("reflect: call of reflect.Value.Type on zero Value");
        }
        return Trees.copy(v);
    }

    private static Map<String, Object> writable(Object m) {
        if (m == null) {
            throw new FunctionException("assignment to entry in nil map");
        }
        return GoValue.map(m);
    }

    private static Object merge(Object[] a, boolean overwrite) {
        Map<String, Object> dst = a[0] == null ? new LinkedHashMap<>() : GoValue.map(a[0]);
        for (int i = 1; i < a.length; i++) {
            if (a[i] != null) {
                mergeInto(dst, GoValue.map(a[i]), overwrite);
            }
        }
        return dst;
    }

    /** mergo's rules: empty values of the target are filled; with overwrite all but maps and lists are replaced. Maps merge. */
    private static void mergeInto(Map<String, Object> dst, Map<String, Object> src, boolean overwrite) {
        for (Map.Entry<String, Object> e : src.entrySet()) {
            Object value = e.getValue();
            Object old = dst.get(e.getKey());
            if (value == null) {
                if (overwrite) {
                    dst.put(e.getKey(), null);
                }
                continue;
            }
            if (value instanceof Map<?, ?> && old instanceof Map<?, ?> m && !m.isEmpty()) {
                mergeInto(GoValue.map(old), GoValue.map(value), overwrite);
                continue;
            }
            if (!Convert.empty(old) && value instanceof List) {
                if (overwrite) {
                    dst.put(e.getKey(), value);
                }
                continue;
            }
            if (overwrite || Convert.empty(old)) {
                dst.put(e.getKey(), value);
            }
        }
    }

    private static Object dig(Object[] a) {
        if (a.length < 3) {
            throw new FunctionException("dig needs at least three arguments");
        }
        Object dict = a[a.length - 1];
        Object def = a[a.length - 2];
        for (int i = 0; i < a.length - 2; i++) {
            if (!(a[i] instanceof String key)) {
                throw new FunctionException("interface conversion: interface {} is " + (a[i] == null ? "nil" : GoValue.typeName(a[i])) + ", not string");
            }
            if (!(dict instanceof Map<?, ?> m)) {
                throw new FunctionException("interface conversion: interface {} is " + (dict == null ? "nil" : GoValue.typeName(dict)) + ", not map[string]interface {}");
            }
            if (!m.containsKey(key)) {
                return def;
            }
            dict = m.get(key);
        }
        return dict;
    }
}
