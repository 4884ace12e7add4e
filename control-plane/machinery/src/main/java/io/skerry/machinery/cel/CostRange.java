package io.skerry.machinery.cel;

/** A cost, or a number of elements or characters, as an estimate: at least and at most. What exceeds a long is Long.MAX_VALUE. */
record CostRange(long min, long max) {
    static final CostRange UNKNOWN = new CostRange(0, Long.MAX_VALUE);
    static final CostRange NONE = fixed(0);
    static final CostRange ONE = fixed(1);
    /** Of nothing yet: the neutral element of {@link #union}. */
    static final CostRange EMPTY = new CostRange(Long.MAX_VALUE, 0);

    static CostRange fixed(long number) {
        return new CostRange(number, number);
    }

    CostRange plus(CostRange other) {
        return new CostRange(plus(min, other.min), plus(max, other.max));
    }

    CostRange times(CostRange other) {
        return new CostRange(times(min, other.min), times(max, other.max));
    }

    /** Rounded up. */
    CostRange times(double factor) {
        return new CostRange((long) Math.ceil(min * factor), (long) Math.ceil(max * factor));
    }

    CostRange union(CostRange other) {
        return new CostRange(Math.min(min, other.min), Math.max(max, other.max));
    }

    /** The product of two numbers that are not negative. */
    static long times(long a, long b) {
        return a != 0 && b > Long.MAX_VALUE / a ? Long.MAX_VALUE : a * b;
    }

    /** The sum of two numbers that are not negative. */
    static long plus(long a, long b) {
        return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
    }
}
