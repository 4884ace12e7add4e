package io.skerry.apiserver.stream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyHeaders;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The server's end of a SPDY/3.1 connection as Kubernetes clients use it: the client opens all streams, nobody keeps SPDY's flow control
 * (spdystream has none), so back-pressure is the connection's. Frames are coded by Netty; the connection may be a socket or the messages
 * of a WebSocket.
 */
final class SpdyConnection {

    private final Wire wire;
    private final EmbeddedChannel decoder = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
    private final EmbeddedChannel encoder = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
    private final Map<Integer, SpdyStream> streams = new ConcurrentHashMap<>();

    SpdyConnection(Wire wire) {
        this.wire = wire;
    }

    /**
     * Reads frames until the connection is over, then ends every stream that is still open.
     *
     * @param opened gets each new stream before its first data and says who listens to it
     */
    void run(Consumer<SpdyStream> opened) {
        try {
            for (byte[] bytes = wire.read(); bytes != null; bytes = wire.read()) {
                decoder.writeInbound(Unpooled.wrappedBuffer(bytes));
                for (Object frame = decoder.readInbound(); frame != null; frame = decoder.readInbound()) {
                    frame(frame, opened);
                }
            }
        } finally {
            streams.values().forEach(SpdyStream::gone);
            streams.clear();
            decoder.finishAndReleaseAll();
            synchronized (encoder) {
                encoder.finishAndReleaseAll();
            }
        }
    }

    private void frame(Object frame, Consumer<SpdyStream> opened) {
        switch (frame) {
            case SpdySynStreamFrame syn -> {
                SpdyStream stream = new SpdyStream(this, syn.streamId(), headers(syn.headers()));
                streams.put(syn.streamId(), stream);
                // Before anybody hears of it: a command that has ended already closes the connection once all its streams are there.
                send(reply(syn.streamId()));
                opened.accept(stream);
                if (syn.isLast()) {
                    stream.ended();
                }
            }
            case SpdyDataFrame data -> {
                SpdyStream stream = streams.get(data.streamId());
                byte[] bytes = new byte[data.content().readableBytes()];
                data.content().readBytes(bytes);
                data.release();
                if (stream != null) {
                    stream.received(bytes);
                    if (data.isLast()) {
                        stream.ended();
                    }
                }
            }
            case SpdyRstStreamFrame reset -> {
                SpdyStream stream = streams.remove(reset.streamId());
                if (stream != null) {
                    stream.gone();
                }
            }
            // a client's pings have odd numbers and want an answer
            case SpdyPingFrame ping when (ping.id() & 1) == 1 -> send(new DefaultSpdyPingFrame(ping.id()));
            default -> { }
        }
    }

    /** Netty writes no header block for no headers, and Go's decoder fails without one. */
    private static DefaultSpdySynReplyFrame reply(int stream) {
        DefaultSpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(stream);
        reply.headers().set("server", "skerry");
        return reply;
    }

    private static Map<String, String> headers(SpdyHeaders headers) {
        Map<String, String> out = new HashMap<>();
        headers.names().forEach(name -> out.put(name.toString().toLowerCase(Locale.ROOT), headers.getAsString(name)));
        return out;
    }

    void data(int stream, byte[] bytes, boolean last) {
        DefaultSpdyDataFrame frame = new DefaultSpdyDataFrame(stream, Unpooled.wrappedBuffer(bytes));
        send(frame.setLast(last));
    }

    void reset(int stream) {
        streams.remove(stream);
        send(new DefaultSpdyRstStreamFrame(stream, SpdyStreamStatus.CANCEL));
    }

    /** Forgets a stream that both sides have ended. */
    void forget(int stream) {
        streams.remove(stream);
    }

    /** Frames must leave in the order they are coded, as their headers are compressed with one dictionary. */
    private void send(Object frame) {
        synchronized (encoder) {
            if (!encoder.isOpen()) {
                return;
            }
            encoder.writeOutbound(frame);
            for (ByteBuf coded = encoder.readOutbound(); coded != null; coded = encoder.readOutbound()) {
                byte[] bytes = new byte[coded.readableBytes()];
                coded.readBytes(bytes);
                coded.release();
                wire.write(bytes);
            }
        }
    }

    void close() {
        wire.close();
    }
}
