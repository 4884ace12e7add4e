package io.skerry.helm.encoding;

import io.skerry.helm.template.GoNumber;
import java.util.regex.Pattern;

/** Whether go-yaml 2 reads a plain scalar as a string, or as something else and it needs quotes. */
final class YamlScalars {
    private static final Pattern FLOAT = Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");
    private static final Pattern BASE_60 = Pattern.compile("[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\\.[0-9_]*)?");
    private static final Pattern TIMESTAMP = Pattern.compile(
        "[0-9]{4}-(0?[1-9]|1[0-2])-(0?[1-9]|[12][0-9]|3[01])([Tt ]([01]?[0-9]|2[0-3]):[0-5]?[0-9]:[0-5]?[0-9](\\.[0-9]+)?(Z|[-+][0-9]{2}:[0-9]{2})?)?");

    private YamlScalars() {}

    static boolean isString(String s) {
        if (s.isEmpty()) {
            return false;
        }
        char c = s.charAt(0);
        if (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.') {
            return !isNumber(s) && !BASE_60.matcher(s).matches() && !isTimestamp(s);
        }
        return switch (s) {
            case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE", "n", "N", "no", "No", "NO", "off", "Off", "OFF", "false",
                 "False", "FALSE", "~", "null", "Null", "NULL" -> false;
            default -> true;
        };
    }

    private static boolean isNumber(String s) {
        switch (s) {
            case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF" -> {
                return true;
            }
            default -> { }
        }
        String plain = s.replace("_", "");
        if (s.charAt(0) == '.') {
            return FLOAT.matcher(s).matches();
        }
        var i = GoNumber.integer(plain, 0);
        return i != null && i.bitLength() <= 64 || FLOAT.matcher(plain).matches();
    }

    private static boolean isTimestamp(String s) {
        return s.length() >= 8 && s.charAt(4) == '-' && TIMESTAMP.matcher(s).matches();
    }
}
