package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.GoValue;
import io.skerry.helm.template.TypedList;
import io.skerry.helm.template.TypedMap;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/** Text: trimming, cutting, padding, quoting, splitting, joining. Lengths and positions count bytes of UTF-8, as Go's do. */
final class StringFunctions {
    private StringFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "trim" -> Function.of(name, "s", a -> trimSpace((String) a[0]));
            case "upper" -> Function.of(name, "s", a -> ((String) a[0]).toUpperCase(Locale.ROOT));
            case "lower" -> Function.of(name, "s", a -> ((String) a[0]).toLowerCase(Locale.ROOT));
            case "trimAll" -> Function.of(name, "ss", a -> trim((String) a[1], (String) a[0]));
            case "trimall" -> Function.of(name, "ss", a -> trim((String) a[1], (String) a[0]));
            case "trimSuffix" -> Function.of(name, "ss", a -> ((String) a[1]).endsWith((String) a[0]) ? cutEnd((String) a[1], (String) a[0]) : a[1]);
            case "trimPrefix" -> Function.of(name, "ss", a -> ((String) a[1]).startsWith((String) a[0]) ? ((String) a[1]).substring(((String) a[0]).length()) : a[1]);
            case "nospace" -> Function.of(name, "s", a -> ((String) a[0]).codePoints().filter(c -> !whiteSpace(c))
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append).toString());
            case "contains" -> Function.of(name, "ss", a -> ((String) a[1]).contains((String) a[0]));
            case "hasPrefix" -> Function.of(name, "ss", a -> ((String) a[1]).startsWith((String) a[0]));
            case "hasSuffix" -> Function.of(name, "ss", a -> ((String) a[1]).endsWith((String) a[0]));
            case "replace" -> Function.of(name, "sss", a -> replace((String) a[2], (String) a[0], (String) a[1]));
            case "repeat" -> Function.of(name, "is", a -> repeat((String) a[1], Convert.integer(a[0])));
            case "substr" -> Function.of(name, "iis", a -> substr(Convert.integer(a[0]), Convert.integer(a[1]), (String) a[2]));
            case "trunc" -> Function.of(name, "is", a -> trunc(Convert.integer(a[0]), (String) a[1]));
            case "abbrev" -> Function.of(name, "is", a -> Convert.integer(a[0]) < 4 ? a[1] : abbreviate((String) a[1], 0, Convert.integer(a[0])));
            case "abbrevboth" -> Function.of(name, "iis", a -> {
                int left = Convert.integer(a[0]);
                int right = Convert.integer(a[1]);
                return right < 4 || left > 0 && right < 7 ? a[2] : abbreviate((String) a[2], left, right);
            });
            case "indent" -> Function.of(name, "is", a -> indent(Convert.integer(a[0]), (String) a[1]));
            case "nindent" -> Function.of(name, "is", a -> "\n" + indent(Convert.integer(a[0]), (String) a[1]));
            case "wrap" -> Function.of(name, "is", a -> wrap((String) a[1], Convert.integer(a[0]), "\n", false));
            case "wrapWith" -> Function.of(name, "iss", a -> wrap((String) a[2], Convert.integer(a[0]), ((String) a[1]).isEmpty() ? "\n" : (String) a[1], true));
            case "quote" -> Function.of(name, "a*", a -> Arrays.stream(a).filter(Objects::nonNull).map(v -> GoFormat.quote(Convert.string(v))).collect(Collectors.joining(" ")));
            case "squote" -> Function.of(name, "a*", a -> Arrays.stream(a).filter(Objects::nonNull).map(v -> "'" + GoFormat.value(v) + "'").collect(Collectors.joining(" ")));
            case "cat" -> Function.of(name, "a*", a -> Arrays.stream(a).filter(Objects::nonNull).map(GoFormat::value).collect(Collectors.joining(" ")));
            case "toString" -> Function.of(name, "a", a -> Convert.string(a[0]));
            case "toStrings" -> Function.of(name, "a", a -> TypedList.strings(Convert.strings(a[0])));
            case "plural" -> Function.of(name, "ssi", a -> Convert.integer(a[2]) == 1 ? a[0] : a[1]);
            case "join" -> Function.of(name, "sa", a -> String.join((String) a[0], Convert.strings(a[1])));
            case "sortAlpha" -> Function.of(name, "a", a -> {
                List<String> l = Convert.strings(a[0]);
                l.sort(GoValue.STRING_ORDER);
                return TypedList.strings(l);
            });
            case "split" -> Function.of(name, "ss", a -> numbered(split((String) a[1], (String) a[0], -1)));
            case "splitList" -> Function.of(name, "ss", a -> TypedList.strings(split((String) a[1], (String) a[0], -1)));
            case "splitn" -> Function.of(name, "sis", a -> numbered(split((String) a[2], (String) a[0], Convert.integer(a[1]))));
            case "hello" -> Function.of(name, "", _ -> "Hello!");
            default -> null;
        };
    }

    private static String cutEnd(String s, String suffix) {
        return s.substring(0, s.length() - suffix.length());
    }

    private static boolean whiteSpace(int c) {
        return Character.isWhitespace(c) || c == 0x85 || c == 0xa0;
    }

    private static String trimSpace(String s) {
        int from = 0;
        int to = s.length();
        while (from < to && whiteSpace(s.charAt(from))) {
            from++;
        }
        while (to > from && whiteSpace(s.charAt(to - 1))) {
            to--;
        }
        return s.substring(from, to);
    }

    private static String trim(String s, String cut) {
        int from = 0;
        int to = s.length();
        while (from < to && cut.indexOf(s.codePointAt(from)) >= 0) {
            from += Character.charCount(s.codePointAt(from));
        }
        while (to > from && cut.indexOf(s.codePointBefore(to)) >= 0) {
            to -= Character.charCount(s.codePointBefore(to));
        }
        return s.substring(from, to);
    }

    /** strings.ReplaceAll: an empty old matches before each rune and at the end. */
    private static String replace(String s, String old, String with) {
        return s.replace(old, with);
    }

    private static String repeat(String s, int count) {
        if (count < 0) {
            throw new FunctionException("strings: negative Repeat count");
        }
        return s.repeat(count);
    }

    private static boolean ascii(String s) {
        for (int i = 0; i < s.length(); i++) {
            if (s.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    /** s[from:to] in bytes. */
    private static String bytes(String s, int from, int to) {
        boolean ascii = ascii(s);
        int length = ascii ? s.length() : GoValue.byteLength(s);
        if (to > length) {
            throw new FunctionException("runtime error: slice bounds out of range [:" + to + "] with length " + length);
        }
        if (to < 0) {
            throw new FunctionException("runtime error: slice bounds out of range [:" + to + "]");
        }
        if (from > to) {
            throw new FunctionException("runtime error: slice bounds out of range [" + from + ":" + to + "]");
        }
        return ascii ? s.substring(from, to) : GoValue.utf8(Arrays.copyOfRange(GoValue.utf8(s), from, to));
    }

    private static String substr(int from, int to, String s) {
        if (from < 0) {
            return bytes(s, 0, to);
        }
        int length = GoValue.byteLength(s);
        if (to < 0 || to > length) {
            if (from > length) {
                throw new FunctionException("runtime error: slice bounds out of range [" + from + ":" + length + "]");
            }
            return bytes(s, from, length);
        }
        return bytes(s, from, to);
    }

    private static String trunc(int n, String s) {
        int length = GoValue.byteLength(s);
        if (n < 0 && length + n > 0) {
            return bytes(s, length + n, length);
        }
        return n >= 0 && length > n ? bytes(s, 0, n) : s;
    }

    /** goutils' AbbreviateFull: an ellipsis at the end, or at both ends when it starts at an offset. */
    private static String abbreviate(String s, int offset, int width) {
        int length = s.length();
        if (length <= width) {
            return s;
        }
        int from = Math.min(offset, length);
        if (length - from < width - 3) {
            from = length - (width - 3);
        }
        if (from <= 4) {
            return s.substring(0, width - 3) + "...";
        }
        if (from + width - 3 < length) {
            return "..." + abbreviate(s.substring(from), 0, width - 3);
        }
        return "..." + s.substring(length - (width - 3));
    }

    static String indent(int spaces, String s) {
        if (spaces < 0) {
            throw new FunctionException("strings: negative Repeat count");
        }
        String pad = " ".repeat(spaces);
        return pad + s.replace("\n", "\n" + pad);
    }

    /** goutils' WrapCustom. */
    private static String wrap(String s, int width, String newLine, boolean cutLong) {
        int limit = Math.max(width, 1);
        int n = s.length();
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (n - at > limit) {
            if (s.charAt(at) == ' ') {
                at++;
                continue;
            }
            int end = at + limit;
            int space = s.lastIndexOf(' ', end);
            if (space >= at) {
                out.append(s, at, space).append(newLine);
                at = space + 1;
            } else if (cutLong) {
                out.append(s, at, end).append(newLine);
                at = end;
            } else {
                space = s.indexOf(' ', end);
                if (space >= 0) {
                    out.append(s, at, space).append(newLine);
                    at = space + 1;
                } else {
                    out.append(s, at, n);
                    at = n;
                }
            }
        }
        return out.append(s, at, n).toString();
    }

    /** strings.SplitN: n below 0 is all, 0 none; an empty separator cuts between runes. */
    static List<String> split(String s, String sep, int n) {
        List<String> out = new ArrayList<>();
        if (n == 0) {
            return out;
        }
        int from = 0;
        if (sep.isEmpty()) {
            while (from < s.length() && (n < 0 || out.size() < n - 1)) {
                int next = from + Character.charCount(s.codePointAt(from));
                out.add(s.substring(from, next));
                from = next;
            }
            if (from < s.length()) {
                out.add(s.substring(from));
            }
            return out;
        }
        while (n < 0 || out.size() < n - 1) {
            int at = s.indexOf(sep, from);
            if (at < 0) {
                break;
            }
            out.add(s.substring(from, at));
            from = at + sep.length();
        }
        out.add(s.substring(from));
        return out;
    }

    private static TypedMap numbered(List<String> parts) {
        Map<String, String> m = new LinkedHashMap<>();
        for (int i = 0; i < parts.size(); i++) {
            m.put("_" + i, parts.get(i));
        }
        return TypedMap.strings(m);
    }
}
