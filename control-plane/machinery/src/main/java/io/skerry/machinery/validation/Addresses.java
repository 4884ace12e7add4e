package io.skerry.machinery.validation;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;
import java.util.regex.Pattern;

/** IP addresses and CIDRs, by their text alone. */
final class Addresses {

    private static final Pattern IPV4 = Pattern.compile("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.|$)){4}");

    private Addresses() {}

    static List<String> ip(String value) {
        return isIp(value) ? List.of() : List.of("must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }

    /** What traffic can be sent to: no address that means this host or this link alone. */
    static List<String> endpoint(String value) {
        if (!isIp(value)) {
            return ip(value);
        }
        InetAddress address = InetAddress.ofLiteral(value);
        byte[] bytes = address.getAddress();
        if (address.isAnyLocalAddress()) {
            return List.of("may not be unspecified (0.0.0.0 or ::)");
        }
        if (address.isLoopbackAddress()) {
            return List.of("may not be in the loopback range (127.0.0.0/8, ::1/128)");
        }
        if (address.isLinkLocalAddress()) {
            return List.of("may not be in the link-local range (169.254.0.0/16, fe80::/10)");
        }
        boolean linkMulticast = bytes.length == 4 ? bytes[0] == (byte) 224 && bytes[1] == 0 && bytes[2] == 0 : address.isMCLinkLocal();
        return linkMulticast ? List.of("may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)") : List.of();
    }

    /** Whether all addresses of one range are in another, and not all of it; both are valid. */
    static boolean isStrictSubset(String inner, String outer) {
        int slash = inner.indexOf('/');
        int wide = outer.indexOf('/');
        byte[] a = InetAddress.ofLiteral(inner.substring(0, slash)).getAddress();
        byte[] b = InetAddress.ofLiteral(outer.substring(0, wide)).getAddress();
        int bits = Integer.parseInt(outer.substring(wide + 1));
        if (a.length != b.length || Integer.parseInt(inner.substring(slash + 1)) <= bits) {
            return false;
        }
        for (int i = 0; i < bits; i++) {
            if (((a[i / 8] ^ b[i / 8]) >> 7 - i % 8 & 1) != 0) {
                return false;
            }
        }
        return true;
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
