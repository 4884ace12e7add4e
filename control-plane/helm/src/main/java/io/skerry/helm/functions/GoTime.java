package io.skerry.helm.functions;

import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoObject;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.Locale;

/** A Go time.Time, with the methods that charts call on it. */
record GoTime(ZonedDateTime at) implements GoObject {
    @Override
    public Object member(String name, Object[] args) {
        return switch (name) {
            case "Format" -> GoLayout.format(text(args, name), at);
            case "Unix" -> at.toEpochSecond();
            case "UnixNano" -> at.toEpochSecond() * 1_000_000_000L + at.getNano();
            case "UnixMilli" -> at.toInstant().toEpochMilli();
            case "Year" -> at.getYear();
            case "Month" -> at.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case "Day" -> at.getDayOfMonth();
            case "Hour" -> at.getHour();
            case "Minute" -> at.getMinute();
            case "Second" -> at.getSecond();
            case "Nanosecond" -> at.getNano();
            case "YearDay" -> at.getDayOfYear();
            case "Weekday" -> at.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
            case "UTC" -> new GoTime(at.withZoneSameInstant(ZoneOffset.UTC));
            case "Local" -> new GoTime(at.withZoneSameInstant(ZoneId.systemDefault()));
            case "String" -> toString();
            case "AddDate" -> {
                if (args.length != 3) {
                    throw new FunctionException("wrong number of args for AddDate: want 3 got " + args.length);
                }
                yield new GoTime(at.plusYears(Convert.integer(args[0])).plusMonths(Convert.integer(args[1])).plusDays(Convert.integer(args[2])));
            }
            case "After" -> args.length == 1 && args[0] instanceof GoTime t ? (Object) at.isAfter(t.at) : ABSENT;
            case "Before" -> args.length == 1 && args[0] instanceof GoTime t ? (Object) at.isBefore(t.at) : ABSENT;
            case "Equal" -> args.length == 1 && args[0] instanceof GoTime t ? (Object) at.isEqual(t.at) : ABSENT;
            case "IsZero" -> at.toInstant().equals(ZonedDateTime.of(1, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC).toInstant());
            default -> ABSENT;
        };
    }

    private static String text(Object[] args, String name) {
        if (args.length != 1 || !(args[0] instanceof String s)) {
            throw new FunctionException("wrong arguments for " + name + ": want one string");
        }
        return s;
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
