package io.skerry.machinery.cel.library;

/** An address and the length of its network's prefix (CIDR notation, RFC 4632). */
record IpPrefix(IpAddress address, int length) {

    static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 1 || !text.substring(slash + 1).matches("0|[1-9]\\d{0,2}")) {
            throw new IllegalArgumentException("network address parse error during conversion from string: \"" + text + "\" is no CIDR such as 10.9.8.0/24");
        }
        IpAddress address = IpAddress.parse(text.substring(0, slash));
        int length = Integer.parseInt(text.substring(slash + 1));
        if (length > address.bytes().length * 8) {
            throw new IllegalArgumentException("network address parse error during conversion from string: \"" + text + "\": prefix length out of range");
        }
        return new IpPrefix(address, length);
    }

    boolean contains(IpAddress other) {
        return other.family() == address.family() && other.masked(length).equals(address.masked(length));
    }

    boolean contains(IpPrefix other) {
        return other.length >= length && contains(other.address);
    }

    IpPrefix masked() {
        return new IpPrefix(address.masked(length), length);
    }

    @Override
    public String toString() {
        return address + "/" + length;
    }
}
