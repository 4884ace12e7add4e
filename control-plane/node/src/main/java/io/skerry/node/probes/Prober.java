package io.skerry.node.probes;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ExecAction;
import io.fabric8.kubernetes.api.model.GRPCAction;
import io.fabric8.kubernetes.api.model.HTTPGetAction;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.TCPSocketAction;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.ExecSyncRequest;
import io.skerry.node.probes.grpc.HealthCheckRequest;
import io.skerry.node.probes.grpc.HealthCheckResponse;
import io.skerry.node.probes.grpc.HealthGrpc;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Asks a container once, in one of the four ways; hooks ask in the same ways. */
public final class Prober {
    private static final int MAX_OUTPUT = 10 << 10;

    private final Cri cri;

    public Prober(Cri cri) { this.cri = cri; }

    /** @param action what Probe and LifecycleHandler have in common; those not set are null */
    public record Action(ExecAction exec, HTTPGetAction http, TCPSocketAction tcp, GRPCAction grpc) { }

    /** For hooks: null when it succeeded, else what it said. */
    public String once(Action action, Container container, String containerId, String podIp, Duration limit) {
        ProbeResult result = probe(action, container, containerId, podIp, limit);
        return result.success() ? null : result.output();
    }

    ProbeResult probe(Action action, Container container, String containerId, String podIp, Duration limit) {
        try {
            if (action.exec != null) return exec(action.exec, containerId, limit);
            if (action.http != null) return http(action.http, container, podIp, limit);
            if (action.tcp != null) return tcp(action.tcp, container, podIp, limit);
            if (action.grpc != null) return grpc(action.grpc, podIp, limit);
            return new ProbeResult(true, "");
        } catch (IOException | IllegalArgumentException e) {
            return new ProbeResult(false, e.getMessage() == null ? e.toString() : e.getMessage());
        }
    }

    private ProbeResult exec(ExecAction exec, String containerId, Duration limit) {
        try {
            var response = cri.runtime(limit).execSync(ExecSyncRequest.newBuilder().setContainerId(containerId).addAllCmd(exec.getCommand()).setTimeout(Math.max(1, limit.toSeconds())).build());
            String output = response.getStdout().concat(response.getStderr()).toStringUtf8();
            return new ProbeResult(response.getExitCode() == 0, output.length() > MAX_OUTPUT ? output.substring(0, MAX_OUTPUT) : output);
        } catch (StatusRuntimeException e) {
            boolean late = e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED || String.valueOf(e.getStatus().getDescription()).contains("timeout");
            return new ProbeResult(false, late ? "command timed out: \"" + String.join(" ", exec.getCommand()) + "\" timed out after " + limit.toSeconds() + "s" : e.getStatus().getDescription());
        }
    }

    private static ProbeResult http(HTTPGetAction http, Container container, String podIp, Duration limit) throws IOException {
        String host = http.getHost() == null || http.getHost().isEmpty() ? podIp : http.getHost();
        return HttpProbe.get(http, host, port(http.getPort(), container), limit);
    }

    private static ProbeResult tcp(TCPSocketAction tcp, Container container, String podIp, Duration limit) throws IOException {
        String host = tcp.getHost() == null || tcp.getHost().isEmpty() ? podIp : tcp.getHost();
        int port = port(tcp.getPort(), container);
        try (var socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), (int) limit.toMillis());
            return new ProbeResult(true, "");
        } catch (IOException e) {
            throw new IOException("dial tcp " + host + ":" + port + ": " + e.getMessage(), e);
        }
    }

    private static ProbeResult grpc(GRPCAction grpc, String podIp, Duration limit) {
        ManagedChannel channel = NettyChannelBuilder.forAddress(new InetSocketAddress(podIp, grpc.getPort())).usePlaintext().userAgent("kube-probe/1.33").build();
        try {
            var status = HealthGrpc.newBlockingStub(channel).withDeadlineAfter(limit.toMillis(), TimeUnit.MILLISECONDS)
                    .check(HealthCheckRequest.newBuilder().setService(grpc.getService() == null ? "" : grpc.getService()).build()).getStatus();
            return new ProbeResult(status == HealthCheckResponse.ServingStatus.SERVING, "service unhealthy (responded with \"" + status + "\")");
        } catch (StatusRuntimeException e) {
            return new ProbeResult(false, "error: " + e.getStatus().getCode() + " " + e.getStatus().getDescription());
        } finally {
            channel.shutdownNow();
        }
    }

    /** A number, or the name of one of the container's ports. */
    private static int port(IntOrString port, Container container) {
        if (port.getIntVal() != null) return port.getIntVal();
        String name = port.getStrVal();
        return container.getPorts().stream().filter(p -> name.equals(p.getName())).findFirst().map(ContainerPort::getContainerPort).orElseGet(() -> {
            try {
                return Integer.parseInt(name);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("container " + container.getName() + " has no port named " + name);
            }
        });
    }
}
