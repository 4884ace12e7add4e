package io.skerry.apiserver.stream;

import io.netty.channel.ChannelHandlerContext;
import io.skerry.apiserver.http.BlockingWriter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import io.vertx.core.http.WebSocketFrame;
import io.vertx.core.http.impl.WebSocketInternal;
import io.vertx.core.net.NetSocket;
import io.vertx.core.streams.ReadStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** A {@link Wire} over Vert.x: it reads on only when asked to, so that a slow pod slows the client down. To be made on the event loop. */
public abstract class VertxWire implements Wire {

    private static final byte[] END = new byte[0];

    private final BlockingQueue<byte[]> read = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> closed = new CompletableFuture<>();
    private final BlockingWriter writer;
    private boolean ended;

    private VertxWire(Function<Buffer, Future<Void>> send) {
        writer = new BlockingWriter(send, closed);
    }

    /** Messages of a WebSocket, whole ones, text taken as bytes. */
    public static Wire of(ServerWebSocket socket) {
        return new WebSocket(socket, socket::write, UnaryOperator.identity());
    }

    /** Messages of a WebSocket that come and go as {@link ChannelText}. */
    static Wire ofText(ServerWebSocket socket) {
        return new WebSocket(socket, message -> socket.writeTextMessage(ChannelText.encode(message.getBytes())), ChannelText::decode);
    }

    /** The bytes of a bare connection. */
    public static Wire of(NetSocket socket) {
        return new Bare(socket);
    }

    abstract void fetch();

    /** All that the client sent before it left has been read, and what was read before has been passed on. */
    void drained() {
    }

    final void received(byte[] bytes) {
        read.add(bytes);
    }

    /** The client is gone. What it sent before it left may still wait in the stream's buffer, for Vert.x tells of the end out of turn. */
    final void gone(ReadStream<?> in) {
        closed.complete(null);
        in.resume(); // hands the buffer out on this event loop's next turn, before:
        Vertx.currentContext().runOnContext(v -> read.add(END));
    }

    @Override
    public byte[] read() {
        if (ended) {
            return null;
        }
        fetch();
        try {
            byte[] bytes = read.take();
            ended = bytes == END;
            if (ended) {
                drained();
            }
            return ended ? null : bytes;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        }
    }

    @Override
    public synchronized void write(byte[] bytes) {
        unlessEnded(() -> writer.write(Buffer.buffer(bytes)));
    }

    @Override
    public synchronized void close() {
        unlessEnded(this::shut);
    }

    abstract void shut();

    /** With Vert.x its connections have ended. */
    private void unlessEnded(Runnable call) {
        try {
            call.run();
        } catch (RejectedExecutionException e) {
            closed.complete(null);
        }
    }

    private static final class WebSocket extends VertxWire {
        private final ServerWebSocket socket;
        private final UnaryOperator<byte[]> decode;
        private final LateClose lateClose = new LateClose();
        private Buffer begun;

        WebSocket(ServerWebSocket socket, Function<Buffer, Future<Void>> send, UnaryOperator<byte[]> decode) {
            super(send);
            this.socket = socket;
            this.decode = decode;
            ChannelHandlerContext vertx = ((WebSocketInternal) socket).channelHandlerContext();
            vertx.pipeline().addBefore(vertx.name(), LateClose.class.getName(), lateClose);
            socket.pause();
            socket.frameHandler(this::frame);
            socket.closeHandler(v -> gone(socket));
            socket.exceptionHandler(e -> gone(socket));
        }

        private void frame(WebSocketFrame frame) {
            if (!frame.isBinary() && !frame.isText() && !frame.isContinuation()) {
                fetch();
                return;
            }
            if (begun == null && frame.isFinal()) {
                received(decode.apply(frame.binaryData().getBytes()));
                return;
            }
            begun = begun == null ? frame.binaryData().copy() : begun.appendBuffer(frame.binaryData());
            if (frame.isFinal()) {
                received(decode.apply(begun.getBytes()));
                begun = null;
            } else {
                fetch();
            }
        }

        @Override
        void fetch() {
            socket.fetch(1);
        }

        /** A command may still take in what it was given, and end by itself. */
        @Override
        void drained() {
            lateClose.releaseIn(1);
        }

        @Override
        void shut() {
            lateClose.releaseIn(0);
            socket.close();
        }
    }

    private static final class Bare extends VertxWire {
        private final NetSocket socket;

        Bare(NetSocket socket) {
            super(socket::write);
            this.socket = socket;
            socket.pause();
            socket.handler(bytes -> received(bytes.getBytes()));
            socket.closeHandler(v -> gone(socket));
            socket.exceptionHandler(e -> gone(socket));
        }

        @Override
        void fetch() {
            socket.fetch(1);
        }

        @Override
        void shut() {
            socket.close();
        }
    }
}
