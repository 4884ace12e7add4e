package io.skerry.helm.schema;

import java.net.URI;
import java.net.URISyntaxException;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.regex.Pattern;

/** What {@code format} asserts in drafts up to 7; a format that is not known asserts nothing. */
final class Formats {
    private static final Pattern EMAIL = Pattern.compile("[^@\\s]{1,64}@[^@\\s]{1,255}");
    private static final Pattern HOST = Pattern.compile("(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\\.?");
    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(?!$)|$)){4}");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    private static final Pattern TIME = Pattern.compile("([01]\\d|2[0-3]):[0-5]\\d:([0-5]\\d|60)(\\.\\d+)?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d)");
    private static final Pattern POINTER = Pattern.compile("(/([^~/]|~[01])*)*");

    private Formats() {}

    /** @return what is wrong, or null */
    static String problem(String format, String s) {
        return switch (format) {
            case "date" -> parses(() -> LocalDate.parse(s)) ? null : "no date as 2006-01-02";
            case "date-time" -> parses(() -> OffsetDateTime.parse(s.replace('t', 'T').replace('z', 'Z').replaceFirst(":60", ":59"))) ? null : "no time as 2006-01-02T15:04:05Z";
            case "time" -> TIME.matcher(s).matches() ? null : "no time as 15:04:05Z";
            case "email" -> EMAIL.matcher(s).matches() ? null : "no address as name@host";
            case "hostname" -> HOST.matcher(s).matches() ? null : "no host name";
            case "ipv4" -> IPV4.matcher(s).matches() ? null : "expected four decimals";
            case "ipv6" -> IPV6.matcher(s).matches() && parses(() -> java.net.InetAddress.ofLiteral(s)) ? null : "no IPv6 address";
            case "uri" -> uri(s, true) ? null : "no absolute URI";
            case "uri-reference" -> uri(s, false) ? null : "no URI reference";
            case "regex" -> parses(() -> com.google.re2j.Pattern.compile(s)) ? null : "no regular expression";
            case "json-pointer" -> POINTER.matcher(s).matches() ? null : "no JSON pointer";
            default -> null;
        };
    }

    private static boolean uri(String s, boolean absolute) {
        try {
            return new URI(s).isAbsolute() || !absolute;
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean parses(Runnable parse) {
        try {
            parse.run();
            return true;
        } catch (DateTimeException | IllegalArgumentException | com.google.re2j.PatternSyntaxException e) {
            return false;
        }
    }
}
