package io.skerry.node.streams;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.StatusRuntimeException;
import io.skerry.apiserver.node.LogOptions;
import io.skerry.apiserver.node.LogSink;
import io.skerry.apiserver.node.NodeDocument;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.node.NodeUsage;
import io.skerry.apiserver.node.StreamListener;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.node.NodeConfig;
import io.skerry.node.cri.Cri;
import io.skerry.node.cri.v1.AttachRequest;
import io.skerry.node.cri.v1.Container;
import io.skerry.node.cri.v1.ContainerFilter;
import io.skerry.node.cri.v1.ContainerState;
import io.skerry.node.cri.v1.ContainerStatusRequest;
import io.skerry.node.cri.v1.ExecRequest;
import io.skerry.node.cri.v1.ListContainersRequest;
import io.skerry.node.cri.v1.ListPodSandboxRequest;
import io.skerry.node.cri.v1.PodSandboxFilter;
import io.skerry.node.cri.v1.PodSandboxState;
import io.skerry.node.cri.v1.PodSandboxStateValue;
import io.skerry.node.cri.v1.PortForwardRequest;
import io.skerry.node.endpoints.NodeEndpoints;
import io.skerry.node.logs.ContainerLog;
import io.skerry.node.pods.Names;
import io.skerry.node.stats.UsageMeter;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Streams of this node's pods: logs from their files, the rest through the runtime's streaming server. */
public final class CriStreams implements NodeStreams {
    private final NodeConfig config;
    private final Cri cri;
    private final UsageMeter meter;
    private final NodeEndpoints endpoints;
    private final BiFunction<String, String, Optional<Pod>> pods;

    /** @param pods finds a pod of this node by namespace and name */
    public CriStreams(NodeConfig config, Cri cri, UsageMeter meter, NodeEndpoints endpoints, BiFunction<String, String, Optional<Pod>> pods) {
        this.config = config;
        this.cri = cri;
        this.meter = meter;
        this.endpoints = endpoints;
        this.pods = pods;
    }

    @Override
    public void logs(String namespace, String pod, String container, LogOptions options, LogSink out) throws NodeStreamException {
        try {
            Pod of = pod(namespace, pod);
            List<Container> runs = runs(of, container);
            if (options.previous()) {
                Container last = runs.stream().skip(1).findFirst().or(() -> runs.stream().filter(r -> r.getState() == ContainerState.CONTAINER_EXITED && restarting(of, container)).findFirst())
                        .orElseThrow(() -> new NodeStreamException(400, "previous terminated container \"" + container + "\" in pod \"" + pod + "\" not found"));
                send(of, last, options, out);
            } else {
                send(of, runs.stream().findFirst().orElseThrow(() -> new NodeStreamException(400, "container \"" + container + "\" in pod \"" + pod + "\" is waiting to start: " + waitingReason(of, container))), options, out);
            }
        } catch (StatusRuntimeException e) {
            throw down(e);
        }
    }

    private void send(Pod pod, Container run, LogOptions options, LogSink out) throws NodeStreamException {
        Path file = Names.logFolder(config.podLogsDir(), pod.getMetadata().getNamespace(), pod.getMetadata().getName(), pod.getMetadata().getUid())
                .resolve(run.getMetadata().getName()).resolve(run.getMetadata().getAttempt() + ".log");
        try {
            new ContainerLog(file, options, out).send(() -> running(run.getId()));
        } catch (IOException e) {
            throw new NodeStreamException(500, "the log of container \"" + run.getMetadata().getName() + "\" can't be read: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean running(String id) {
        try {
            ContainerState state = cri.runtime().containerStatus(ContainerStatusRequest.newBuilder().setContainerId(id).build()).getStatus().getState();
            return state == ContainerState.CONTAINER_RUNNING || state == ContainerState.CONTAINER_CREATED;
        } catch (StatusRuntimeException e) {
            return e.getStatus().getCode() == io.grpc.Status.Code.UNAVAILABLE; // containerd is being restarted; the container lives on
        }
    }

    @Override
    public StreamSession exec(ExecOptions o, StreamListener listener) throws NodeStreamException {
        try {
            String id = runningContainer(o);
            String url = cri.runtime().exec(ExecRequest.newBuilder().setContainerId(id).addAllCmd(o.command()).setTty(o.tty()).setStdin(o.stdin()).setStdout(o.stdout())
                    .setStderr(o.stderr() && !o.tty()).build()).getUrl();
            return new RemoteCommand(URI.create(url), o.stdin(), o.stdout(), o.stderr(), o.tty(), listener);
        } catch (StatusRuntimeException e) {
            throw down(e);
        } catch (IOException e) {
            throw new NodeStreamException(500, e.getMessage());
        }
    }

    @Override
    public StreamSession attach(ExecOptions o, StreamListener listener) throws NodeStreamException {
        try {
            String id = runningContainer(o);
            String url = cri.runtime().attach(AttachRequest.newBuilder().setContainerId(id).setTty(o.tty()).setStdin(o.stdin()).setStdout(o.stdout()).setStderr(o.stderr() && !o.tty()).build()).getUrl();
            return new RemoteCommand(URI.create(url), o.stdin(), o.stdout(), o.stderr(), o.tty(), listener);
        } catch (StatusRuntimeException e) {
            throw down(e);
        } catch (IOException e) {
            throw new NodeStreamException(500, e.getMessage());
        }
    }

    @Override
    public StreamSession portForward(String namespace, String pod, int port, StreamListener listener) throws NodeStreamException {
        try {
            Pod of = pod(namespace, pod);
            var filter = PodSandboxFilter.newBuilder().putLabelSelector(Names.POD_UID, of.getMetadata().getUid()).setState(PodSandboxStateValue.newBuilder().setState(PodSandboxState.SANDBOX_READY));
            String sandbox = cri.runtime().listPodSandbox(ListPodSandboxRequest.newBuilder().setFilter(filter).build()).getItemsList().stream().findFirst()
                    .orElseThrow(() -> new NodeStreamException(400, "pod \"" + pod + "\" is not running")).getId();
            String url = cri.runtime().portForward(PortForwardRequest.newBuilder().setPodSandboxId(sandbox).addPort(port).build()).getUrl();
            return new PortConnection(URI.create(url), port, listener);
        } catch (StatusRuntimeException e) {
            throw down(e);
        } catch (IOException e) {
            throw new NodeStreamException(500, e.getMessage());
        }
    }

    @Override
    public NodeDocument document(String path) throws NodeStreamException {
        try {
            return endpoints.document(path);
        } catch (StatusRuntimeException e) {
            throw down(e);
        } catch (IOException e) {
            throw new NodeStreamException(500, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeStreamException(503, "interrupted while measuring");
        }
    }

    @Override
    public NodeUsage usage() throws NodeStreamException {
        try {
            return meter.usage();
        } catch (StatusRuntimeException e) {
            throw down(e);
        } catch (IOException e) {
            throw new NodeStreamException(500, "the CPU counter of node " + config.nodeName() + " can't be read: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NodeStreamException(503, "node " + config.nodeName() + " was interrupted while it measured");
        }
    }

    private Pod pod(String namespace, String name) throws NodeStreamException {
        return pods.apply(namespace, name).orElseThrow(() -> new NodeStreamException(404, "pod \"" + name + "\" in namespace \"" + namespace + "\" is not on node " + config.nodeName()));
    }

    private String runningContainer(ExecOptions o) throws NodeStreamException {
        Pod pod = pod(o.namespace(), o.pod());
        List<Container> runs = runs(pod, o.container());
        if (runs.isEmpty()) throw new NodeStreamException(400, "container \"" + o.container() + "\" in pod \"" + o.pod() + "\" is waiting to start: " + waitingReason(pod, o.container()));
        if (runs.getFirst().getState() != ContainerState.CONTAINER_RUNNING) throw new NodeStreamException(400, "container \"" + o.container() + "\" in pod \"" + o.pod() + "\" is not running");
        return runs.getFirst().getId();
    }

    /** Newest first. */
    private List<Container> runs(Pod pod, String container) {
        var filter = ContainerFilter.newBuilder().putLabelSelector(Names.POD_UID, pod.getMetadata().getUid()).putLabelSelector(Names.CONTAINER_NAME, container);
        return cri.runtime().listContainers(ListContainersRequest.newBuilder().setFilter(filter).build()).getContainersList().stream()
                .filter(c -> c.getState() != ContainerState.CONTAINER_CREATED).sorted(Comparator.comparingLong(Container::getCreatedAt).reversed()).toList();
    }

    private static Optional<ContainerStatus> status(Pod pod, String container) {
        if (pod.getStatus() == null) return Optional.empty();
        return Stream.of(pod.getStatus().getContainerStatuses(), pod.getStatus().getInitContainerStatuses(), pod.getStatus().getEphemeralContainerStatuses()).flatMap(List::stream).filter(s -> s.getName().equals(container)).findFirst();
    }

    private static boolean restarting(Pod pod, String container) { return status(pod, container).filter(s -> s.getState() != null && s.getState().getWaiting() != null).isPresent(); }

    private static String waitingReason(Pod pod, String container) {
        return status(pod, container).filter(s -> s.getState() != null && s.getState().getWaiting() != null)
                .map(s -> s.getState().getWaiting().getMessage() == null ? s.getState().getWaiting().getReason() : s.getState().getWaiting().getMessage()).orElse("ContainerCreating");
    }

    private static NodeStreamException down(StatusRuntimeException e) { return new NodeStreamException(500, "container runtime: " + e.getStatus().getDescription()); }
}
