package io.skerry.apiserver.stream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/**
 * Holds back the answer to a client's close frame (RFC 6455, 5.5.1) until what the client sent before it has been passed on. Vert.x answers
 * out of turn, while much may still wait to be read. A client that waits for the answer, as fabric8's does after an upload, then finds
 * everything there.
 */
final class LateClose extends ChannelOutboundHandlerAdapter {
    /** For a connection that nobody reads to its end. */
    private static final long AT_MOST_SECONDS = 30;

    private ChannelHandlerContext context;
    private Object held;
    private ChannelPromise promise;
    private boolean released;

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
    }

    @Override
    public void write(ChannelHandlerContext to, Object message, ChannelPromise sent) throws Exception {
        if (released || !(message instanceof CloseWebSocketFrame)) {
            super.write(to, message, sent);
            return;
        }
        held = message;
        promise = sent;
        releaseIn(AT_MOST_SECONDS);
    }

    /** From any thread. Close frames pass after that, at once. */
    void releaseIn(long seconds) {
        try {
            context.executor().schedule(this::release, seconds, TimeUnit.SECONDS);
        } catch (RejectedExecutionException e) {
            // the event loop has ended, and the connection with it
        }
    }

    private void release() {
        released = true;
        if (held != null) {
            Object message = held;
            held = null;
            context.writeAndFlush(message, promise);
        }
    }

    /** The connection is gone. */
    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
        if (held != null) {
            ReferenceCountUtil.release(held);
            held = null;
            promise.tryFailure(new ClosedChannelException());
        }
    }
}
