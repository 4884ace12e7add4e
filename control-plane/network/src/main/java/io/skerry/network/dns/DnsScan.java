package io.skerry.network.dns;

/** Walks over the resource records of a packet. */
final class DnsScan {

    /**
     * A record's place.
     *
     * @param ttl seconds, unsigned; of an OPT record its flags
     * @param ttlAt where in the packet the ttl is
     * @param dataAt where the data is
     */
    record Found(String name, int type, int dnsClass, long ttl, int ttlAt, int dataAt, int dataLength) {}


    private static final int MAX_STEPS = 256; // labels and pointers; more is a circle

    private final byte[] packet;
    private final int length;
    private int at;

    DnsScan(byte[] packet, int length, int at) {
        this.packet = packet;
        this.length = length;
        this.at = at;
    }

    /** @throws IllegalArgumentException when the packet is cut off or its names run in a circle */
    Found next() {
        var name = new StringBuilder();
        at = readName(packet, length, at, name);
        if (at + 10 > length) {
            throw new IllegalArgumentException("record cut off");
        }
        int dataLength = DnsQuery.word(packet, at + 8);
        long ttl = (long) DnsQuery.word(packet, at + 4) << 16 | DnsQuery.word(packet, at + 6);
        var found = new Found(name.toString(), DnsQuery.word(packet, at), DnsQuery.word(packet, at + 2), ttl, at + 4, at + 10, dataLength);
        at += 10 + dataLength;
        if (at > length) {
            throw new IllegalArgumentException("record cut off");
        }
        return found;
    }

    /** Reads a name that may be compressed (RFC 1035, 4.1.4); returns what comes after it. */
    static int readName(byte[] packet, int length, int start, StringBuilder name) {
        int at = start;
        int end = -1;
        for (int jumps = 0; jumps < MAX_STEPS; jumps++) {
            if (at >= length) {
                throw new IllegalArgumentException("name cut off");
            }
            int size = packet[at] & 255;
            if (size == 0) {
                return end < 0 ? at + 1 : end;
            }
            if (size >= 192) {
                if (at + 1 >= length) {
                    throw new IllegalArgumentException("name cut off");
                }
                end = end < 0 ? at + 2 : end;
                at = (size & 63) << 8 | packet[at + 1] & 255;
            } else if (size > 63 || at + 1 + size > length) {
                throw new IllegalArgumentException("bad name");
            } else {
                if (!name.isEmpty()) {
                    name.append('.');
                }
                for (int i = 1; i <= size; i++) {
                    name.append((char) (packet[at + i] & 255));
                }
                at += 1 + size;
            }
        }
        throw new IllegalArgumentException("name without end");
    }
}
