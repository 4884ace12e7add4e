package io.skerry.apiserver.http;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the connections and the requests on each: one too many is closed at once, one without requests after a while. */
final class Connections {

    /** Vert.x' name for the handler of HttpServerOptions.idleTimeout */
    private static final String VERTX_IDLE = "idle";
    private static final AttributeKey<Use> USE = AttributeKey.valueOf(Connections.class, "use");

    private final int most;
    private final Duration idle;
    private final AtomicInteger open = new AtomicInteger();

    /** What goes on on one connection. */
    static final class Use {
        private final AtomicInteger requests = new AtomicInteger();
        private volatile long idleSince = System.nanoTime();
        /** of the event loop alone */
        private Future<?> timer;

        void begin() {
            requests.incrementAndGet();
        }

        void end() {
            idleSince = System.nanoTime();
            requests.decrementAndGet();
        }
    }

    Connections(int most, Duration idle) {
        this.most = most;
        this.idle = idle;
    }

    /** On the connection's event loop. @return false when it was closed */
    boolean opened(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        Use use = new Use();
        if (channel.attr(USE).setIfAbsent(use) != null) {
            // HTTP/1.1 that became HTTP/2 on the way
            return true;
        }
        if (channel.pipeline().get(VERTX_IDLE) != null) {
            // it would cut a silent watch; it only serves until here, for HTTP/2 connections come here no sooner than their preface
            channel.pipeline().remove(VERTX_IDLE);
        }
        closeWhenIdle(channel, use, idle.toMillis());
        boolean fits = open.incrementAndGet() <= most;
        // of the channel, because an upgraded connection has other handlers
        channel.closeFuture().addListener(closed -> {
            open.decrementAndGet();
            use.timer.cancel(false);
        });
        if (!fits) {
            channel.close();
        }
        return fits;
    }

    private void closeWhenIdle(Channel channel, Use use, long millis) {
        // one timer a connection, not one a request
        use.timer = channel.eventLoop().schedule(() -> {
            long left = use.requests.get() > 0 ? idle.toMillis() : idle.toMillis() - (System.nanoTime() - use.idleSince) / 1_000_000;
            if (left <= 0) {
                channel.close();
            } else {
                closeWhenIdle(channel, use, left);
            }
        }, millis, TimeUnit.MILLISECONDS);
    }

    static Use use(HttpConnection connection) {
        return ((ConnectionBase) connection).channel().attr(USE).get();
    }
}
