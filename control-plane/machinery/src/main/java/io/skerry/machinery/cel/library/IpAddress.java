package io.skerry.machinery.cel.library;

import java.net.InetAddress;
import java.util.Arrays;

/** An IPv4 or IPv6 address: 4 or 16 bytes. */
record IpAddress(byte[] bytes) {

    /** @throws IllegalArgumentException for what is no address, has a zone, or is an IPv4 address mapped into IPv6 */
    static IpAddress parse(String text) {
        boolean six = text.indexOf(':') >= 0;
        String problem = "IP Address \"" + text + "\" parse error during conversion from string";
        if (text.indexOf('%') >= 0) {
            throw new IllegalArgumentException("IP address \"" + text + "\" with zone value is not allowed");
        }
        if (text.isEmpty() || text.startsWith("[") || !six && !text.matches("((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(\\.(?!$)|$)){4}")) {
            throw new IllegalArgumentException(problem + ": unable to parse IP");
        }
        byte[] bytes;
        try {
            bytes = InetAddress.ofLiteral(text).getAddress();
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(problem + ": unable to parse IP");
        }
        if (six && bytes.length == 4) {
            throw new IllegalArgumentException("IPv4-mapped IPv6 address \"" + text + "\" is not allowed");
        }
        return new IpAddress(bytes);
    }

    int family() {
        return bytes.length == 4 ? 4 : 6;
    }

    InetAddress inet() {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }

    /** Whether it is a unicast address in Go's sense: neither unspecified, loopback, multicast, link-local nor the broadcast address. */
    boolean isGlobalUnicast() {
        InetAddress inet = inet();
        return !inet.isAnyLocalAddress() && !inet.isLoopbackAddress() && !inet.isMulticastAddress() && !inet.isLinkLocalAddress()
                && !(bytes.length == 4 && Arrays.equals(bytes, new byte[] {-1, -1, -1, -1}));
    }

    boolean isLinkLocalMulticast() {
        return bytes.length == 4 ? (bytes[0] & 255) == 224 && bytes[1] == 0 && bytes[2] == 0 : (bytes[0] & 255) == 255 && (bytes[1] & 15) == 2;
    }

    /** The address with all bits behind the prefix cleared. */
    IpAddress masked(int prefix) {
        byte[] masked = bytes.clone();
        for (int i = 0; i < masked.length; i++) {
            int kept = Math.clamp(prefix - 8L * i, 0, 8);
            masked[i] &= (byte) (255 << 8 - kept);
        }
        return new IpAddress(masked);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof IpAddress address && Arrays.equals(bytes, address.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    /** RFC 5952: lower case, no leading zeros, the longest run of zeros compressed. */
    @Override
    public String toString() {
        if (bytes.length == 4) {
            return (bytes[0] & 255) + "." + (bytes[1] & 255) + "." + (bytes[2] & 255) + "." + (bytes[3] & 255);
        }
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (bytes[2 * i] & 255) << 8 | bytes[2 * i + 1] & 255;
        }
        int start = -1;
        int longest = 1;
        for (int i = 0; i < 8; i++) {
            int run = 0;
            while (i + run < 8 && groups[i + run] == 0) {
                run++;
            }
            if (run > longest) {
                start = i;
                longest = run;
            }
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == start) {
                text.append("::");
                i += longest - 1;
            } else {
                text.append(text.isEmpty() || text.charAt(text.length() - 1) == ':' ? "" : ":").append(Integer.toHexString(groups[i]));
            }
        }
        return text.toString();
    }
}
