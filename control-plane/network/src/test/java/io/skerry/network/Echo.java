package io.skerry.network;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Servers in a namespace that answer with their name and the client's address, and clients for them. */
public final class Echo implements AutoCloseable {

    private static final int TIMEOUT_MILLIS = 2000;

    private final ServerSocket tcp;
    private final DatagramSocket udp;

    public Echo(String namespace, int port, String name) throws Exception {
        tcp = Netns.in(namespace, () -> new ServerSocket(port, 50, InetAddress.getByName("0.0.0.0")));
        udp = Netns.in(namespace, () -> new DatagramSocket(port, InetAddress.getByName("0.0.0.0")));
        Thread.ofPlatform().daemon().start(() -> serveTcp(name));
        Thread.ofPlatform().daemon().start(() -> serveUdp(name));
    }

    private void serveTcp(String name) {
        try {
            while (true) {
                try (Socket socket = tcp.accept()) {
                    socket.getOutputStream().write((name + " " + socket.getInetAddress().getHostAddress()).getBytes(StandardCharsets.UTF_8));
                }
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serveUdp(String name) {
        var packet = new DatagramPacket(new byte[100], 100);
        try {
            while (true) {
                udp.receive(packet);
                byte[] answer = (name + " " + packet.getAddress().getHostAddress()).getBytes(StandardCharsets.UTF_8);
                udp.send(new DatagramPacket(answer, answer.length, packet.getSocketAddress()));
            }
        } catch (IOException e) {
            // closed
        }
    }

    @Override
    public void close() throws IOException {
        tcp.close();
        udp.close();
    }

    /** What a TCP server says. */
    public static String tcp(String from, String address, int port) throws Exception {
        return Netns.in(from, () -> {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, port), TIMEOUT_MILLIS);
                socket.setSoTimeout(TIMEOUT_MILLIS);
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            }
        });
    }

    /** A client's socket, to be used for several exchanges of one flow. */
    public static DatagramSocket udpClient(String from) throws Exception {
        return Netns.in(from, () -> new DatagramSocket());
    }

    public static String udp(DatagramSocket socket, String address, int port) throws IOException {
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.send(new DatagramPacket(new byte[] {'?'}, 1, new InetSocketAddress(address, port)));
        var answer = new DatagramPacket(new byte[100], 100);
        socket.receive(answer);
        return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8);
    }
}
