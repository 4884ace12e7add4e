package io.skerry.node.streams;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyGoAwayFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The client's side of SPDY/3.1 as container runtimes' streaming servers speak it: an HTTP POST that is upgraded, then streams that the
 * client opens. SPDY, old as it is, can close one direction of a stream, which their WebSocket (v4.channel.k8s.io) can't: end of stdin.
 * Blocking; Netty's codec makes and reads the frames. Like the servers (moby/spdystream), it uses no flow control windows: TCP's does.
 */
final class SpdyConnection implements AutoCloseable {
    private static final int CONNECT_MILLIS = 10_000, MAX_HEADER = 16 << 10, READ_BUFFER = 32 << 10;

    /** What arrives, on the reading thread: a slow receiver slows the sender down. */
    interface Receiver {
        void data(int stream, byte[] bytes);

        /** The server has closed its direction of the stream, or refused the stream. */
        void end(int stream);
    }

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;
    private final EmbeddedChannel decoder = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
    private final EmbeddedChannel encoder = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
    private int nextStream = 1;

    /**
     * @param url      from CRI's Exec, Attach or PortForward
     * @param protocol e.g. v4.channel.k8s.io
     * @throws IOException with the server's words when it does not upgrade
     */
    SpdyConnection(URI url, String protocol) throws IOException {
        socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(url.getHost(), url.getPort()), CONNECT_MILLIS);
            socket.setTcpNoDelay(true);
            in = socket.getInputStream();
            out = socket.getOutputStream();
            String path = url.getRawPath() + (url.getRawQuery() == null ? "" : "?" + url.getRawQuery());
            out.write(("POST " + path + " HTTP/1.1\r\nHost: " + url.getAuthority() + "\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: " + protocol
                    + "\r\nContent-Length: 0\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            String answer = responseHead();
            if (!answer.startsWith("HTTP/1.1 101")) throw new IOException("the container runtime does not stream: " + answer.lines().findFirst().orElse("no answer"));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Opens a stream. @return its id */
    synchronized int open(Map<String, String> headers) throws IOException {
        int id = nextStream;
        nextStream += 2;
        var frame = new DefaultSpdySynStreamFrame(id, 0, (byte) 0);
        headers.forEach((name, value) -> frame.headers().set(name, value));
        write(frame);
        return id;
    }

    synchronized void send(int stream, byte[] bytes) throws IOException { write(new DefaultSpdyDataFrame(stream, Unpooled.wrappedBuffer(bytes))); }

    /** No more from us on this stream. */
    synchronized void finish(int stream) throws IOException { write(new DefaultSpdyDataFrame(stream).setLast(true)); }

    private void write(Object frame) throws IOException {
        encoder.writeOutbound(frame);
        for (ByteBuf bytes = encoder.readOutbound(); bytes != null; bytes = encoder.readOutbound()) {
            try {
                bytes.readBytes(out, bytes.readableBytes());
            } finally {
                bytes.release();
            }
        }
        out.flush();
    }

    /** Hands out what arrives until the server is done or the connection is closed. */
    void receive(Receiver receiver) throws IOException {
        byte[] buffer = new byte[READ_BUFFER];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            decoder.writeInbound(Unpooled.copiedBuffer(buffer, 0, read));
            for (Object frame = decoder.readInbound(); frame != null; frame = decoder.readInbound()) {
                try {
                    if (!handle(frame, receiver)) return;
                } finally {
                    ReferenceCountUtil.release(frame);
                }
            }
        }
    }

    private boolean handle(Object frame, Receiver receiver) throws IOException {
        switch (frame) {
            case SpdyDataFrame data -> {
                if (data.content().isReadable()) {
                    byte[] bytes = new byte[data.content().readableBytes()];
                    data.content().readBytes(bytes);
                    receiver.data(data.streamId(), bytes);
                }
                if (data.isLast()) receiver.end(data.streamId());
            }
            case SpdyRstStreamFrame reset -> receiver.end(reset.streamId());
            case SpdyPingFrame ping -> {
                synchronized (this) {
                    if (ping.id() % 2 == 0) write(new DefaultSpdyPingFrame(ping.id()));
                }
            }
            case SpdyGoAwayFrame bye -> {
                return false;
            }
            default -> { } // replies, settings and windows ask for nothing
        }
        return true;
    }

    private String responseHead() throws IOException {
        var head = new StringBuilder();
        while (!head.toString().endsWith("\r\n\r\n") && head.length() < MAX_HEADER) {
            int c = in.read();
            if (c < 0) break;
            head.append((char) c);
        }
        return head.toString();
    }

    @Override
    public void close() throws IOException { socket.close(); }
}
