package io.skerry.helm.functions;

import io.skerry.helm.template.Function;
import io.skerry.helm.template.FunctionException;
import io.skerry.helm.template.GoFormat;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;

/** Dates, in Go's layouts. */
final class DateFunctions {
    private DateFunctions() {}

    /** @return null when this family has no such function */
    static Function find(String name) {
        return switch (name) {
            case "now" -> Function.of(name, "", _ -> new GoTime(ZonedDateTime.now()));
            case "date" -> Function.of(name, "sa", a -> GoLayout.format((String) a[0], time(a[1], ZoneId.systemDefault())));
            case "htmlDate" -> Function.of(name, "a", a -> GoLayout.format("2006-01-02", time(a[0], ZoneId.systemDefault())));
            case "dateInZone", "date_in_zone" -> Function.of(name, "sas", a -> GoLayout.format((String) a[0], time(a[1], zone((String) a[2]))));
            case "htmlDateInZone" -> Function.of(name, "as", a -> GoLayout.format("2006-01-02", time(a[0], zone((String) a[1]))));
            case "dateModify", "date_modify" -> Function.of(name, "sa", a -> {
                Duration d = GoTime.duration((String) a[0]);
                return d == null ? goTime(a[1]) : new GoTime(goTime(a[1]).at().plus(d));
            });
            case "mustDateModify", "must_date_modify" -> Function.of(name, "sa", a -> {
                Duration d = GoTime.duration((String) a[0]);
                if (d == null) {
                    throw new FunctionException("time: invalid duration " + GoFormat.quote((String) a[0]));
                }
                return new GoTime(goTime(a[1]).at().plus(d));
            });
            case "toDate" -> Function.of(name, "ss", a -> {
                ZonedDateTime t = GoLayout.parse((String) a[0], (String) a[1], ZoneId.systemDefault());
                return new GoTime(t == null ? ZonedDateTime.of(1, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC) : t);
            });
            case "mustToDate" -> Function.of(name, "ss", a -> {
                ZonedDateTime t = GoLayout.parse((String) a[0], (String) a[1], ZoneId.systemDefault());
                if (t == null) {
                    throw new FunctionException("parsing time " + GoFormat.quote((String) a[1]) + " as " + GoFormat.quote((String) a[0]) + ": cannot parse");
                }
                return new GoTime(t);
            });
            case "unixEpoch" -> Function.of(name, "a", a -> Long.toString(goTime(a[0]).at().toEpochSecond()));
            case "ago" -> Function.of(name, "a", a -> GoTime.text(Duration.ofSeconds(Duration.between(time(a[0], ZoneOffset.UTC), ZonedDateTime.now()).plusMillis(500).toSeconds())));
            case "duration" -> Function.of(name, "a", a -> GoTime.text(Duration.ofSeconds(a[0] instanceof String s ? Convert.int64(s) : a[0] instanceof Long l ? l : 0)));
            case "durationRound" -> Function.of(name, "a", a -> round(a[0]));
            default -> null;
        };
    }

    private static GoTime goTime(Object v) {
        if (v instanceof GoTime t) {
            return t;
        }
        throw new FunctionException("wrong type for value; expected time.Time; got " + io.skerry.helm.template.GoValue.typeName(v));
    }

    private static ZoneId zone(String name) {
        try {
            return name.isEmpty() ? ZoneOffset.UTC : name.equals("Local") ? ZoneId.systemDefault() : ZoneId.of(name);
        } catch (DateTimeException e) {
            return ZoneOffset.UTC;
        }
    }

    /** Seconds since 1970 as int, int64 or int32; anything else that is no time is now. */
    private static ZonedDateTime time(Object v, ZoneId zone) {
        return switch (v) {
            case GoTime t -> t.at().withZoneSameInstant(zone);
            case Integer i -> Instant.ofEpochSecond(i).atZone(zone);
            case Long l -> Instant.ofEpochSecond(l).atZone(zone);
            case null, default -> ZonedDateTime.now(zone);
        };
    }

    private static String round(Object v) {
        long nanos = switch (v) {
            case String s -> {
                Duration d = GoTime.duration(s);
                yield d == null ? 0 : d.toNanos();
            }
            case Long l -> l;
            case GoTime t -> Duration.between(t.at(), ZonedDateTime.now()).toNanos();
            case null, default -> 0;
        };
        String sign = nanos < 0 ? "-" : "";
        long s = Math.abs(nanos) / 1_000_000_000L;
        long year = 365 * 86400L;
        long month = 30 * 86400L;
        if (s > year) {
            return sign + s / year + "y";
        }
        if (s > month) {
            return sign + s / month + "mo";
        }
        if (s > 86400) {
            return sign + s / 86400 + "d";
        }
        if (s > 3600) {
            return sign + s / 3600 + "h";
        }
        if (s > 60) {
            return sign + s / 60 + "m";
        }
        return s > 1 ? sign + s + "s" : "0s";
    }
}
