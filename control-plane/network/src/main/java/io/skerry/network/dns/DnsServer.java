package io.skerry.network.dns;

import io.skerry.controllers.runtime.Informers;
import io.skerry.network.NetworkConfig;
import io.skerry.network.NetworkException;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/**
 * The cluster's DNS server, on the cluster DNS address by UDP and TCP. It answers for the cluster's zone from the
 * informers' caches and forwards everything else.
 *
 * @see <a href="https://github.com/kubernetes/dns/blob/master/docs/specification.md">Kubernetes DNS-Based Service Discovery</a>
 */
public final class DnsServer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(DnsServer.class.getName());
    private static final int MAX_PACKET = 65535;
    private static final int MAX_FORWARDED = 1000;
    private static final int MAX_CONNECTIONS = 200;
    private static final int IDLE_MILLIS = 10_000;
    private static final int MAX_ALIASES = 8;

    private final Informers informers;
    private final NetworkConfig config;
    private final ClusterZone zone;
    private final Forwarder forwarder;
    private final Semaphore forwards = new Semaphore(MAX_FORWARDED);
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
    private DatagramSocket udp;
    private ServerSocket tcp;
    private volatile boolean closed;

    public DnsServer(Informers informers, NetworkConfig config) {
        this.informers = informers;
        this.config = config;
        this.zone = new ClusterZone(informers, config);
        this.forwarder = new Forwarder(new ResolvConf(config));
    }

    /**
     * Returns when it answers.
     *
     * @throws NetworkException when its address cannot be had: the bridge has to be there
     */
    public void start() {
        zone.start();
        var address = new InetSocketAddress(config.dnsIp(), config.dnsPort());
        try {
            udp = new DatagramSocket(address);
            tcp = new ServerSocket();
            tcp.setReuseAddress(true);
            tcp.bind(new InetSocketAddress(config.dnsIp(), udp.getLocalPort()));
        } catch (IOException e) {
            close();
            throw new NetworkException("cluster DNS cannot listen on " + config.dnsIp() + ":" + config.dnsPort() + ": " + e.getMessage()
                + "; stop what uses that address, or choose another cluster DNS address", e);
        }
        DnsService.ensure(informers.client(), config);
        Thread.ofVirtual().name("dns-udp").start(this::serveUdp);
        Thread.ofVirtual().name("dns-tcp").start(this::serveTcp);
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return new InetSocketAddress(config.dnsIp(), udp.getLocalPort());
    }

    @Override
    public void close() {
        closed = true;
        try {
            if (udp != null) {
                udp.close();
            }
            if (tcp != null) {
                tcp.close();
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "closing the DNS server", e);
        }
    }

    private void serveUdp() {
        byte[] buffer = new byte[4096];
        while (!closed) {
            try {
                var packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                DnsQuery query = parse(buffer, packet.getLength());
                var client = packet.getSocketAddress();
                if (query == null) {
                    if (packet.getLength() >= 12 && (buffer[2] & 0x80) == 0) { // not an answer, or two servers could answer each other for ever
                        send(DnsResponse.malformed(buffer), client);
                    }
                    continue;
                }
                byte[] answer = answerHere(query, query.udpSize());
                if (answer != null) {
                    send(answer, client);
                } else if (forwards.tryAcquire()) {
                    Thread.startVirtualThread(() -> {
                        try {
                            send(forward(query, query.udpSize()), client);
                        } finally {
                            forwards.release();
                        }
                    });
                } else {
                    send(DnsResponse.error(DnsType.REFUSED).encode(query, query.udpSize()), client);
                }
            } catch (SocketException e) {
                if (!closed) {
                    LOG.log(Level.WARNING, "cluster DNS cannot receive: {0}", e.getMessage());
                    return;
                }
            } catch (Exception e) {
                LOG.log(Level.WARNING, "cluster DNS failed on a query: " + e.getMessage(), e);
            }
        }
    }

    private void send(byte[] answer, SocketAddress client) {
        try {
            udp.send(new DatagramPacket(answer, answer.length, client));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a DNS answer could not be sent", e); // the client is gone, or asks again
        }
    }

    private void serveTcp() {
        while (!closed) {
            try {
                connections.acquire();
                boolean started = false;
                try {
                    Socket socket = tcp.accept();
                    Thread.startVirtualThread(() -> {
                        try {
                            serve(socket);
                        } finally {
                            connections.release();
                        }
                    });
                    started = true;
                } finally {
                    if (!started) {
                        connections.release();
                    }
                }
            } catch (IOException e) {
                if (!closed) {
                    LOG.log(Level.WARNING, "cluster DNS cannot accept connections: {0}", e.getMessage());
                    return;
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setSoTimeout(IDLE_MILLIS);
            var in = new DataInputStream(socket.getInputStream());
            while (!closed) {
                byte[] packet = in.readNBytes(in.readUnsignedShort());
                DnsQuery query = parse(packet, packet.length);
                if (query == null) {
                    return;
                }
                byte[] answer = answerHere(query, MAX_PACKET);
                answer = answer != null ? answer : forward(query, MAX_PACKET);
                socket.getOutputStream().write(ByteBuffer.allocate(answer.length + 2).putShort((short) answer.length).put(answer).array());
            }
        } catch (IOException e) {
            LOG.log(Level.TRACE, "a DNS connection ended", e);
        }
    }

    private static DnsQuery parse(byte[] packet, int length) {
        try {
            DnsQuery query = DnsQuery.parse(packet, length);
            return query.has(DnsQuery.RESPONSE) ? null : query;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** @return null when others have to be asked */
    private byte[] answerHere(DnsQuery query, int limit) {
        if (query.opcode() != 0) {
            return DnsResponse.error(DnsType.NOTIMP).encode(query, limit);
        }
        if (query.dnsClass() != DnsType.IN || query.type() == DnsType.AXFR || query.type() == DnsType.IXFR) {
            return DnsResponse.error(DnsType.REFUSED).encode(query, limit);
        }
        Optional<DnsResponse> found = zone.answer(query);
        if (found.isEmpty()) {
            return forwarder.cached(query, limit);
        }
        return leadsOn(found.get(), query) ? null : found.get().encode(query, limit);
    }

    private byte[] forward(DnsQuery query, int limit) {
        try {
            Optional<DnsResponse> alias = zone.answer(query);
            return alias.isPresent() ? follow(query, alias.get()).encode(query, limit) : forwarder.ask(query, limit);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a DNS query could not be forwarded", e);
            return DnsResponse.error(DnsType.SERVFAIL).encode(query, limit);
        }
    }

    private static boolean leadsOn(DnsResponse response, DnsQuery query) {
        return query.type() != DnsType.CNAME && !response.answers().isEmpty() && response.answers().getLast().type() == DnsType.CNAME;
    }

    /** An ExternalName service is an alias: clients want the addresses behind it as well. */
    private DnsResponse follow(DnsQuery query, DnsResponse alias) throws IOException {
        List<DnsRecord> answers = new ArrayList<>(alias.answers());
        for (int i = 0; i < MAX_ALIASES && answers.getLast() instanceof DnsRecord.Pointer pointer && pointer.type() == DnsType.CNAME; i++) {
            DnsQuery next = query.about(pointer.target());
            Optional<DnsResponse> here = zone.answer(next);
            if (here.isEmpty()) {
                answers.addAll(forwarder.records(next));
                break;
            }
            if (here.get().answers().isEmpty()) {
                break;
            }
            answers.addAll(here.get().answers());
        }
        return new DnsResponse(alias.code(), alias.authoritative(), answers, List.of(), List.of());
    }
}
