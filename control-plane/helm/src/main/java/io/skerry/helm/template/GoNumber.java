package io.skerry.helm.template;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Numbers as Go reads and writes them. */
public final class GoNumber {
    /** An underscore stands between two digits. */
    private static final java.util.regex.Pattern UNDERSCORES = java.util.regex.Pattern.compile("(?:[^_]|(?<=\\d)_(?=\\d))*");

    private GoNumber() {}

    /** A constant of a template. @return Integer or Long for an int, Double for a float64 */
    static Object literal(String text) {
        if (text.startsWith("'")) {
            String s = GoFormat.unquote(text);
            if (s == null || s.isEmpty()) {
                throw new NumberFormatException("invalid syntax");
            }
            if (s.codePointCount(0, s.length()) != 1) {
                throw new NumberFormatException("malformed character constant: " + text);
            }
            return GoValue.integer(s.codePointAt(0));
        }
        if (text.endsWith("i")) {
            throw new NumberFormatException("complex numbers are not supported: " + text);
        }
        BigInteger i = integer(text, 0);
        if (i != null) {
            if (i.bitLength() > 63) {
                throw new NumberFormatException("integer overflow: " + GoFormat.quote(text));
            }
            return GoValue.integer(i.longValue());
        }
        Double d = floating(text);
        if (d == null) {
            throw new NumberFormatException("bad number syntax: " + GoFormat.quote(text));
        }
        return d;
    }

    /** strconv.ParseInt's syntax. @param base 0 reads 0x, 0o, 0b, a leading 0 and underscores; null when it is no integer */
    public static BigInteger integer(String text, int base) {
        String s = text;
        boolean negative = false;
        if (s.startsWith("+") || s.startsWith("-")) {
            negative = s.startsWith("-");
            s = s.substring(1);
        }
        int radix = base;
        if (base == 0) {
            radix = 10;
            if (s.length() > 1 && s.charAt(0) == '0') {
                switch (s.charAt(1)) {
                    case 'x', 'X' -> {
                        radix = 16;
                        s = s.substring(2);
                    }
                    case 'b', 'B' -> {
                        radix = 2;
                        s = s.substring(2);
                    }
                    case 'o', 'O' -> {
                        radix = 8;
                        s = s.substring(2);
                    }
                    default -> {
                        radix = 8;
                        s = s.substring(1);
                    }
                }
            }
            if (s.endsWith("_") || s.contains("__")) {
                return null;
            }
            s = s.replace("_", "");
        }
        if (s.isEmpty()) {
            return null;
        }
        for (int i = 0; i < s.length(); i++) {
            if (s.charAt(i) > 0x7f || Character.digit(s.charAt(i), radix) < 0) {
                return null;
            }
        }
        BigInteger v = new BigInteger(s, radix);
        return negative ? v.negate() : v;
    }

    /** strconv.ParseFloat's syntax; null when it is no number. */
    public static Double floating(String text) {
        String s = text.strip();
        if (s.isEmpty() || !s.equals(text)) {
            return null;
        }
        String lower = s.toLowerCase(java.util.Locale.ROOT);
        String unsigned = lower.startsWith("+") || lower.startsWith("-") ? lower.substring(1) : lower;
        double sign = lower.startsWith("-") ? -1 : 1;
        if (unsigned.equals("inf") || unsigned.equals("infinity")) {
            return sign * Double.POSITIVE_INFINITY;
        }
        if (unsigned.equals("nan")) {
            return Double.NaN;
        }
        if (unsigned.startsWith("0x")) {
            // Unlike Java, Go wants the exponent.
            try {
                return unsigned.contains("p") ? Double.valueOf(lower) : null;
            } catch (NumberFormatException e) {
                return null;
            }
        }
        char last = lower.charAt(lower.length() - 1);
        if (last == 'd' || last == 'f' || !UNDERSCORES.matcher(lower).matches()) {
            return null;
        }
        try {
            return Double.valueOf(lower.replace("_", ""));
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** The shortest form that reads back as the same number, as %v and strconv's 'g' give it: 100000, 1e+06, 1.5, 1e-05. */
    public static String general(double d) {
        if (Double.isNaN(d)) {
            return "NaN";
        }
        if (Double.isInfinite(d)) {
            return d > 0 ? "+Inf" : "-Inf";
        }
        if (d == Math.rint(d) && Math.abs(d) < 1_000_000) {
            return d == 0 && 1 / d < 0 ? "-0" : Integer.toString((int) d);
        }
        BigDecimal b = decimal(d);
        int exponent = b.precision() - b.scale() - 1;
        return exponent < -4 || exponent >= 6 ? exponential(b) : b.toPlainString();
    }

    /** encoding/json's form: no exponent from 1e-6 to below 1e21. */
    public static String json(double d) {
        if (d == Math.rint(d) && Math.abs(d) < 1e15) {
            return d == 0 && 1 / d < 0 ? "-0" : Long.toString((long) d);
        }
        double abs = Math.abs(d);
        if (abs < 1e-6 || abs >= 1e21) {
            String s = exponential(decimal(d));
            // e-09 is written e-9
            int n = s.length();
            return n >= 4 && s.charAt(n - 4) == 'e' && s.charAt(n - 3) == '-' && s.charAt(n - 2) == '0' ? s.substring(0, n - 2) + s.charAt(n - 1) : s;
        }
        return plain(d);
    }

    /** strconv 'f' with the fewest digits: never an exponent. */
    public static String plain(double d) {
        if (Double.isNaN(d) || Double.isInfinite(d)) {
            return general(d);
        }
        if (d == 0) {
            return 1 / d < 0 ? "-0" : "0";
        }
        return decimal(d).toPlainString();
    }

    /** Double.toString gives the shortest digits (JDK 19 and later). */
    static BigDecimal decimal(double d) {
        return new BigDecimal(Double.toString(d)).stripTrailingZeros();
    }

    static String exponential(BigDecimal b) {
        String digits = b.unscaledValue().abs().toString();
        int exponent = digits.length() - b.scale() - 1;
        StringBuilder out = new StringBuilder();
        if (b.signum() < 0) {
            out.append('-');
        }
        out.append(digits.charAt(0));
        if (digits.length() > 1) {
            out.append('.').append(digits, 1, digits.length());
        }
        out.append('e').append(exponent < 0 ? '-' : '+');
        int abs = Math.abs(exponent);
        if (abs < 10) {
            out.append('0');
        }
        return out.append(abs).toString();
    }
}
