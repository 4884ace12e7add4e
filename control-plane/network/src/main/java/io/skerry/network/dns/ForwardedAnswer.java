package io.skerry.network.dns;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An answer of another server, kept as it came.
 *
 * @param ttlOffsets where its records' times to live are
 * @param ttl for how many seconds it may be kept; 0 when it may not
 */
record ForwardedAnswer(byte[] packet, int[] ttlOffsets, int ttl) {

    private static final int MAX_TTL = 3600;
    private static final int MAX_NEGATIVE_TTL = 1800;

    int code() {
        return packet[3] & 15;
    }

    boolean truncated() {
        return (packet[2] & 2) != 0;
    }

    /** @throws IllegalArgumentException when it isn't the answer to this query, or is broken */
    static ForwardedAnswer read(byte[] packet, int id, DnsQuery query) {
        if (packet.length < 12 + query.question().length || DnsQuery.word(packet, 0) != id || (packet[2] & 0x80) == 0 || DnsQuery.word(packet, 4) != 1
            || !sameQuestion(packet, query.question())) {
            throw new IllegalArgumentException("not the answer to this question");
        }
        int answers = DnsQuery.word(packet, 6);
        int records = answers + DnsQuery.word(packet, 8) + DnsQuery.word(packet, 10);
        var scan = new DnsScan(packet, packet.length, 12 + query.question().length);
        var offsets = new ArrayList<Integer>(records);
        long lowest = MAX_TTL;
        long negative = 0;
        for (int i = 0; i < records; i++) {
            DnsScan.Found record = scan.next();
            if (record.type() != DnsType.OPT) {
                offsets.add(record.ttlAt());
                lowest = Math.min(lowest, record.ttl());
                if (record.type() == DnsType.SOA && i >= answers) {
                    int minimumAt = record.dataAt() + record.dataLength() - 4;
                    long minimum = (long) DnsQuery.word(packet, minimumAt) << 16 | DnsQuery.word(packet, minimumAt + 2);
                    negative = Math.min(MAX_NEGATIVE_TTL, Math.min(record.ttl(), minimum)); // RFC 2308, 5
                }
            }
        }
        int code = packet[3] & 15;
        boolean truncated = (packet[2] & 2) != 0;
        long ttl = truncated ? 0 : code == DnsType.NOERROR && answers > 0 ? lowest : code == DnsType.NOERROR || code == DnsType.NXDOMAIN ? negative : 0;
        return new ForwardedAnswer(packet, offsets.stream().mapToInt(Integer::intValue).toArray(), (int) ttl);
    }

    private static boolean sameQuestion(byte[] packet, byte[] question) {
        for (int i = 0; i < question.length; i++) {
            if (lower(packet[12 + i]) != lower(question[i])) {
                return false;
            }
        }
        return true;
    }

    private static int lower(byte b) {
        return b >= 'A' && b <= 'Z' ? b + 32 : b;
    }

    /** The packet for another query of the same question, {@code age} seconds later and of at most {@code limit} bytes. */
    byte[] reply(DnsQuery query, int age, int limit) {
        byte[] reply = packet.clone();
        reply[0] = (byte) (query.id() >> 8);
        reply[1] = (byte) query.id();
        System.arraycopy(query.question(), 0, reply, 12, query.question().length);
        if (age > 0) {
            for (int at : ttlOffsets) {
                long left = Math.max(0, ((long) DnsQuery.word(reply, at) << 16 | DnsQuery.word(reply, at + 2)) - age);
                reply[at] = (byte) (left >> 24);
                reply[at + 1] = (byte) (left >> 16);
                reply[at + 2] = (byte) (left >> 8);
                reply[at + 3] = (byte) left;
            }
        }
        if (reply.length <= limit) {
            return reply;
        }
        byte[] cut = Arrays.copyOf(reply, 12 + query.question().length);
        cut[2] |= 2;
        Arrays.fill(cut, 6, 12, (byte) 0);
        return cut;
    }

    /** The addresses and aliases among its answers. */
    List<DnsRecord> records() {
        int end = DnsScan.readName(packet, packet.length, 12, new StringBuilder()) + 4;
        var scan = new DnsScan(packet, packet.length, end);
        var records = new ArrayList<DnsRecord>();
        for (int i = DnsQuery.word(packet, 6); i > 0; i--) {
            DnsScan.Found found = scan.next();
            switch (found.type()) {
                case DnsType.A, DnsType.AAAA -> records.add(new DnsRecord.Address(found.name(), (int) found.ttl(),
                    Arrays.copyOfRange(packet, found.dataAt(), found.dataAt() + found.dataLength())));
                case DnsType.CNAME -> {
                    var target = new StringBuilder();
                    DnsScan.readName(packet, packet.length, found.dataAt(), target);
                    records.add(new DnsRecord.Pointer(found.name(), (int) found.ttl(), DnsType.CNAME, target.toString()));
                }
                default -> { }
            }
        }
        return records;
    }
}
