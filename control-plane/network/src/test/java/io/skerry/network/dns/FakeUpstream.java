package io.skerry.network.dns;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** A name server that fails in ways a real one can't be made to. */
final class FakeUpstream implements AutoCloseable {

    private final DatagramSocket socket;
    final AtomicInteger asked = new AtomicInteger();

    /** @param answers the packets to send for a query */
    FakeUpstream(Function<DnsQuery, List<byte[]>> answers) throws IOException {
        socket = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(() -> {
            var packet = new DatagramPacket(new byte[4096], 4096);
            try {
                while (true) {
                    socket.receive(packet);
                    asked.incrementAndGet();
                    for (byte[] answer : answers.apply(DnsQuery.parse(Arrays.copyOf(packet.getData(), packet.getLength()), packet.getLength()))) {
                        socket.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
                    }
                }
            } catch (IOException e) {
                // closed
            }
        });
    }

    String address() {
        return "127.0.0.1:" + socket.getLocalPort();
    }

    static byte[] address(DnsQuery query, int ttl, int last) {
        return new DnsResponse(DnsType.NOERROR, false, List.of(new DnsRecord.Address(query.name(), ttl, new byte[] {(byte) 192, 0, 2, (byte) last})), List.of(), List.of())
            .encode(query, 512);
    }

    @Override
    public void close() {
        socket.close();
    }
}
