package io.skerry.apiserver.http;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the connections and the requests on each: one too many is closed, one without requests after a while. Those of clients that have shown good
 * credentials, those from this machine (the service manager's watchdog asks here, too) and those of strangers are counted apart, so that nobody keeps others
 * out without credentials. Where strangers have all that is theirs, the oldest of them gives way: a client that can authenticate has done so by then.
 */
final class Connections {

    /** Vert.x' name for the handler of HttpServerOptions.idleTimeout */
    private static final String VERTX_IDLE = "idle";
    private static final AttributeKey<Use> USE = AttributeKey.valueOf(Connections.class, "use");

    private enum Who { THIS_MACHINE, STRANGER, KNOWN, NOBODY }

    private final HttpLimits limits;
    private int fromHere;
    private int known;
    /** Oldest first. */
    private final Map<Channel, Use> strangers = new LinkedHashMap<>();
    private final Map<InetAddress, Integer> strangersOf = new HashMap<>();

    /** What goes on on one connection. */
    static final class Use {
        private final AtomicInteger requests = new AtomicInteger();
        private final InetAddress from;
        private volatile long idleSince = System.nanoTime();
        /** guarded by the Connections */
        private Who who = Who.NOBODY;
        /** of the event loop alone */
        private Future<?> timer;

        private Use(InetAddress from) {
            this.from = from;
        }

        void begin() {
            requests.incrementAndGet();
        }

        void end() {
            idleSince = System.nanoTime();
            requests.decrementAndGet();
        }
    }

    Connections(HttpLimits limits) {
        this.limits = limits;
    }

    /** A connection has come; nothing was read from it. @return false when it is one too many, and is to be closed */
    boolean accepted(Channel channel) {
        if (!(channel.remoteAddress() instanceof InetSocketAddress remote) || !(channel.localAddress() instanceof InetSocketAddress local)) {
            // gone again
            return false;
        }
        InetAddress from = remote.getAddress();
        Use use = new Use(from);
        boolean here = from.isLoopbackAddress() || from.equals(local.getAddress());
        if (!(here ? admitFromHere(use) : admitStranger(channel, use))) {
            return false;
        }
        channel.attr(USE).set(use);
        // of the channel, because an upgraded connection has other handlers
        channel.closeFuture().addListener(closed -> {
            release(channel, use);
            if (use.timer != null) {
                use.timer.cancel(false);
            }
        });
        return true;
    }

    private synchronized boolean admitFromHere(Use use) {
        if (fromHere >= limits.connections()) {
            return false;
        }
        fromHere++;
        use.who = Who.THIS_MACHINE;
        return true;
    }

    private synchronized boolean admitStranger(Channel channel, Use use) {
        if (strangersOf.getOrDefault(use.from, 0) >= limits.strangersOfOneAddress()) {
            return false;
        }
        if (strangers.size() >= limits.strangers()) {
            // one that waits for its event loop cannot be closed yet
            Channel oldest = strangers.keySet().stream().filter(Channel::isRegistered).findFirst().orElse(null);
            if (oldest == null) {
                return false;
            }
            forget(oldest, strangers.get(oldest));
            oldest.close();
        }
        use.who = Who.STRANGER;
        strangers.put(channel, use);
        strangersOf.merge(use.from, 1, Integer::sum);
        return true;
    }

    private void forget(Channel channel, Use stranger) {
        stranger.who = Who.NOBODY;
        strangers.remove(channel);
        strangersOf.computeIfPresent(stranger.from, (from, count) -> count == 1 ? null : count - 1);
    }

    private synchronized void release(Channel channel, Use use) {
        switch (use.who) {
            case THIS_MACHINE -> fromHere--;
            case KNOWN -> known--;
            case STRANGER -> forget(channel, use);
            case NOBODY -> {
                // given up before
            }
        }
        use.who = Who.NOBODY;
    }

    /** Somebody with good credentials is at the other end. */
    void authenticated(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        promote(channel, channel.attr(USE).get());
    }

    /** Where too many are known already, it stays a stranger. */
    private synchronized void promote(Channel channel, Use use) {
        if (use.who == Who.STRANGER && known < limits.connections()) {
            forget(channel, use);
            use.who = Who.KNOWN;
            known++;
        }
    }

    /** On the connection's event loop, once it speaks HTTP. @return false when it was closed */
    boolean opened(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        if (channel.attr(USE).get() == null && !accepted(channel)) {
            // not counted before, where it was accepted by another transport than ours
            channel.attr(USE).set(new Use(null));
            channel.close();
            return false;
        }
        Use use = channel.attr(USE).get();
        if (use.timer != null) {
            // HTTP/1.1 that became HTTP/2 on the way
            return true;
        }
        if (channel.pipeline().get(VERTX_IDLE) != null) {
            // it would cut a silent watch; it only serves until here, for HTTP/2 connections come here no sooner than their preface
            channel.pipeline().remove(VERTX_IDLE);
        }
        closeWhenIdle(channel, use, limits.connectionIdle().toMillis());
        return true;
    }

    private void closeWhenIdle(Channel channel, Use use, long millis) {
        // one timer a connection, not one a request
        use.timer = channel.eventLoop().schedule(() -> {
            long idle = limits.connectionIdle().toMillis();
            long left = use.requests.get() > 0 ? idle : idle - (System.nanoTime() - use.idleSince) / 1_000_000;
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
