package io.skerry.machinery.validation;

import java.net.Inet6Address;
import java.util.List;
import java.util.regex.Pattern;

/** IP addresses and CIDRs, by their text alone. */
final class Addresses {

    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.|$)){4}");

    private Addresses() {}

    static List<String> ip(String value) {
        return isIp(value) ? List.of() : List.of("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }

    static List<String> cidr(String value) {
        int slash = value.indexOf('/');
        boolean valid = slash > 0 && isIp(value.substring(0, slash)) && value.substring(slash + 1).matches("\\d{1,3}")
                && Integer.parseInt(value.substring(slash + 1)) <= (isIpv4(value.substring(0, slash)) ? 32 : 128);
        return valid ? List.of() : List.of("must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    }

    static boolean isIp(String value) {
        return isIpv4(value) || isIpv6(value);
    }

    static boolean isIpv4(String value) {
        return IPV4.matcher(value).matches() && !value.endsWith(".");
    }

    static boolean isIpv6(String value) {
        if (value.indexOf(':') < 0 || value.startsWith("[") || value.indexOf('%') >= 0) {
            return false;
        }
        try {
            Inet6Address.ofLiteral(value);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
