package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoFormat;
import io.skerry.helm.template.GoNumber;
import io.skerry.helm.template.GoValue;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.LongBinaryOperator;

/** Numbers. Whole-number functions give int64, the ones that end in f float64. */
final class MathFunctions {
    private MathFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "int" -> Function.of(name, "a", a -> GoValue.integer(Convert.int64(a[0])));
            case "int64" -> Function.of(name, "a", a -> Convert.int64(a[0]));
            case "float64" -> Function.of(name, "a", a -> Convert.float64(a[0]));
            case "atoi" -> Function.of(name, "s", a -> {
                BigInteger i = GoNumber.integer((String) a[0], 10);
                return i == null || i.bitLength() > 63 ? (Object) 0 : GoValue.integer(i.longValue());
            });
            case "toDecimal" -> Function.of(name, "a", a -> {
                BigInteger i = GoNumber.integer(GoFormat.value(a[0]), 8);
                return i == null || i.bitLength() > 63 ? 0L : i.longValue();
            });
            case "add1" -> Function.of(name, "a", a -> Convert.int64(a[0]) + 1);
            case "add" -> Function.of(name, "a*", a -> fold(0, a, 0, Long::sum));
            case "sub" -> Function.of(name, "aa", a -> Convert.int64(a[0]) - Convert.int64(a[1]));
            case "mul" -> Function.of(name, "aa*", a -> fold(Convert.int64(a[0]), a, 1, (x, y) -> x * y));
            case "div" -> Function.of(name, "aa", a -> Convert.int64(a[0]) / divisor(a[1]));
            case "mod" -> Function.of(name, "aa", a -> Convert.int64(a[0]) % divisor(a[1]));
            case "max" -> Function.of(name, "aa*", a -> fold(Convert.int64(a[0]), a, 1, Math::max));
            case "biggest" -> Function.of(name, "aa*", a -> fold(Convert.int64(a[0]), a, 1, Math::max));
            case "min" -> Function.of(name, "aa*", a -> fold(Convert.int64(a[0]), a, 1, Math::min));
            case "maxf" -> Function.of(name, "aa*", a -> foldFloat(a, Math::max));
            case "minf" -> Function.of(name, "aa*", a -> foldFloat(a, Math::min));
            case "add1f" -> Function.of(name, "a", a -> decimals(new Object[] {a[0], 1.0}, BigDecimal::add));
            case "addf" -> Function.of(name, "a*", a -> {
                Object[] all = new Object[a.length + 1];
                all[0] = 0;
                System.arraycopy(a, 0, all, 1, a.length);
                return decimals(all, BigDecimal::add);
            });
            case "subf" -> Function.of(name, "aa*", a -> decimals(a, BigDecimal::subtract));
            case "mulf" -> Function.of(name, "aa*", a -> decimals(a, BigDecimal::multiply));
            case "divf" -> Function.of(name, "aa*", a -> decimals(a, (x, y) -> {
                if (y.signum() == 0) {
                    throw new FunctionException("decimal division by 0");
                }
                // shopspring/decimal divides to 16 places.
                return x.divide(y, 16, java.math.RoundingMode.HALF_UP);
            }));
            case "ceil" -> Function.of(name, "a", a -> Math.ceil(Convert.float64(a[0])));
            case "floor" -> Function.of(name, "a", a -> Math.floor(Convert.float64(a[0])));
            case "round" -> Function.of(name, "aaf*", a -> round(a));
            case "randInt" -> Function.of(name, "ii", a -> {
                int from = Convert.integer(a[0]);
                int to = Convert.integer(a[1]);
                if (to <= from) {
                    throw new FunctionException("invalid argument to Intn");
                }
                return ThreadLocalRandom.current().nextInt(from, to);
            });
            default -> null;
        };
    }

    private static long divisor(Object v) {
        long d = Convert.int64(v);
        if (d == 0) {
            throw new FunctionException("runtime error: integer divide by zero");
        }
        return d;
    }

    private static long fold(long start, Object[] a, int from, LongBinaryOperator op) {
        long v = start;
        for (int i = from; i < a.length; i++) {
            v = op.applyAsLong(v, Convert.int64(a[i]));
        }
        return v;
    }

    private static double foldFloat(Object[] a, DoubleBinaryOperator op) {
        double v = Convert.float64(a[0]);
        for (int i = 1; i < a.length; i++) {
            v = op.applyAsDouble(v, Convert.float64(a[i]));
        }
        return v;
    }

    /** Decimal arithmetic, so that 0.1 and 0.2 make 0.3. */
    private static double decimals(Object[] a, BinaryOperator<BigDecimal> op) {
        BigDecimal v = decimal(a[0]);
        for (int i = 1; i < a.length; i++) {
            v = op.apply(v, decimal(a[i]));
        }
        return v.round(MathContext.DECIMAL128).doubleValue();
    }

    private static BigDecimal decimal(Object v) {
        double d = Convert.float64(v);
        if (Double.isNaN(d) || Double.isInfinite(d)) {
            throw new FunctionException("Cannot create a Decimal from " + GoNumber.general(d));
        }
        return BigDecimal.valueOf(d);
    }

    private static double round(Object[] a) {
        double on = a.length > 2 ? (Double) a[2] : 0.5;
        double v = Convert.float64(a[0]);
        double pow = Math.pow(10, Convert.int64(a[1]));
        double digit = pow * v;
        double fraction = digit % 1;
        return (fraction >= on ? Math.ceil(digit) : Math.floor(digit)) / pow;
    }
}
