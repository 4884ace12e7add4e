package io.skerry.apiserver.crd;

import com.google.re2j.Pattern;
import io.skerry.apiserver.service.Cidr;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Base64;

/** The OpenAPI formats that apiextensions checks; others are only hints. With RE2, whose time and stack no value can make grow out of measure. */
final class Formats {
    private static final Pattern UUID = Pattern.compile("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$");
    private static final Pattern DURATION = Pattern.compile("^[-+]?(\\d+(\\.\\d+)?(ns|us|µs|ms|s|m|h|d|w))+$|^0$");
    private static final Pattern EMAIL = Pattern.compile("^[^@\\s]+@[^@\\s]+$");
    private static final Pattern HOSTNAME = Pattern.compile("^([a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)(\\.[a-zA-Z0-9]([-a-zA-Z0-9]{0,61}[a-zA-Z0-9])?)*$");
    private static final Pattern IPV6 = Pattern.compile("^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$");
    private static final Pattern MAC = Pattern.compile("^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$");
    private static final Pattern PREFIX_LENGTH = Pattern.compile("\\d{1,3}");

    private Formats() {
    }

    static boolean fits(String format, String text) {
        return switch (format) {
            case "date" -> parses(() -> LocalDate.parse(text));
            case "date-time", "datetime" -> parses(() -> OffsetDateTime.parse(text));
            case "duration" -> DURATION.matcher(text.replace(" ", "")).matches();
            case "uuid", "uuid3", "uuid4", "uuid5" -> UUID.matcher(text).matches();
            case "email" -> EMAIL.matcher(text).matches();
            case "hostname" -> HOSTNAME.matcher(text).matches();
            case "ipv4" -> Cidr.address(text) >= 0;
            case "ipv6" -> IPV6.matcher(text).matches();
            case "cidr" -> cidr(text);
            case "mac" -> MAC.matcher(text).matches();
            case "uri" -> uri(text);
            case "byte" -> base64(text);
            default -> true;
        };
    }

    private static boolean parses(Runnable parser) {
        try {
            parser.run();
            return true;
        } catch (DateTimeParseException e) {
            return false;
        }
    }

    private static boolean cidr(String text) {
        int slash = text.indexOf('/');
        return slash > 0 && (Cidr.address(text.substring(0, slash)) >= 0 || IPV6.matcher(text.substring(0, slash)).matches())
                && PREFIX_LENGTH.matcher(text.substring(slash + 1)).matches();
    }

    private static boolean uri(String text) {
        try {
            return new URI(text).isAbsolute() || text.startsWith("/");
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private static boolean base64(String text) {
        try {
            Base64.getDecoder().decode(text);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
