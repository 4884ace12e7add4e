package io.skerry.helm.template;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;

/** Go's fmt.Sprintf. */
public final class Printf {
    private final String format;
    private final Object[] args;
    private final StringBuilder out = new StringBuilder();
    private int arg;
    private boolean reordered;
    private boolean plus;
    private boolean minus;
    private boolean sharp;
    private boolean space;
    private boolean zero;
    private int width;
    private int precision;

    private Printf(String format, Object[] args) {
        this.format = format;
        this.args = args;
    }

    public static String sprintf(String format, Object... args) {
        if (format.indexOf('%') < 0 && args.length == 0) {
            return format;
        }
        return new Printf(format, args).run();
    }

    private String run() {
        int end = format.length();
        for (int i = 0; i < end; ) {
            int percent = format.indexOf('%', i);
            if (percent < 0) {
                out.append(format, i, end);
                break;
            }
            out.append(format, i, percent);
            i = directive(percent + 1);
        }
        if (!reordered && arg < args.length) {
            out.append("%!(EXTRA ");
            for (int n = arg; n < args.length; n++) {
                out.append(n > arg ? ", " : "");
                if (args[n] == null) {
                    out.append("<nil>");
                } else {
                    out.append(GoValue.typeName(args[n])).append('=');
                    GoFormat.value(out, args[n]);
                }
            }
            out.append(')');
        }
        return out.toString();
    }

    private int directive(int from) {
        int i = from;
        plus = minus = sharp = space = zero = false;
        width = -1;
        precision = -1;
        boolean badIndex = false;
        flags:
        for (; i < format.length(); i++) {
            switch (format.charAt(i)) {
                case '+' -> plus = true;
                case '-' -> {
                    minus = true;
                    zero = false;
                }
                case '#' -> sharp = true;
                case ' ' -> space = true;
                case '0' -> zero = !minus;
                default -> {
                    break flags;
                }
            }
        }
        int[] index = {i};
        badIndex |= !argIndex(index);
        i = index[0];
        if (i < format.length() && format.charAt(i) == '*') {
            i++;
            Object w = arg < args.length ? args[arg++] : null;
            if (w instanceof Integer n) {
                width = Math.abs(n);
                minus |= n < 0;
            } else {
                out.append("%!(BADWIDTH)");
            }
        } else {
            int start = i;
            while (i < format.length() && Character.isDigit(format.charAt(i))) {
                i++;
            }
            if (i > start) {
                width = Integer.parseInt(format, start, Math.min(i, start + 7), 10);
            }
        }
        if (i < format.length() && format.charAt(i) == '.') {
            i++;
            index[0] = i;
            badIndex |= !argIndex(index);
            i = index[0];
            if (i < format.length() && format.charAt(i) == '*') {
                i++;
                Object p = arg < args.length ? args[arg++] : null;
                if (p instanceof Integer n && n >= 0) {
                    precision = n;
                } else {
                    out.append("%!(BADPREC)");
                }
            } else {
                int start = i;
                while (i < format.length() && Character.isDigit(format.charAt(i))) {
                    i++;
                }
                precision = i > start ? Integer.parseInt(format, start, Math.min(i, start + 7), 10) : 0;
            }
        }
        index[0] = i;
        badIndex |= !argIndex(index);
        i = index[0];
        if (i >= format.length()) {
            out.append("%!(NOVERB)");
            return i;
        }
        int verb = format.codePointAt(i);
        i += Character.charCount(verb);
        if (verb == '%') {
            out.append('%');
        } else if (badIndex) {
            out.append("%!").appendCodePoint(verb).append("(BADINDEX)");
        } else if (arg >= args.length) {
            out.append("%!").appendCodePoint(verb).append("(MISSING)");
        } else {
            // %+v asks for field names, not for signs.
            plus &= verb != 'v';
            print(args[arg++], verb);
        }
        return i;
    }

    /** An explicit argument index, [3]. */
    private boolean argIndex(int[] at) {
        int i = at[0];
        if (i >= format.length() || format.charAt(i) != '[') {
            return true;
        }
        reordered = true;
        int close = format.indexOf(']', i);
        BigInteger n = close < 0 ? null : GoNumber.integer(format.substring(i + 1, close), 10);
        at[0] = close < 0 ? i + 1 : close + 1;
        if (n == null || n.signum() <= 0 || n.bitLength() > 31 || n.intValue() > args.length) {
            return false;
        }
        arg = n.intValue() - 1;
        return true;
    }

    private void print(Object v, int verb) {
        if (verb == 'T') {
            pad(GoValue.typeName(v));
            return;
        }
        if (v == null) {
            if (verb == 'v') {
                pad("<nil>");
            } else {
                bad(v, verb);
            }
            return;
        }
        if (verb == 'v' && sharp) {
            pad(GoFormat.goSyntax(v));
            return;
        }
        switch (v) {
            case Boolean b -> {
                if (verb == 't' || verb == 'v') {
                    pad(b.toString());
                } else {
                    bad(v, verb);
                }
            }
            case Double d -> floating(d, verb);
            case String s -> string(s, verb);
            case byte[] b -> bytes(b, verb);
            case Map<?, ?> m -> {
                out.append("map[");
                String sep = "";
                for (String key : GoFormat.sortedKeys(m)) {
                    out.append(sep);
                    print(key, verb);
                    out.append(':');
                    element(m.get(key), verb);
                    sep = " ";
                }
                out.append(']');
            }
            case List<?> l -> {
                out.append('[');
                for (int i = 0; i < l.size(); i++) {
                    if (i > 0) {
                        out.append(' ');
                    }
                    element(l.get(i), verb);
                }
                out.append(']');
            }
            case Integer n -> integer(BigInteger.valueOf(n), v, verb);
            case Long n -> integer(BigInteger.valueOf(n), v, verb);
            case BigInteger n -> integer(n, v, verb);
            case Byte n -> integer(BigInteger.valueOf(n & 0xff), v, verb);
            default -> string(v.toString(), verb);
        }
    }

    private void element(Object v, int verb) {
        if (v == null) {
            pad(verb == 'v' ? "<nil>" : "%!" + Character.toString(verb) + "(<nil>)");
        } else {
            print(v, verb);
        }
    }

    private void bad(Object v, int verb) {
        out.append("%!").appendCodePoint(verb).append('(');
        if (v == null) {
            out.append("<nil>");
        } else {
            out.append(GoValue.typeName(v)).append('=').append(GoFormat.value(v));
        }
        out.append(')');
    }

    private void string(String s, int verb) {
        switch (verb) {
            case 'v', 's' -> pad(truncate(s));
            case 'q' -> {
                String t = truncate(s);
                pad(sharp && t.indexOf('`') < 0 && t.codePoints().allMatch(c -> c == '\t' || c >= ' ' && c != 0x7f) ? "`" + t + "`" : plus ? GoFormat.quoteAscii(t) : GoFormat.quote(t));
            }
            case 'x', 'X' -> pad(hex(GoValue.utf8(s), verb == 'X'));
            default -> bad(s, verb);
        }
    }

    private void bytes(byte[] b, int verb) {
        switch (verb) {
            case 's' -> pad(truncate(GoValue.utf8(b)));
            case 'q' -> pad(GoFormat.quote(truncate(GoValue.utf8(b))));
            case 'x', 'X' -> pad(hex(b, verb == 'X'));
            case 'v', 'd' -> pad(GoFormat.value(b));
            default -> bad(b, verb);
        }
    }

    private String truncate(String s) {
        return precision >= 0 && s.codePointCount(0, s.length()) > precision ? s.substring(0, s.offsetByCodePoints(0, precision)) : s;
    }

    private String hex(byte[] bytes, boolean upper) {
        StringBuilder h = new StringBuilder();
        int n = precision >= 0 ? Math.min(precision, bytes.length) : bytes.length;
        for (int i = 0; i < n; i++) {
            if (space && i > 0) {
                h.append(' ');
            }
            if (sharp && (space || i == 0)) {
                h.append(upper ? "0X" : "0x");
            }
            h.append(String.format(upper ? "%02X" : "%02x", bytes[i]));
        }
        return h.toString();
    }

    private void integer(BigInteger n, Object v, int verb) {
        switch (verb) {
            case 'v', 'd' -> number(n, 10, "", false);
            case 'b' -> number(n, 2, sharp ? "0b" : "", false);
            case 'o' -> number(n, 8, sharp ? "0" : "", false);
            case 'O' -> number(n, 8, "0o", false);
            case 'x' -> number(n, 16, sharp ? "0x" : "", false);
            case 'X' -> number(n, 16, sharp ? "0X" : "", true);
            case 'c' -> pad(Character.toString(rune(n)));
            case 'q' -> pad(GoFormat.quoteRune(rune(n)));
            case 'U' -> pad(sharp ? GoFormat.unicode(rune(n)) : String.format("U+%04X", n));
            default -> bad(v, verb);
        }
    }

    private static int rune(BigInteger n) {
        return n.signum() < 0 || n.bitLength() > 21 || n.intValue() > Character.MAX_CODE_POINT ? 0xfffd : n.intValue();
    }

    private void number(BigInteger n, int base, String prefix, boolean upper) {
        String digits = n.abs().toString(base);
        if (upper) {
            digits = digits.toUpperCase(java.util.Locale.ROOT);
        }
        if (precision == 0 && n.signum() == 0) {
            digits = "";
        }
        String sign = n.signum() < 0 ? "-" : plus ? "+" : space ? " " : "";
        int min = precision >= 0 ? precision : zero && width > 0 ? width - sign.length() : 0;
        digits = "0".repeat(Math.max(0, min - digits.length())) + digits;
        boolean zeros = zero;
        zero = false;
        pad(sign + prefix + digits);
        zero = zeros;
    }

    private void floating(double d, int verb) {
        String s;
        switch (verb) {
            case 'v', 'g', 'G' -> s = precision < 0 ? GoNumber.general(d) : generalPrecision(d);
            case 'e', 'E' -> s = special(d) ? GoNumber.general(d) : scientific(d, precision < 0 ? 6 : precision);
            case 'f', 'F' -> s = special(d) ? GoNumber.general(d) : new BigDecimal(d).setScale(precision < 0 ? 6 : precision, RoundingMode.HALF_EVEN).toPlainString();
            default -> {
                bad(d, verb);
                return;
            }
        }
        if (d == 0 && 1 / d < 0 && !s.startsWith("-")) {
            s = "-" + s;
        }
        if (verb == 'E' || verb == 'G') {
            s = s.toUpperCase(java.util.Locale.ROOT);
        }
        if (d >= 0 && !s.startsWith("-")) {
            s = s.startsWith("+") ? s : plus ? "+" + s : space ? " " + s : s;
        }
        if (s.startsWith("+Inf") && !plus) {
            s = s.substring(zero ? 1 : 0);
        }
        if (zero && !special(d)) {
            String sign = s.startsWith("-") || s.startsWith("+") || s.startsWith(" ") ? s.substring(0, 1) : "";
            String rest = s.substring(sign.length());
            s = sign + "0".repeat(Math.max(0, width - s.length())) + rest;
        }
        boolean zeros = zero;
        zero = false;
        pad(s);
        zero = zeros;
    }

    private static boolean special(double d) {
        return Double.isNaN(d) || Double.isInfinite(d);
    }

    private static String scientific(double d, int digits) {
        BigDecimal b = new BigDecimal(d);
        if (b.signum() == 0) {
            return "0" + (digits > 0 ? "." + "0".repeat(digits) : "") + "e+00";
        }
        BigDecimal r = b.round(new java.math.MathContext(digits + 1, RoundingMode.HALF_EVEN));
        int exponent = r.precision() - r.scale() - 1;
        String u = r.unscaledValue().abs().toString();
        u = u + "0".repeat(Math.max(0, digits + 1 - u.length()));
        return (d < 0 ? "-" : "") + u.charAt(0) + (digits > 0 ? "." + u.substring(1, digits + 1) : "") + "e" + (exponent < 0 ? "-" : "+")
            + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    /** %.3g: that many significant digits, no trailing zeros, an exponent when it is below -4 or from the precision on. */
    private String generalPrecision(double d) {
        if (special(d) || d == 0) {
            return GoNumber.general(d);
        }
        int p = precision == 0 ? 1 : precision;
        BigDecimal r = new BigDecimal(d).round(new java.math.MathContext(p, RoundingMode.HALF_EVEN)).stripTrailingZeros();
        int exponent = r.precision() - r.scale() - 1;
        int limit = p > r.precision() && r.precision() >= exponent + 1 ? r.precision() : p;
        return exponent < -4 || exponent >= limit ? GoNumber.exponential(r) : r.toPlainString();
    }

    private void pad(String s) {
        int missing = width - s.codePointCount(0, s.length());
        if (missing <= 0) {
            out.append(s);
        } else if (minus) {
            out.append(s).repeat(' ', missing);
        } else {
            out.repeat(zero ? '0' : ' ', missing).append(s);
        }
    }
}
