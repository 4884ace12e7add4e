package io.skerry.node.cri;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.skerry.node.cri.v1.ImageServiceGrpc;
import io.skerry.node.cri.v1.RuntimeServiceGrpc;
import io.skerry.node.cri.v1.StatusRequest;
import io.skerry.node.cri.v1.VersionRequest;
import io.skerry.node.cri.v1.VersionResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * The connection to the container runtime: CRI v1 over gRPC on a Unix socket. Calls block, throw {@link StatusRuntimeException}, and
 * end when their thread is interrupted.
 */
public final class Cri implements AutoCloseable {
    /** Kubelet's runtime-request-timeout. */
    private static final Duration CALL_LIMIT = Duration.ofMinutes(2);

    private final EventLoopGroup loop = new EpollEventLoopGroup(1, new DefaultThreadFactory("cri", true));
    private final ExecutorService callbacks = Executors.newVirtualThreadPerTaskExecutor();
    private final ManagedChannel channel;
    private final RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime;
    private final ImageServiceGrpc.ImageServiceBlockingStub images;

    public Cri(Path socket) {
        channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toString())).eventLoopGroup(loop).channelType(EpollDomainSocketChannel.class)
                .usePlaintext().overrideAuthority("localhost").maxInboundMessageSize(16 << 20).executor(callbacks).build();
        runtime = RuntimeServiceGrpc.newBlockingStub(channel);
        images = ImageServiceGrpc.newBlockingStub(channel);
    }

    public RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
        return runtime.withDeadlineAfter(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** For calls that take as long as they were asked to: StopContainer, ExecSync. */
    public RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime(Duration work) {
        return runtime.withDeadlineAfter(CALL_LIMIT.plus(work).toMillis(), TimeUnit.MILLISECONDS);
    }

    public ImageServiceGrpc.ImageServiceBlockingStub images() {
        return images.withDeadlineAfter(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Without a deadline: a pull takes as long as the link needs. */
    public ImageServiceGrpc.ImageServiceBlockingStub pulls() { return images; }

    ManagedChannel channel() { return channel; }

    public VersionResponse version() { return runtime().version(VersionRequest.getDefaultInstance()); }

    /** Whether the runtime serves CRI and its network is configured; empty when both, else what is missing, in its words. */
    public String notReady() {
        try {
            return runtime().status(StatusRequest.getDefaultInstance()).getStatus().getConditionsList().stream().filter(c -> !c.getStatus())
                    .map(c -> c.getType() + "=false: " + c.getReason() + " " + c.getMessage()).reduce((a, b) -> a + ", " + b).orElse("");
        } catch (StatusRuntimeException e) {
            return "container runtime is down: " + e.getStatus().getDescription();
        }
    }

    /** The runtime has come back: don't wait for the next try to connect, which may be minutes away. */
    public void reconnect() { channel.resetConnectBackoff(); }

    public boolean answers() {
        try {
            version();
            return true;
        } catch (StatusRuntimeException e) {
            return false;
        }
    }

    @Override
    public void close() {
        channel.shutdownNow();
        callbacks.shutdown();
        loop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
    }
}
