package io.skerry.apiserver.service;

import java.util.Locale;

/** An IPv4 range. Addresses are unsigned 32-bit numbers in a long. */
public record Cidr(long base, int prefix) {

    /** @throws IllegalArgumentException when the text is no IPv4 CIDR such as 10.43.0.0/16 */
    public static Cidr parse(String text) {
        String[] parts = text.split("/", -1);
        int prefix = parts.length == 2 && parts[1].matches("\\d{1,2}") ? Integer.parseInt(parts[1]) : -1;
        long address = parts.length == 2 ? address(parts[0]) : -1;
        if (address < 0 || prefix < 8 || prefix > 30) {
            throw new IllegalArgumentException("\"" + text + "\" is not an IPv4 range such as 10.43.0.0/16 (prefix length 8 to 30)");
        }
        return new Cidr(address & mask(prefix), prefix);
    }

    private static long mask(int prefix) {
        return 0xffffffffL << 32 - prefix & 0xffffffffL;
    }

    /** An IPv4 address as a number, -1 when the text is none. */
    public static long address(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return -1;
        }
        long address = 0;
        for (String part : parts) {
            if (!part.matches("0|[1-9]\\d{0,2}") || Integer.parseInt(part) > 255) {
                return -1;
            }
            address = address << 8 | Integer.parseInt(part);
        }
        return address;
    }

    public static String text(long address) {
        return String.format(Locale.ROOT, "%d.%d.%d.%d", address >> 24 & 255, address >> 16 & 255, address >> 8 & 255, address & 255);
    }

    /** Number of addresses that can be given out: all but the network's and the broadcast address. */
    public int usable() {
        return (1 << 32 - prefix) - 2;
    }

    /** The n-th usable address, from 1. */
    public String nth(int n) {
        return text(base + n);
    }

    public boolean contains(String address) {
        long number = address(address);
        return number > base && number <= base + usable();
    }

    @Override
    public String toString() {
        return text(base) + "/" + prefix;
    }
}
