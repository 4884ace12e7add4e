package io.skerry.apiserver.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class SpdyConnectionTest {
    @Test
    void aStreamIsAnsweredBeforeAnybodyCanCloseTheConnection() {
        EmbeddedChannel client = new EmbeddedChannel(new SpdyFrameCodec(SpdyVersion.SPDY_3_1));
        DefaultSpdySynStreamFrame syn = new DefaultSpdySynStreamFrame(1, 0, (byte) 0);
        syn.headers().set("streamtype", "error");
        client.writeOutbound(syn);
        ByteBuf coded = client.readOutbound();
        byte[] bytes = new byte[coded.readableBytes()];
        coded.readBytes(bytes);
        coded.release();

        Recorded wire = new Recorded(bytes);
        SpdyConnection connection = new SpdyConnection(wire);
        connection.run(stream -> connection.close());

        client.writeInbound(Unpooled.wrappedBuffer(wire.written.getFirst()));
        assertThat((Object) client.readInbound()).isInstanceOfSatisfying(SpdySynReplyFrame.class, reply -> assertThat(reply.streamId()).isEqualTo(1));
        client.finishAndReleaseAll();
    }

    /** A connection that brings the given bytes, and nothing is written to after it was closed. */
    private static final class Recorded implements Wire {
        private final Queue<byte[]> incoming = new ArrayDeque<>();
        private final List<byte[]> written = new ArrayList<>();
        private boolean closed;

        Recorded(byte[] bytes) {
            incoming.add(bytes);
        }

        @Override
        public byte[] read() {
            return incoming.poll();
        }

        @Override
        public void write(byte[] bytes) {
            if (!closed) {
                written.add(bytes);
            }
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
