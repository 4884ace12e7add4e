package io.skerry.network.dns;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An answer of ours to a query. */
record DnsResponse(int code, boolean authoritative, List<DnsRecord> answers, List<DnsRecord> authority, List<DnsRecord> additional) {

    private static final int OPT_LENGTH = 11;
    private static final int OUR_UDP_SIZE = 1232;

    static DnsResponse error(int code) {
        return new DnsResponse(code, false, List.of(), List.of(), List.of());
    }

    /** What can be said to something that cannot be read. */
    static byte[] malformed(byte[] packet) {
        byte[] answer = Arrays.copyOf(packet, 12);
        answer[2] = (byte) (answer[2] & 0x79 | 0x80);
        answer[3] = DnsType.FORMERR;
        Arrays.fill(answer, 4, 12, (byte) 0);
        return answer;
    }

    /**
     * The packet, of at most {@code limit} bytes. What doesn't fit is left out: from the answers with the truncation bit,
     * since the client should ask again by TCP (and those that can't, use what they got); from the additional ones silently.
     */
    byte[] encode(DnsQuery query, int limit) {
        var writer = new Writer(limit - (query.edns() ? OPT_LENGTH : 0));
        int flags = DnsQuery.RESPONSE | query.opcode() << 11 | query.flags() & DnsQuery.RECURSION_DESIRED | DnsQuery.RECURSION_AVAILABLE
            | (authoritative ? DnsQuery.AUTHORITATIVE : 0) | code;
        writer.word(query.id());
        writer.word(flags);
        writer.word(1);
        writer.at = 12;
        writer.bytes(query.question());
        writer.remember(query.name(), 12);
        int answered = writer.records(answers);
        boolean truncated = answered < answers.size();
        int authorities = truncated ? 0 : writer.records(authority);
        truncated |= authorities < authority.size();
        int extra = truncated ? 0 : writer.records(additional);
        int end = writer.at;
        if (query.edns()) {
            writer.limit += OPT_LENGTH;
            writer.bytes(new byte[] {0, 0, DnsType.OPT, OUR_UDP_SIZE >> 8, (byte) OUR_UDP_SIZE, 0, 0, (byte) (query.dnssecOk() ? 0x80 : 0), 0, 0, 0});
            end = writer.at;
        }
        writer.at = 2;
        writer.word(flags | (truncated ? DnsQuery.TRUNCATED : 0));
        writer.at = 6;
        writer.word(answered);
        writer.word(authorities);
        writer.word(extra + (query.edns() ? 1 : 0));
        return Arrays.copyOf(writer.buffer, end);
    }

    /** Writes records with compressed names. */
    private static final class Writer {

        private byte[] buffer = new byte[512];
        private final Map<String, Integer> offsets = new HashMap<>();
        private int limit;
        private int at;

        Writer(int limit) {
            this.limit = limit;
        }

        /** @return how many of them fit */
        int records(List<DnsRecord> records) {
            for (int i = 0; i < records.size(); i++) {
                int before = at;
                write(records.get(i));
                if (at > limit) {
                    at = before;
                    int end = before;
                    offsets.values().removeIf(offset -> offset >= end);
                    return i;
                }
            }
            return records.size();
        }

        private void write(DnsRecord record) {
            name(record.name());
            word(record.type());
            word(DnsType.IN);
            word(record.ttl() >>> 16);
            word(record.ttl());
            int lengthAt = at;
            word(0);
            switch (record) {
                case DnsRecord.Address address -> bytes(address.address());
                case DnsRecord.Pointer pointer -> name(pointer.target());
                case DnsRecord.Srv srv -> {
                    word(srv.priority());
                    word(srv.weight());
                    word(srv.port());
                    plainName(srv.target()); // RFC 2782: not compressed
                }
                case DnsRecord.Txt txt -> {
                    byte[] text = txt.text().getBytes(StandardCharsets.US_ASCII);
                    bytes(new byte[] {(byte) text.length});
                    bytes(text);
                }
                case DnsRecord.Soa soa -> {
                    name(soa.server());
                    name(soa.mailbox());
                    for (long number : new long[] {soa.serial(), soa.refresh(), soa.retry(), soa.expire(), soa.minimum()}) {
                        word((int) (number >>> 16));
                        word((int) number);
                    }
                }
            }
            int end = at;
            at = lengthAt;
            word(end - lengthAt - 2);
            at = end;
        }

        private void name(String name) {
            String rest = name;
            while (!rest.isEmpty()) {
                Integer known = offsets.get(rest);
                if (known != null) {
                    word(0xc000 | known);
                    return;
                }
                if (at < 0x4000) {
                    offsets.put(rest, at);
                }
                rest = label(rest);
            }
            bytes(new byte[1]);
        }

        private void plainName(String name) {
            for (String rest = name; !rest.isEmpty(); ) {
                rest = label(rest);
            }
            bytes(new byte[1]);
        }

        /** @return what comes after the first label */
        private String label(String name) {
            int dot = name.indexOf('.');
            byte[] label = (dot < 0 ? name : name.substring(0, dot)).getBytes(StandardCharsets.ISO_8859_1);
            bytes(new byte[] {(byte) label.length});
            bytes(label);
            return dot < 0 ? "" : name.substring(dot + 1);
        }

        /** That a name, and each of its ends, is written there already. */
        void remember(String name, int offset) {
            int from = offset;
            for (String rest = name; !rest.isEmpty(); ) {
                offsets.put(rest, from);
                int dot = rest.indexOf('.');
                from += (dot < 0 ? rest.length() : dot) + 1;
                rest = dot < 0 ? "" : rest.substring(dot + 1);
            }
        }

        void word(int value) {
            room(2);
            buffer[at++] = (byte) (value >> 8);
            buffer[at++] = (byte) value;
        }

        void bytes(byte[] bytes) {
            room(bytes.length);
            System.arraycopy(bytes, 0, buffer, at, bytes.length);
            at += bytes.length;
        }

        private void room(int more) {
            if (at + more > buffer.length) {
                buffer = Arrays.copyOf(buffer, Math.max(buffer.length * 2, at + more));
            }
        }
    }
}
