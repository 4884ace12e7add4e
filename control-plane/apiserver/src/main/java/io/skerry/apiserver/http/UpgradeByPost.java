package io.skerry.apiserver.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;

/**
 * Lets a POST be upgraded: Kubernetes' SPDY clients send one, and Vert.x upgrades nothing but a GET. Such a request is shown to Vert.x as
 * a GET; {@link #method} tells what it was.
 */
final class UpgradeByPost extends ChannelInboundHandlerAdapter {

    private static final AttributeKey<Boolean> POSTED = AttributeKey.valueOf(UpgradeByPost.class, "posted");

    static void install(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        // HTTP/2 connections have another pipeline, and no upgrades
        if (channel.pipeline().get("httpDecoder") != null) {
            channel.pipeline().addAfter("httpDecoder", "upgradeByPost", new UpgradeByPost());
        }
    }

    /** The method that the client sent, given the one that Vert.x shows. */
    static String method(HttpConnection connection, String shown) {
        Boolean posted = ((ConnectionBase) connection).channel().attr(POSTED).get();
        return Boolean.TRUE.equals(posted) ? "POST" : shown;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request) {
            boolean posted = request.method().equals(HttpMethod.POST) && request.headers().contains(HttpHeaderNames.UPGRADE, "SPDY/3.1", true);
            context.channel().attr(POSTED).set(posted);
            if (posted) {
                request.setMethod(HttpMethod.GET);
            }
        }
        context.fireChannelRead(message);
    }
}
