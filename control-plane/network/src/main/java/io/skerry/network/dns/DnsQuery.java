package io.skerry.network.dns;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/**
 * A query of one question.
 *
 * @param flags the header's second word
 * @param name lower case, without the last dot
 * @param question the question as it was sent, to be sent back with its upper and lower case (some clients check it)
 * @param edns whether it had an OPT record (RFC 6891)
 * @param udpSize how large an answer by UDP the client takes, in bytes
 * @param dnssecOk the DO bit
 */
record DnsQuery(int id, int flags, String name, int type, int dnsClass, byte[] question, boolean edns, int udpSize, boolean dnssecOk) {

    private static final int PLAIN_UDP_SIZE = 512;
    /** More would be cut in fragments on some path, which is worse than a second try by TCP. */
    private static final int MAX_UDP_SIZE = 1232;
    private static final int MAX_NAME = 255;

    static final int RESPONSE = 0x8000;
    static final int AUTHORITATIVE = 0x0400;
    static final int TRUNCATED = 0x0200;
    static final int RECURSION_DESIRED = 0x0100;
    static final int RECURSION_AVAILABLE = 0x0080;
    static final int AUTHENTIC_DATA = 0x0020;
    static final int CHECKING_DISABLED = 0x0010;

    int opcode() {
        return flags >> 11 & 15;
    }

    boolean has(int flag) {
        return (flags & flag) != 0;
    }

    /** The same query for another name. */
    DnsQuery about(String other) {
        byte[] text = other.getBytes(StandardCharsets.ISO_8859_1);
        byte[] changed = new byte[text.length + 6];
        int label = 0;
        for (int i = 0; i <= text.length; i++) {
            if (i == text.length || text[i] == '.') {
                changed[label] = (byte) (i - label);
                label = i + 1;
            } else {
                changed[i + 1] = text[i];
            }
        }
        System.arraycopy(question, question.length - 4, changed, text.length + 2, 4);
        return new DnsQuery(id, flags, other.toLowerCase(Locale.ROOT), type, dnsClass, changed, edns, udpSize, dnssecOk);
    }

    /** @throws IllegalArgumentException when it is no query with one question */
    static DnsQuery parse(byte[] packet, int length) {
        try {
            if (length < 12 || word(packet, 4) != 1) {
                throw new IllegalArgumentException("not one question");
            }
            var name = new StringBuilder();
            int at = 12;
            for (int size = packet[at++]; size != 0; size = packet[at++]) {
                if (size < 0 || size > 63 || at + size > length || at + size - 12 > MAX_NAME) {
                    throw new IllegalArgumentException("bad name");
                }
                if (!name.isEmpty()) {
                    name.append('.');
                }
                for (int i = 0; i < size; i++) {
                    int c = packet[at++] & 255;
                    name.append(c == '.' ? '\uffff' : (char) c); // a dot inside a label belongs to no name of ours
                }
            }
            int type = word(packet, at);
            int dnsClass = word(packet, at + 2);
            int end = at + 4;
            if (end > length) {
                throw new IllegalArgumentException("cut off");
            }
            byte[] question = Arrays.copyOfRange(packet, 12, end);
            boolean edns = false;
            boolean dnssecOk = false;
            int udpSize = PLAIN_UDP_SIZE;
            int records = word(packet, 6) + word(packet, 8) + word(packet, 10);
            var scan = new DnsScan(packet, length, end);
            for (int i = 0; i < records; i++) {
                DnsScan.Found record = scan.next();
                if (record.type() == DnsType.OPT) {
                    edns = true;
                    udpSize = Math.min(MAX_UDP_SIZE, Math.max(PLAIN_UDP_SIZE, record.dnsClass()));
                    dnssecOk = (record.ttl() & 0x8000) != 0;
                }
            }
            return new DnsQuery(word(packet, 0), word(packet, 2), name.toString().toLowerCase(Locale.ROOT), type, dnsClass, question, edns, udpSize, dnssecOk);
        } catch (ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException("cut off", e);
        }
    }

    static int word(byte[] packet, int at) {
        return (packet[at] & 255) << 8 | packet[at + 1] & 255;
    }
}
