package io.skerry.machinery.cel.library;

import static io.skerry.machinery.cel.library.Arguments.STRING;
import static io.skerry.machinery.cel.library.Arguments.listOf;

import dev.cel.common.types.SimpleType;
import dev.cel.common.values.CelByteString;
import dev.cel.common.values.NullValue;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** {@code 'text'.format([arguments])} with %s %d %f %e %b %x %X %o and %% (cel-go's strings extension, version 1), which the Java library lacks. */
final class StringFormatLibrary {
    private static final int PRECISION = 6;

    private StringFormatLibrary() {
    }

    static void declare(Functions functions) {
        functions.member("format", "string_format", SimpleType.STRING, a -> format((String) a[0], (List<?>) a[1]), STRING, listOf(SimpleType.DYN));
    }

    private static String format(String text, List<?> arguments) {
        StringBuilder out = new StringBuilder();
        int used = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '%') {
                out.append(c);
                continue;
            }
            i++;
            int precision = -1;
            if (i < text.length() && text.charAt(i) == '.') {
                int digits = i + 1;
                for (i++; i < text.length() && Character.isDigit(text.charAt(i)); i++) {
                    // only looking for the end of the number
                }
                if (i - digits < 1 || i - digits > 2) {
                    throw new IllegalArgumentException("could not parse formatting clause: error while parsing precision");
                }
                precision = Integer.parseInt(text.substring(digits, i));
            }
            if (i >= text.length()) {
                throw new IllegalArgumentException("could not parse formatting clause: unexpected end of format string");
            }
            if (text.charAt(i) == '%') {
                out.append('%');
                continue;
            }
            if (used >= arguments.size()) {
                throw new IllegalArgumentException("index " + used + " out of range");
            }
            out.append(clause(text.charAt(i), precision, arguments.get(used++)));
        }
        return out.toString();
    }

    private static String clause(char verb, int precision, Object value) {
        return switch (verb) {
            case 's' -> string(value);
            case 'd' -> {
                if (value instanceof Long || value instanceof com.google.common.primitives.UnsignedLong) {
                    yield value.toString();
                }
                if (value instanceof Double d && (d.isNaN() || d.isInfinite())) {
                    yield number(d);
                }
                throw wrong(verb, "integers");
            }
            case 'f' -> fixed(value, precision < 0 ? PRECISION : precision);
            case 'e' -> value instanceof Number n ? String.format(Locale.ROOT, "%." + (precision < 0 ? PRECISION : precision) + "e", n.doubleValue()) : fail(verb, "doubles");
            case 'b' -> value instanceof Boolean b ? b ? "1" : "0" : value instanceof Long n ? Long.toString(n, 2) : fail(verb, "integers and bools");
            case 'o' -> value instanceof Long n ? Long.toString(n, 8) : fail(verb, "integers");
            case 'x' -> hex(value);
            case 'X' -> hex(value).toUpperCase(Locale.ROOT);
            default -> throw new IllegalArgumentException("could not parse formatting clause: unrecognized formatting clause \"" + verb + "\"");
        };
    }

    private static String fail(char verb, String takes) {
        throw wrong(verb, takes);
    }

    private static IllegalArgumentException wrong(char verb, String takes) {
        return new IllegalArgumentException("error during formatting: %" + verb + " clause can only be used on " + takes);
    }

    private static String fixed(Object value, int precision) {
        if (value instanceof Double d && (d.isNaN() || d.isInfinite())) {
            return number(d);
        }
        return value instanceof Number n ? new BigDecimal(n.toString()).setScale(precision, RoundingMode.HALF_EVEN).toPlainString() : fail('f', "doubles");
    }

    private static String hex(Object value) {
        return switch (value) {
            case Long n -> Long.toString(n, 16);
            case String s -> HexFormat.of().formatHex(s.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            case CelByteString b -> HexFormat.of().formatHex(b.toByteArray());
            default -> fail('x', "integers, byte buffers, and strings");
        };
    }

    private static String number(double d) {
        if (d == Math.rint(d) && Math.abs(d) < 1e15) {
            return Long.toString((long) d);
        }
        return Double.isNaN(d) ? "NaN" : Double.isInfinite(d) ? d > 0 ? "+Inf" : "-Inf" : Double.toString(d);
    }

    /** How %s shows a value; strings within lists and maps without quotes. */
    private static String string(Object value) {
        return switch (value) {
            case Double d -> number(d);
            case NullValue n -> "null";
            case CelByteString b -> new String(b.toByteArray(), java.nio.charset.StandardCharsets.UTF_8);
            case List<?> list -> "[" + String.join(", ", list.stream().map(StringFormatLibrary::string).toList()) + "]";
            case Map<?, ?> map -> {
                Map<String, String> sorted = new TreeMap<>();
                map.forEach((k, v) -> sorted.put(string(k), string(v)));
                yield "{" + String.join(", ", sorted.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue()).toList()) + "}";
            }
            case java.time.Duration d -> new BigDecimal(d.getSeconds()).add(BigDecimal.valueOf(d.getNano(), 9)).stripTrailingZeros().toPlainString() + "s";
            default -> value.toString();
        };
    }
}
