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

    /** On the connection's event loop, once. @return false when it was closed */
    boolean opened(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        if (open.incrementAndGet() > most) {
            open.decrementAndGet();
            channel.close();
            return false;
        }
        Use use = new Use();
        // of the channel, because an upgraded connection has other handlers
        channel.closeFuture().addListener(closed -> {
            open.decrementAndGet();
            use.timer.cancel(false);
        });
        channel.attr(USE).set(use);
        closeWhenIdle(channel, use, idle.toMillis());
        return true;
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
