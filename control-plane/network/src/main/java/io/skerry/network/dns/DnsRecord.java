package io.skerry.network.dns;

/** A resource record. Names have no last dot; {@code ttl} is in seconds. */
sealed interface DnsRecord {

    String name();

    int ttl();

    int type();

    /** A or AAAA, by the address' length of 4 or 16 bytes. */
    record Address(String name, int ttl, byte[] address) implements DnsRecord {
        @Override
        public int type() {
            return address.length == 4 ? DnsType.A : DnsType.AAAA;
        }
    }

    /** CNAME, PTR or NS: a record that is one name. */
    record Pointer(String name, int ttl, int type, String target) implements DnsRecord {}

    record Srv(String name, int ttl, int priority, int weight, int port, String target) implements DnsRecord {
        @Override
        public int type() {
            return DnsType.SRV;
        }
    }

    record Txt(String name, int ttl, String text) implements DnsRecord {
        @Override
        public int type() {
            return DnsType.TXT;
        }
    }

    /** @param minimum for how many seconds a negative answer may be kept (RFC 2308) */
    record Soa(String name, int ttl, String server, String mailbox, long serial, int refresh, int retry, int expire, int minimum) implements DnsRecord {
        @Override
        public int type() {
            return DnsType.SOA;
        }
    }
}
