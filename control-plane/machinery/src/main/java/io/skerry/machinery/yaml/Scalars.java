package io.skerry.machinery.yaml;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.NullNode;
import java.math.BigInteger;
import java.util.regex.Pattern;

/** What a plain scalar means: go-yaml's resolution (YAML 1.1 with its own liberties), as far as JSON can say it. */
final class Scalars {

    private static final Pattern FLOAT = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    /** Characters: more than 64 bits take in binary. */
    private static final int MAX_INTEGER = 100;
    private static final BigInteger LONG_MIN = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger UNSIGNED_MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

    private Scalars() {}

    /**
     * The value of a plain scalar, or null when it is a string.
     *
     * @throws ArithmeticException for NaN and infinity, which JSON does not have
     */
    static JsonNode resolve(String s) {
        if (s.isEmpty()) {
            return NullNode.instance;
        }
        char c = s.charAt(0);
        switch (c) {
            case '~', 'n', 'N', 'y', 'Y', 't', 'T', 'f', 'F', 'o', 'O':
                return word(s);
            case '.':
                switch (s) {
                    case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF" -> throw new ArithmeticException(s);
                    default -> {
                        return real(s);
                    }
                }
            case '+', '-':
                switch (s) {
                    case "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF" -> throw new ArithmeticException(s);
                    default -> {
                        return number(s);
                    }
                }
            default:
                return c >= '0' && c <= '9' ? number(s) : null;
        }
    }

    private static JsonNode word(String s) {
        return switch (s) {
            case "~", "null", "Null", "NULL" -> NullNode.instance;
            case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON" -> BooleanNode.TRUE;
            case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF" -> BooleanNode.FALSE;
            default -> null;
        };
    }

    private static JsonNode number(String s) {
        String plain = s.indexOf('_') < 0 ? s : s.replace("_", "");
        JsonNode integer = integer(plain);
        return integer != null ? integer : real(plain);
    }

    private static JsonNode integer(String s) {
        int sign = s.charAt(0) == '-' || s.charAt(0) == '+' ? 1 : 0;
        int radix = 10;
        int digits = sign;
        if (s.length() > sign + 1 && s.charAt(sign) == '0') {
            switch (s.charAt(sign + 1)) {
                case 'x', 'X' -> radix = 16;
                case 'o', 'O' -> radix = 8;
                case 'b', 'B' -> radix = 2;
                default -> radix = -8; // a bare leading zero: octal, as in C
            }
            digits = radix == -8 ? sign + 1 : sign + 2;
            radix = Math.abs(radix);
        }
        if (digits == s.length() || s.length() > MAX_INTEGER) {
            return null;
        }
        for (int i = digits; i < s.length(); i++) {
            if (s.charAt(i) > 'f' || Character.digit(s.charAt(i), radix) < 0) {
                return null;
            }
        }
        BigInteger value = new BigInteger(s.substring(digits), radix);
        if (s.charAt(0) == '-') {
            value = value.negate();
        }
        if (value.bitLength() < 64) {
            return integral(value.longValue());
        }
        return value.compareTo(LONG_MIN) >= 0 && value.compareTo(UNSIGNED_MAX) <= 0 ? BigIntegerNode.valueOf(value) : null;
    }

    private static JsonNode real(String s) {
        if (!FLOAT.matcher(s).matches()) {
            return null;
        }
        double value = Double.parseDouble(s);
        if (Double.isInfinite(value)) {
            return null;
        }
        // Through JSON 1.0 and 1e3 become 1 and 1000, and those are integers.
        return value == Math.rint(value) && Math.abs(value) < 0x1p63 ? integral((long) value) : DoubleNode.valueOf(value);
    }

    private static JsonNode integral(long value) {
        return value == (int) value ? IntNode.valueOf((int) value) : LongNode.valueOf(value);
    }
}
