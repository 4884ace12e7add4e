package io.skerry.apiserver.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.impl.VertxBuilder;
import io.vertx.core.impl.transports.JDKTransport;
import java.util.List;
import java.util.function.Predicate;

/** Vert.x' transport of the JDK; a frontend is asked about each connection as soon as the kernel has made it, before a TLS handshake costs anything. */
public final class AcceptTransport extends JDKTransport {

    private volatile Predicate<Channel> admission = channel -> true;

    private AcceptTransport() {}

    /** A Vert.x for one {@link HttpFrontend}. With any other, a frontend counts connections only when their handshake is done. */
    public static Vertx vertx(VertxOptions options) {
        return new VertxBuilder(options).findTransport(new AcceptTransport()).init().vertx();
    }

    /** From now on what this says of a connection decides whether it is kept. */
    void admit(Predicate<Channel> who) {
        admission = who;
    }

    @Override
    public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domainSocket) {
        return domainSocket ? super.serverChannelFactory(true) : Listener::new;
    }

    private final class Listener extends NioServerSocketChannel {
        @Override
        protected int doReadMessages(List<Object> accepted) throws Exception {
            int count = super.doReadMessages(accepted);
            if (count > 0 && !admission.test((Channel) accepted.getLast())) {
                ((Channel) accepted.removeLast()).unsafe().closeForcibly();
                return 0;
            }
            return count;
        }
    }
}
