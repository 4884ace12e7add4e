package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoObject;
import io.skerry.helm.template.GoValue;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.Locale;

/** A Go time.Time, with the methods that charts call on it. */
record GoTime(ZonedDateTime at) implements GoObject {
    @Override
    public Object field(String name) {
        return ABSENT;
    }

    @Override
    public Function method(String name) {
        return switch (name) {
            case "Format" -> Function.of(name, "s", a -> GoLayout.format((String) a[0], at));
            case "Unix" -> get(name, at.toEpochSecond());
            case "UnixNano" -> get(name, at.toEpochSecond() * 1_000_000_000L + at.getNano());
            case "UnixMilli" -> get(name, at.toInstant().toEpochMilli());
            case "Year" -> get(name, at.getYear());
            case "Month" -> get(name, at.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case "Day" -> get(name, at.getDayOfMonth());
            case "Hour" -> get(name, at.getHour());
            case "Minute" -> get(name, at.getMinute());
            case "Second" -> get(name, at.getSecond());
            case "Nanosecond" -> get(name, at.getNano());
            case "YearDay" -> get(name, at.getDayOfYear());
            case "Weekday" -> get(name, at.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case "UTC" -> get(name, new GoTime(at.withZoneSameInstant(ZoneOffset.UTC)));
            case "Local" -> get(name, new GoTime(at.withZoneSameInstant(ZoneId.systemDefault())));
            case "String" -> get(name, toString());
            case "IsZero" -> get(name, at.toInstant().equals(ZonedDateTime.of(1, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC).toInstant()));
            case "AddDate" -> Function.of(name, "iii", a -> new GoTime(at.plusYears(Convert.integer(a[0])).plusMonths(Convert.integer(a[1])).plusDays(Convert.integer(a[2]))));
            case "After" -> Function.of(name, "a", a -> at.isAfter(other(a[0])));
            case "Before" -> Function.of(name, "a", a -> at.isBefore(other(a[0])));
            case "Equal" -> Function.of(name, "a", a -> at.isEqual(other(a[0])));
            default -> null;
        };
    }

    private static Function get(String name, Object value) {
        return Function.of(name, "", _ -> value);
    }

    private static ZonedDateTime other(Object v) {
        if (v instanceof GoTime t) {
            return t.at;
        }
        throw new FunctionException("wrong type for value; expected time.Time; got " + GoValue.typeName(v));
    }

    @Override
    public String typeName() {
        return "time.Time";
    }

    @Override
    public String toString() {
        return GoLayout.format("2006-01-02 15:04:05.999999999 -0700 MST", at);
    }

    /** Go's time.ParseDuration: "1h30m", "-1.5h", "300ms". @return null when malformed */
    static Duration duration(String text) {
        String s = text;
        boolean negative = s.startsWith("-");
        if (negative || s.startsWith("+")) {
            s = s.substring(1);
        }
        if (s.equals("0")) {
            return Duration.ZERO;
        }
        if (s.isEmpty()) {
            return null;
        }
        java.math.BigDecimal nanos = java.math.BigDecimal.ZERO;
        int i = 0;
        while (i < s.length()) {
            int start = i;
            while (i < s.length() && (Character.isDigit(s.charAt(i)) || s.charAt(i) == '.')) {
                i++;
            }
            int unitStart = i;
            while (i < s.length() && !Character.isDigit(s.charAt(i)) && s.charAt(i) != '.') {
                i++;
            }
            long unit = switch (s.substring(unitStart, i)) {
                case "ns" -> 1;
                case "us", "µs", "μs" -> 1_000;
                case "ms" -> 1_000_000;
                case "s" -> 1_000_000_000L;
                case "m" -> 60_000_000_000L;
                case "h" -> 3_600_000_000_000L;
                default -> 0;
            };
            try {
                if (unit == 0 || unitStart == start) {
                    return null;
                }
                nanos = nanos.add(new java.math.BigDecimal(s.substring(start, unitStart)).multiply(java.math.BigDecimal.valueOf(unit)));
            } catch (NumberFormatException e) {
                return null;
            }
        }
        java.math.BigInteger whole = nanos.toBigInteger();
        if (whole.bitLength() > 63) {
            return null;
        }
        return Duration.ofNanos(negative ? -whole.longValue() : whole.longValue());
    }

    /** Go's Duration.String: "1h2m3s", "1.5s", "20ms", "0s". */
    static String text(Duration d) {
        long nanos = d.toNanos();
        if (nanos == 0) {
            return "0s";
        }
        String sign = nanos < 0 ? "-" : "";
        long n = Math.abs(nanos);
        if (n < 1_000_000_000L) {
            long unit = n < 1_000 ? 1 : n < 1_000_000 ? 1_000 : 1_000_000;
            return sign + number(n, unit) + (unit == 1 ? "ns" : unit == 1_000 ? "µs" : "ms");
        }
        long hours = n / 3_600_000_000_000L;
        long minutes = n / 60_000_000_000L % 60;
        String seconds = number(n % 60_000_000_000L, 1_000_000_000L) + "s";
        return sign + (hours > 0 ? hours + "h" + minutes + "m" : minutes > 0 ? minutes + "m" : "") + seconds;
    }

    private static String number(long n, long unit) {
        return java.math.BigDecimal.valueOf(n).divide(java.math.BigDecimal.valueOf(unit)).stripTrailingZeros().toPlainString();
    }
}
