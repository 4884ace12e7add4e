package io.skerry.network;

/**
 * An IPv4 network, such as {@code 10.42.0.0/24}.
 *
 * @param base the network's first address, as a number
 * @param bits the prefix length, 0 to 32
 */
public record Cidr(int base, int bits) {

    public Cidr {
        if (bits < 0 || bits > 32 || (base & ~mask(bits)) != 0) {
            throw new IllegalArgumentException(dotted(base) + "/" + bits + " is not a network: bits beyond its prefix length are set");
        }
    }

    /** @throws IllegalArgumentException when it isn't "a.b.c.d/bits" with no bit set beyond the prefix */
    public static Cidr parse(String text) {
        int slash = text.indexOf('/');
        try {
            if (slash > 0) {
                return new Cidr(number(text.substring(0, slash)), Integer.parseInt(text.substring(slash + 1)));
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new IllegalArgumentException("'" + text + "' is not an IPv4 network; write it as 10.42.0.0/16");
    }

    public boolean contains(String address) {
        return isAddress(address) && (number(address) & mask(bits)) == base;
    }

    /** The network's n-th address; 0 is the network itself. */
    public String address(long n) {
        return dotted((int) (base + n));
    }

    @Override
    public String toString() {
        return dotted(base) + "/" + bits;
    }

    /** Whether this is a dotted IPv4 address (and not IPv6, or a name). */
    public static boolean isAddress(String text) {
        if (text == null) {
            return false;
        }
        int dots = 0;
        int digits = 0;
        int part = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '.' && digits > 0 && dots < 3) {
                dots++;
                digits = 0;
                part = 0;
            } else if (c >= '0' && c <= '9' && digits < 3 && (part = part * 10 + c - '0') <= 255) {
                digits++;
            } else {
                return false;
            }
        }
        return dots == 3 && digits > 0;
    }

    /** @throws IllegalArgumentException when it isn't an IPv4 address */
    public static int number(String address) {
        if (!isAddress(address)) {
            throw new IllegalArgumentException("'" + address + "' is not an IPv4 address");
        }
        int number = 0;
        for (String part : address.split("\\.")) {
            number = number << 8 | Integer.parseInt(part);
        }
        return number;
    }

    private static String dotted(int number) {
        return (number >>> 24) + "." + (number >>> 16 & 255) + "." + (number >>> 8 & 255) + "." + (number & 255);
    }

    private static int mask(int bits) {
        return bits == 0 ? 0 : -1 << (32 - bits);
    }
}
