package io.skerry.machinery.quantity;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/**
 * A resource quantity such as "100m", "1.5Gi" or "1e3" (k8s.io/apimachinery/pkg/api/resource). Its canonical form has no
 * fraction, the largest suffix that allows that, and the kind of suffix it was parsed with. Precision ends at nano;
 * anything finer is rounded away from zero.
 */
public final class Quantity implements Comparable<Quantity> {

    /** The kind of suffix. */
    public enum Format { BINARY_SI, DECIMAL_SI, DECIMAL_EXPONENT }

    public static final Quantity ZERO = new Quantity(BigDecimal.ZERO, Format.DECIMAL_SI);

    private static final String[] BINARY = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
    private static final String[] DECIMAL = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
    private static final int MAX_DIGITS = 1000;
    private static final BigDecimal MAX = BigDecimal.valueOf(Long.MAX_VALUE);
    private static final String WRONG_FORMAT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    private static final String WRONG_SUFFIX = "unable to parse quantity's suffix";
    private static final String WRONG_NUMBER = "unable to parse numeric part of quantity";

    private final BigDecimal value;
    private final Format format;

    private Quantity(BigDecimal value, Format format) {
        this.value = value;
        this.format = format;
    }

    public static Quantity of(BigDecimal value, Format format) {
        return new Quantity(clamp(value), format);
    }

    public static Quantity of(long value) {
        return of(BigDecimal.valueOf(value), Format.DECIMAL_SI);
    }

    public static Quantity ofMilli(long thousandths) {
        return of(BigDecimal.valueOf(thousandths, 3), Format.DECIMAL_SI);
    }

    /** @throws IllegalArgumentException with upstream's message */
    public static Quantity parse(String text) {
        if (text.isEmpty()) {
            throw new IllegalArgumentException(WRONG_FORMAT);
        }
        int i = text.charAt(0) == '+' || text.charAt(0) == '-' ? 1 : 0;
        int digits = i;
        int points = 0;
        while (i < text.length() && (Character.isDigit(text.charAt(i)) && text.charAt(i) < 128 || text.charAt(i) == '.')) {
            points += text.charAt(i) == '.' ? 1 : 0;
            i++;
        }
        if (points > 1 || i - digits == 0 || i > MAX_DIGITS) {
            throw new IllegalArgumentException(WRONG_FORMAT);
        }
        if (i - digits == points) {
            throw new IllegalArgumentException(i < text.length() ? WRONG_FORMAT : WRONG_NUMBER);
        }
        String suffix = text.substring(i);
        for (int j = 0; j < suffix.length(); j++) {
            if ("eEinumkKMGTP+-0123456789".indexOf(suffix.charAt(j)) < 0) {
                throw new IllegalArgumentException(WRONG_FORMAT);
            }
        }
        BigDecimal number = new BigDecimal(text.substring(0, i));
        for (int power = 1; power < BINARY.length; power++) {
            if (suffix.equals(BINARY[power])) {
                return of(number.multiply(new BigDecimal(BigInteger.ONE.shiftLeft(10 * power))), Format.BINARY_SI);
            }
        }
        for (int power = 0; power < DECIMAL.length; power++) {
            if (suffix.equals(DECIMAL[power])) {
                return of(number.scaleByPowerOfTen(3 * (power - 3)), Format.DECIMAL_SI);
            }
        }
        if (suffix.matches("[eE][-+]?[0-9]{1,9}")) {
            int exponent = Integer.parseInt(suffix.substring(suffix.charAt(1) == '+' ? 2 : 1));
            if (exponent > 100 || exponent < -100) { // far outside what is kept, and far from what BigDecimal can handle
                return of(number.signum() == 0 ? BigDecimal.ZERO : number.scaleByPowerOfTen(exponent > 0 ? 100 : -100), Format.DECIMAL_EXPONENT);
            }
            return of(number.scaleByPowerOfTen(exponent), Format.DECIMAL_EXPONENT);
        }
        throw new IllegalArgumentException(WRONG_SUFFIX);
    }

    private static BigDecimal clamp(BigDecimal value) {
        if (value.scale() > 9) {
            value = value.setScale(9, RoundingMode.UP);
        }
        if (value.abs().compareTo(MAX) > 0) {
            value = value.signum() < 0 ? MAX.negate() : MAX;
        }
        return value.signum() == 0 ? BigDecimal.ZERO : value;
    }

    /** Exact. */
    public BigDecimal value() {
        return value;
    }

    public Format format() {
        return format;
    }

    /** Whole units, rounded up as upstream's Value() is. */
    public long longValue() {
        return saturated(value);
    }

    /** Thousandths, rounded up. */
    public long milliValue() {
        return saturated(value.movePointRight(3));
    }

    private static long saturated(BigDecimal value) {
        BigDecimal whole = value.setScale(0, RoundingMode.UP);
        return whole.compareTo(MAX) > 0 ? Long.MAX_VALUE : whole.compareTo(MAX.negate()) < 0 ? -Long.MAX_VALUE : whole.longValueExact();
    }

    /** To whole thousandths, away from zero, as resource lists are kept. */
    public Quantity roundedToMilli() {
        return value.scale() <= 3 ? this : of(value.setScale(3, RoundingMode.UP), format);
    }

    public boolean isZero() {
        return value.signum() == 0;
    }

    /** -1, 0 or 1. */
    public int sign() {
        return value.signum();
    }

    /** The sum, in this quantity's format; in the other's when this one is zero. */
    public Quantity add(Quantity other) {
        return of(value.add(other.value), isZero() ? other.format : format);
    }

    public Quantity subtract(Quantity other) {
        return of(value.subtract(other.value), isZero() ? other.format : format);
    }

    @Override
    public int compareTo(Quantity other) {
        return value.compareTo(other.value);
    }

    /** By amount: 1Gi equals 1024Mi. */
    @Override
    public boolean equals(Object o) {
        return o instanceof Quantity q && value.compareTo(q.value) == 0;
    }

    @Override
    public int hashCode() {
        return value.stripTrailingZeros().hashCode();
    }

    /** The canonical form. */
    @Override
    public String toString() {
        if (isZero()) {
            return "0";
        }
        boolean binary = format == Format.BINARY_SI && value.abs().compareTo(BigDecimal.valueOf(1024)) >= 0
                && value.stripTrailingZeros().scale() <= 0;
        return binary ? binary() : decimal();
    }

    private String binary() {
        BigInteger rest = value.toBigIntegerExact();
        int power = 0;
        while (power < BINARY.length - 1 && rest.getLowestSetBit() >= 10) {
            rest = rest.shiftRight(10);
            power++;
        }
        return rest + BINARY[power];
    }

    private String decimal() {
        BigDecimal stripped = value.stripTrailingZeros();
        int exponent = Math.floorDiv(-stripped.scale(), 3) * 3;
        exponent = Math.min(exponent, 18);
        String digits = stripped.scaleByPowerOfTen(-exponent).toPlainString();
        return digits + (format != Format.DECIMAL_EXPONENT ? DECIMAL[exponent / 3 + 3] : exponent == 0 ? "" : "e" + exponent);
    }
}
