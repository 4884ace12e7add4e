package io.skerry.helm.functions;

import java.time.DateTimeException;
import java.time.Month;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.Locale;

/** Go's time layouts, which show how Mon Jan 2 15:04:05 MST 2006 is to be written. */
final class GoLayout {
    /** Longest first where one begins with another. */
    private static final String[] ELEMENTS = {"January", "Jan", "Monday", "Mon", "MST", "2006", "Z07:00:00", "Z070000", "Z07:00", "Z0700", "Z07", "-07:00:00", "-070000",
        "-07:00", "-0700", "-07", "__2", "_2", "002", "01", "02", "03", "04", "05", "06", "15", "PM", "pm", "1", "2", "3", "4", "5"};

    private GoLayout() {}

    static String format(String layout, ZonedDateTime t) {
        StringBuilder out = new StringBuilder();
        int i = 0;
        while (i < layout.length()) {
            String e = element(layout, i);
            if (e == null) {
                out.append(layout.charAt(i++));
                continue;
            }
            i += e.length();
            append(out, e, t);
        }
        return out.toString();
    }

    /** The element that begins here; fractions of a second are ".000" and ",999" after something, with no digit behind. */
    private static String element(String layout, int at) {
        char c = layout.charAt(at);
        if ((c == '.' || c == ',') && at + 1 < layout.length() && (layout.charAt(at + 1) == '0' || layout.charAt(at + 1) == '9')) {
            char digit = layout.charAt(at + 1);
            int end = at + 1;
            while (end < layout.length() && layout.charAt(end) == digit) {
                end++;
            }
            return end < layout.length() && Character.isDigit(layout.charAt(end)) ? null : layout.substring(at, end);
        }
        for (String e : ELEMENTS) {
            if (layout.startsWith(e, at)) {
                boolean word = e.equals("Jan") || e.equals("Mon");
                int end = at + e.length();
                // "Janus" is no month, but "Jan_2" has one.
                if (word && end < layout.length() && Character.isLowerCase(layout.charAt(end))) {
                    return null;
                }
                if (e.equals("_2") && layout.startsWith("_2006", at)) {
                    return null;
                }
                return e;
            }
        }
        return null;
    }

    private static void append(StringBuilder out, String e, ZonedDateTime t) {
        int offset = t.getOffset().getTotalSeconds();
        switch (e) {
            case "January" -> out.append(t.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case "Jan" -> out.append(t.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH), 0, 3);
            case "Monday" -> out.append(t.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH));
            case "Mon" -> out.append(t.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH), 0, 3);
            case "MST" -> out.append(zone(t));
            case "2006" -> pad(out, t.getYear(), 4);
            case "06" -> pad(out, Math.floorMod(t.getYear(), 100), 2);
            case "01" -> pad(out, t.getMonthValue(), 2);
            case "1" -> out.append(t.getMonthValue());
            case "02" -> pad(out, t.getDayOfMonth(), 2);
            case "2" -> out.append(t.getDayOfMonth());
            case "_2" -> out.append(t.getDayOfMonth() < 10 ? " " : "").append(t.getDayOfMonth());
            case "002" -> pad(out, t.getDayOfYear(), 3);
            case "__2" -> out.append(String.format("%3d", t.getDayOfYear()));
            case "15" -> pad(out, t.getHour(), 2);
            case "03" -> pad(out, (t.getHour() + 11) % 12 + 1, 2);
            case "3" -> out.append((t.getHour() + 11) % 12 + 1);
            case "04" -> pad(out, t.getMinute(), 2);
            case "4" -> out.append(t.getMinute());
            case "05" -> pad(out, t.getSecond(), 2);
            case "5" -> out.append(t.getSecond());
            case "PM" -> out.append(t.getHour() >= 12 ? "PM" : "AM");
            case "pm" -> out.append(t.getHour() >= 12 ? "pm" : "am");
            default -> {
                char c = e.charAt(0);
                if (c == '.' || c == ',') {
                    String nanos = String.format("%09d", t.getNano()).substring(0, Math.min(9, e.length() - 1));
                    if (e.charAt(1) == '9') {
                        nanos = nanos.replaceFirst("0+$", "");
                        out.append(nanos.isEmpty() ? "" : c + nanos);
                    } else {
                        out.append(c).append(nanos);
                    }
                } else if (c == 'Z' && offset == 0) {
                    out.append('Z');
                } else {
                    boolean colons = e.indexOf(':') > 0;
                    int abs = Math.abs(offset);
                    out.append(offset < 0 ? '-' : '+');
                    pad(out, abs / 3600, 2);
                    if (e.length() > 3) {
                        out.append(colons ? ":" : "");
                        pad(out, abs / 60 % 60, 2);
                    }
                    if (e.length() > 6) {
                        out.append(colons ? ":" : "");
                        pad(out, abs % 60, 2);
                    }
                }
            }
        }
    }

    private static String zone(ZonedDateTime t) {
        if (t.getZone().equals(ZoneOffset.UTC) || t.getZone().getId().equals("UTC") || t.getZone().getId().equals("Z")) {
            return "UTC";
        }
        if (t.getZone() instanceof ZoneOffset) {
            StringBuilder out = new StringBuilder();
            append(out, t.getOffset().getTotalSeconds() % 3600 == 0 ? "-07" : "-0700", t);
            return out.toString();
        }
        return DateTimeFormatter.ofPattern("zzz", Locale.ENGLISH).format(t);
    }

    private static void pad(StringBuilder out, int n, int width) {
        String s = Integer.toString(Math.abs(n));
        out.append(n < 0 ? "-" : "").repeat('0', Math.max(0, width - s.length())).append(s);
    }

    /** @return null when the text does not fit the layout */
    static ZonedDateTime parse(String layout, String text, ZoneId zone) {
        int[] at = {0};
        int year = 1;
        int month = 1;
        int day = 1;
        int hour = 0;
        int minute = 0;
        int second = 0;
        int nano = 0;
        int yearDay = 0;
        Boolean afternoon = null;
        ZoneId offset = zone;
        try {
            for (int i = 0; i < layout.length(); ) {
                String e = element(layout, i);
                if (e == null) {
                    if (at[0] >= text.length() || text.charAt(at[0]) != layout.charAt(i)) {
                        return null;
                    }
                    at[0]++;
                    i++;
                    continue;
                }
                i += e.length();
                switch (e) {
                    case "2006" -> year = digits(text, at, 4, 4);
                    case "06" -> {
                        int y = digits(text, at, 2, 2);
                        year = y >= 69 ? 1900 + y : 2000 + y;
                    }
                    case "January", "Jan" -> month = name(text, at, Month.values(), e.equals("Jan"));
                    case "Monday", "Mon" -> name(text, at, java.time.DayOfWeek.values(), e.equals("Mon"));
                    case "01" -> month = digits(text, at, 2, 2);
                    case "1" -> month = digits(text, at, 1, 2);
                    case "02" -> day = digits(text, at, 2, 2);
                    case "2" -> day = digits(text, at, 1, 2);
                    case "_2" -> {
                        if (text.charAt(at[0]) == ' ') {
                            at[0]++;
                        }
                        day = digits(text, at, 1, 2);
                    }
                    case "002", "__2" -> yearDay = digits(text, at, 3, 3);
                    case "15", "03" -> hour = digits(text, at, 2, 2);
                    case "3" -> hour = digits(text, at, 1, 2);
                    case "04" -> minute = digits(text, at, 2, 2);
                    case "4" -> minute = digits(text, at, 1, 2);
                    case "05", "5" -> {
                        second = digits(text, at, e.length(), 2);
                        boolean fractionNext = i < layout.length() && element(layout, i) instanceof String f && (f.charAt(0) == '.' || f.charAt(0) == ',');
                        if (!fractionNext && at[0] + 1 < text.length() && text.charAt(at[0]) == '.' && Character.isDigit(text.charAt(at[0] + 1))) {
                            nano = fraction(text, at);
                        }
                    }
                    case "PM", "pm" -> {
                        String half = text.substring(at[0], at[0] + 2);
                        if (!half.equalsIgnoreCase("pm") && !half.equalsIgnoreCase("am")) {
                            return null;
                        }
                        afternoon = half.equalsIgnoreCase("pm");
                        at[0] += 2;
                    }
                    case "MST" -> {
                        int end = at[0];
                        while (end < text.length() && Character.isUpperCase(text.charAt(end))) {
                            end++;
                        }
                        String z = text.substring(at[0], end);
                        if (z.length() < 3 && !z.equals("Z")) {
                            return null;
                        }
                        offset = z.equals("UTC") || z.equals("GMT") ? ZoneOffset.UTC : offset;
                        at[0] = end;
                    }
                    default -> {
                        char c = e.charAt(0);
                        if (c == '.' || c == ',') {
                            if (at[0] < text.length() && text.charAt(at[0]) == c) {
                                nano = fraction(text, at);
                            } else if (e.charAt(1) == '0') {
                                return null;
                            }
                        } else if (c == 'Z' && text.charAt(at[0]) == 'Z') {
                            at[0]++;
                            offset = ZoneOffset.UTC;
                        } else {
                            int end = at[0] + e.length();
                            offset = ZoneOffset.of(text.substring(at[0], end));
                            at[0] = end;
                        }
                    }
                }
            }
            if (at[0] != text.length()) {
                return null;
            }
            if (afternoon != null) {
                hour = hour % 12 + (afternoon ? 12 : 0);
            }
            ZonedDateTime t = ZonedDateTime.of(year, month, day, hour, minute, second, nano, offset);
            return yearDay > 0 ? t.withDayOfYear(yearDay) : t;
        } catch (DateTimeException | IndexOutOfBoundsException | NumberFormatException e) {
            return null;
        }
    }

    private static int digits(String text, int[] at, int min, int max) {
        int end = at[0];
        while (end < text.length() && end < at[0] + max && Character.isDigit(text.charAt(end))) {
            end++;
        }
        if (end - at[0] < min) {
            throw new NumberFormatException();
        }
        int n = Integer.parseInt(text, at[0], end, 10);
        at[0] = end;
        return n;
    }

    private static int fraction(String text, int[] at) {
        int end = at[0] + 1;
        while (end < text.length() && Character.isDigit(text.charAt(end))) {
            end++;
        }
        String digits = (text.substring(at[0] + 1, end) + "000000000").substring(0, 9);
        at[0] = end;
        return Integer.parseInt(digits);
    }

    private static int name(String text, int[] at, Enum<?>[] names, boolean abbreviated) {
        for (Enum<?> n : names) {
            String s = abbreviated ? n.name().substring(0, 3) : n.name();
            if (text.regionMatches(true, at[0], s, 0, s.length())) {
                at[0] += s.length();
                return n.ordinal() + 1;
            }
        }
        throw new NumberFormatException();
    }
}
