package io.skerry.network.dns;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;

/** Asks the upstream servers, and keeps what they say as long as they allow. Several who ask the same wait for one answer. */
final class Forwarder {

    private static final int ROUNDS = 2;
    private static final int TIMEOUT_MILLIS = 2000;
    private static final int OUR_UDP_SIZE = 1232;
    private static final int CACHED_ANSWERS = 2048;

    /** What makes two queries the same to an upstream server. */
    private record Key(String name, int type, int dnsClass, int flags, boolean edns, boolean dnssecOk) {}

    private record Cached(ForwardedAnswer answer, long at) {

        int age() {
            return (int) ((System.nanoTime() - at) / 1_000_000_000L);
        }
    }

    private final ResolvConf resolvConf;
    private final SecureRandom random = new SecureRandom();
    private final ConcurrentHashMap<Key, CompletableFuture<Cached>> asked = new ConcurrentHashMap<>();
    private final Map<Key, Cached> cache = new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Cached> eldest) {
            return size() > CACHED_ANSWERS;
        }
    };
    private volatile InetSocketAddress good;

    Forwarder(ResolvConf resolvConf) {
        this.resolvConf = resolvConf;
    }

    /** A kept answer's packet, or null. */
    byte[] cached(DnsQuery query, int limit) {
        Cached cached = fresh(key(query));
        return cached == null ? null : cached.answer().reply(query, cached.age(), limit);
    }

    /** @throws IOException when no server has answered; says which failed how */
    byte[] ask(DnsQuery query, int limit) throws IOException {
        Cached cached = lookUp(query);
        return cached.answer().reply(query, cached.age(), limit);
    }

    /** The records behind an alias. */
    List<DnsRecord> records(DnsQuery query) throws IOException {
        return lookUp(query).answer().records();
    }

    private Cached lookUp(DnsQuery query) throws IOException {
        Key key = key(query);
        Cached cached = fresh(key);
        if (cached != null) {
            return cached;
        }
        var mine = new CompletableFuture<Cached>();
        CompletableFuture<Cached> theirs = asked.putIfAbsent(key, mine);
        if (theirs == null) {
            try {
                var answer = new Cached(exchange(query), System.nanoTime());
                if (answer.answer().ttl() > 0) {
                    synchronized (cache) {
                        cache.put(key, answer);
                    }
                }
                mine.complete(answer);
            } catch (Throwable e) {
                mine.completeExceptionally(e);
            } finally {
                asked.remove(key);
            }
        }
        try {
            return (theirs == null ? mine : theirs).join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        }
    }

    private Cached fresh(Key key) {
        synchronized (cache) {
            Cached cached = cache.get(key);
            if (cached != null && cached.age() >= cached.answer().ttl()) {
                cache.remove(key);
                return null;
            }
            return cached;
        }
    }

    private static Key key(DnsQuery query) {
        return new Key(query.name(), query.type(), query.dnsClass(), forwarded(query), query.edns(), query.dnssecOk());
    }

    private static int forwarded(DnsQuery query) {
        return query.flags() & (DnsQuery.RECURSION_DESIRED | DnsQuery.AUTHENTIC_DATA | DnsQuery.CHECKING_DISABLED);
    }

    private ForwardedAnswer exchange(DnsQuery query) throws IOException {
        List<InetSocketAddress> servers = resolvConf.servers();
        if (servers.isEmpty()) {
            throw new IOException("there is no upstream name server");
        }
        var failure = new IOException("no upstream name server has answered for " + query.name());
        int first = Math.max(0, servers.indexOf(good)); // one that has answered before, rather than one that may time out
        for (int i = 0; i < servers.size() * ROUNDS; i++) {
            InetSocketAddress server = servers.get((first + i) % servers.size());
            try {
                ForwardedAnswer answer = udp(server, query);
                answer = answer.truncated() ? tcp(server, query) : answer;
                if (answer.code() != DnsType.SERVFAIL || i >= servers.size() - 1) {
                    good = server;
                    return answer;
                }
            } catch (IOException | IllegalArgumentException e) {
                failure.addSuppressed(new IOException(server + ": " + e.getMessage(), e));
            }
        }
        throw failure;
    }

    private ForwardedAnswer udp(InetSocketAddress server, DnsQuery query) throws IOException {
        int id = random.nextInt(0x10000);
        byte[] packet = packet(id, query);
        try (var socket = new DatagramSocket()) { // a new port each time, which with the id makes answers hard to forge
            socket.connect(server);
            socket.send(new DatagramPacket(packet, packet.length));
            var buffer = new DatagramPacket(new byte[4096], 4096);
            long end = System.nanoTime() + TIMEOUT_MILLIS * 1_000_000L;
            while (true) {
                socket.setSoTimeout((int) Math.max(1, (end - System.nanoTime()) / 1_000_000));
                socket.receive(buffer);
                try {
                    return ForwardedAnswer.read(Arrays.copyOf(buffer.getData(), buffer.getLength()), id, query);
                } catch (IllegalArgumentException e) {
                    if (System.nanoTime() > end) {
                        throw e;
                    }
                    buffer.setLength(4096); // forged or late: the right one may follow
                }
            }
        }
    }

    private ForwardedAnswer tcp(InetSocketAddress server, DnsQuery query) throws IOException {
        int id = random.nextInt(0x10000);
        byte[] packet = packet(id, query);
        try (var socket = new Socket()) {
            socket.connect(server, TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(ByteBuffer.allocate(packet.length + 2).putShort((short) packet.length).put(packet).array());
            var in = new DataInputStream(socket.getInputStream());
            return ForwardedAnswer.read(in.readNBytes(in.readUnsignedShort()), id, query);
        }
    }

    /** The same question anew: a client's cookies and other options are between it and us. */
    private static byte[] packet(int id, DnsQuery query) {
        var packet = ByteBuffer.allocate(12 + query.question().length + 11);
        packet.putShort((short) id).putShort((short) forwarded(query)).putShort((short) 1).putShort((short) 0).putShort((short) 0)
            .putShort((short) (query.edns() ? 1 : 0)).put(query.question());
        if (query.edns()) {
            packet.put((byte) 0).putShort((short) DnsType.OPT).putShort((short) OUR_UDP_SIZE).putShort((short) 0)
                .putShort((short) (query.dnssecOk() ? 0x8000 : 0)).putShort((short) 0);
        }
        return Arrays.copyOf(packet.array(), packet.position());
    }
}
