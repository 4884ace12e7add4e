package io.skerry.machinery.cel.library;

import static io.skerry.machinery.cel.library.Arguments.STRING;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import io.skerry.machinery.cel.library.Functions.Argument;

/** IP addresses and networks (k8s.io/apiserver/pkg/cel/library, ip.go and cidr.go). */
final class IpLibrary {
    private static final CelType IP_TYPE = OpaqueType.create("net.IP");
    private static final CelType CIDR_TYPE = OpaqueType.create("net.CIDR");
    private static final Argument IP = new Argument(IP_TYPE, IpAddress.class);
    private static final Argument CIDR = new Argument(CIDR_TYPE, IpPrefix.class);

    private IpLibrary() {
    }

    static void declare(Functions functions) {
        functions.global("ip", "string_to_ip", IP_TYPE, a -> IpAddress.parse((String) a[0]), STRING);
        functions.global("isIP", "is_ip", SimpleType.BOOL, a -> parses(() -> IpAddress.parse((String) a[0])), STRING);
        functions.global("ip.isCanonical", "ip_is_canonical", SimpleType.BOOL, a -> IpAddress.parse((String) a[0]).toString().equals(a[0]), STRING);
        functions.member("family", "ip_family", SimpleType.INT, a -> (long) ((IpAddress) a[0]).family(), IP);
        functions.member("isUnspecified", "ip_is_unspecified", SimpleType.BOOL, a -> ((IpAddress) a[0]).inet().isAnyLocalAddress(), IP);
        functions.member("isLoopback", "ip_is_loopback", SimpleType.BOOL, a -> ((IpAddress) a[0]).inet().isLoopbackAddress(), IP);
        functions.member("isLinkLocalMulticast", "ip_is_link_local_multicast", SimpleType.BOOL, a -> ((IpAddress) a[0]).isLinkLocalMulticast(), IP);
        functions.member("isLinkLocalUnicast", "ip_is_link_local_unicast", SimpleType.BOOL, a -> ((IpAddress) a[0]).inet().isLinkLocalAddress(), IP);
        functions.member("isGlobalUnicast", "ip_is_global_unicast", SimpleType.BOOL, a -> ((IpAddress) a[0]).isGlobalUnicast(), IP);
        functions.global("string", "ip_to_string", SimpleType.STRING, a -> a[0].toString(), IP);

        functions.global("cidr", "string_to_cidr", CIDR_TYPE, a -> IpPrefix.parse((String) a[0]), STRING);
        functions.global("isCIDR", "is_cidr", SimpleType.BOOL, a -> parses(() -> IpPrefix.parse((String) a[0])), STRING);
        functions.member("containsIP", "cidr_contains_ip_string", SimpleType.BOOL, a -> ((IpPrefix) a[0]).contains(IpAddress.parse((String) a[1])), CIDR, STRING);
        functions.member("containsIP", "cidr_contains_ip_ip", SimpleType.BOOL, a -> ((IpPrefix) a[0]).contains((IpAddress) a[1]), CIDR, IP);
        functions.member("containsCIDR", "cidr_contains_cidr_string", SimpleType.BOOL, a -> ((IpPrefix) a[0]).contains(IpPrefix.parse((String) a[1])), CIDR, STRING);
        functions.member("containsCIDR", "cidr_contains_cidr", SimpleType.BOOL, a -> ((IpPrefix) a[0]).contains((IpPrefix) a[1]), CIDR, CIDR);
        functions.member("ip", "cidr_ip", IP_TYPE, a -> ((IpPrefix) a[0]).address(), CIDR);
        functions.member("prefixLength", "cidr_prefix_length", SimpleType.INT, a -> (long) ((IpPrefix) a[0]).length(), CIDR);
        functions.member("masked", "cidr_masked", CIDR_TYPE, a -> ((IpPrefix) a[0]).masked(), CIDR);
        functions.global("string", "cidr_to_string", SimpleType.STRING, a -> a[0].toString(), CIDR);
    }

    private static boolean parses(Runnable parser) {
        try {
            parser.run();
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
