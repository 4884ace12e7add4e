package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoValue;
import io.skerry.helm.template.TypedList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Lists. None changes its argument. Sprig's "must" forms return their errors; the plain ones panic, which comes to the same in a template. */
final class ListFunctions {
    private ListFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "list" -> Function.of(name, "a*", a -> new ArrayList<>(Arrays.asList(a)));
            case "tuple" -> Function.of(name, "a*", a -> new ArrayList<>(Arrays.asList(a)));
            case "append", "mustAppend" -> Function.of(name, "aa", a -> append(a, "push"));
            case "push", "mustPush" -> Function.of(name, "aa", a -> append(a, "push"));
            case "prepend", "mustPrepend" -> Function.of(name, "aa", a -> {
                List<Object> l = new ArrayList<>();
                l.add(a[1]);
                l.addAll(Convert.list(a[0], "prepend"));
                return l;
            });
            case "first", "mustFirst" -> Function.of(name, "a", a -> {
                List<Object> l = Convert.list(a[0], "find first");
                return l.isEmpty() ? null : l.getFirst();
            });
            case "last", "mustLast" -> Function.of(name, "a", a -> {
                List<Object> l = Convert.list(a[0], "find last");
                return l.isEmpty() ? null : l.getLast();
            });
            case "rest", "mustRest" -> Function.of(name, "a", a -> {
                List<Object> l = Convert.list(a[0], "find rest");
                return l.isEmpty() ? new ArrayList<>() : new ArrayList<>(l.subList(1, l.size()));
            });
            case "initial", "mustInitial" -> Function.of(name, "a", a -> {
                List<Object> l = Convert.list(a[0], "find initial");
                return l.isEmpty() ? new ArrayList<>() : new ArrayList<>(l.subList(0, l.size() - 1));
            });
            case "reverse", "mustReverse" -> Function.of(name, "a", a -> new ArrayList<>(Convert.list(a[0], "find reverse").reversed()));
            case "uniq", "mustUniq" -> Function.of(name, "a", a -> {
                List<Object> out = new ArrayList<>();
                for (Object e : Convert.list(a[0], "find uniq")) {
                    if (!contains(out, e)) {
                        out.add(e);
                    }
                }
                return out;
            });
            case "without", "mustWithout" -> Function.of(name, "aa*", a -> {
                List<Object> omit = Arrays.asList(a).subList(1, a.length);
                List<Object> out = new ArrayList<>(Convert.list(a[0], "find without"));
                out.removeIf(e -> contains(omit, e));
                return out;
            });
            case "has", "mustHas" -> Function.of(name, "aa", a -> a[1] != null && contains(Convert.list(a[1], "find has"), a[0]));
            case "compact", "mustCompact" -> Function.of(name, "a", a -> {
                List<Object> out = new ArrayList<>(Convert.list(a[0], "compact"));
                out.removeIf(Convert::empty);
                return out;
            });
            case "slice", "mustSlice" -> Function.of(name, "aa*", ListFunctions::slice);
            case "chunk", "mustChunk" -> Function.of(name, "ia", a -> {
                List<Object> l = Convert.list(a[1], "chunk");
                int size = Convert.integer(a[0]);
                if (size <= 0) {
                    throw new FunctionException("runtime error: makeslice: len out of range");
                }
                List<Object> out = new ArrayList<>();
                for (int i = 0; i < l.size(); i += size) {
                    out.add(new ArrayList<>(l.subList(i, Math.min(l.size(), i + size))));
                }
                return new TypedList("[]interface {}", out);
            });
            case "concat" -> Function.of(name, "a*", a -> {
                List<Object> out = new ArrayList<>();
                for (Object l : a) {
                    if (!(l instanceof List)) {
                        throw new FunctionException("Cannot concat type " + GoValue.kind(l) + " as list");
                    }
                    out.addAll(GoValue.list(l));
                }
                return out;
            });
            case "until" -> Function.of(name, "i", a -> steps(0, Convert.integer(a[0]), Convert.integer(a[0]) < 0 ? -1 : 1));
            case "untilStep" -> Function.of(name, "iii", a -> steps(Convert.integer(a[0]), Convert.integer(a[1]), Convert.integer(a[2])));
            case "seq" -> Function.of(name, "i*", ListFunctions::sequence);
            default -> null;
        };
    }

    private static Object append(Object[] a, String verb) {
        List<Object> l = new ArrayList<>(Convert.list(a[0], verb));
        l.add(a[1]);
        return l;
    }

    private static boolean contains(List<Object> l, Object v) {
        for (Object e : l) {
            if (GoValue.deepEqual(e, v)) {
                return true;
            }
        }
        return false;
    }

    private static Object slice(Object[] a) {
        if (!(a[0] instanceof List)) {
            throw new FunctionException("list should be type of slice or array but " + (a[0] == null ? "invalid" : GoValue.kind(a[0])));
        }
        List<Object> l = Convert.list(a[0], "slice");
        if (l.isEmpty()) {
            return null;
        }
        int from = a.length > 1 ? (int) Convert.int64(a[1]) : 0;
        int to = a.length > 2 ? (int) Convert.int64(a[2]) : l.size();
        if (from < 0 || to > l.size() || from > to) {
            throw new FunctionException("reflect.Value.Slice: slice index out of bounds");
        }
        List<Object> part = l.subList(from, to);
        return l instanceof TypedList t ? new TypedList(t.element(), part) : new ArrayList<>(part);
    }

    private static TypedList steps(int from, int to, int step) {
        List<Object> l = new ArrayList<>();
        if (to < from) {
            for (int i = from; step < 0 && i > to; i += step) {
                l.add(i);
            }
        } else {
            for (int i = from; step > 0 && i < to; i += step) {
                l.add(i);
            }
        }
        return new TypedList("int", l);
    }

    /** As the shell's seq: last; first last; first step last. */
    private static Object sequence(Object[] a) {
        int up = 1;
        return switch (a.length) {
            case 0 -> "";
            case 1 -> {
                int end = Convert.integer(a[0]);
                yield text(steps(1, end < 1 ? end - 1 : end + 1, end < 1 ? -1 : up));
            }
            case 2 -> {
                int from = Convert.integer(a[0]);
                int to = Convert.integer(a[1]);
                yield text(steps(from, to < from ? to - 1 : to + 1, to < from ? -1 : up));
            }
            case 3 -> {
                int from = Convert.integer(a[0]);
                int step = Convert.integer(a[1]);
                int to = Convert.integer(a[2]);
                yield to < from && step > 0 ? "" : text(steps(from, to < from ? to - 1 : to + 1, step));
            }
            default -> "";
        };
    }

    private static String text(List<Object> l) {
        return String.join(" ", Convert.strings(l));
    }
}
