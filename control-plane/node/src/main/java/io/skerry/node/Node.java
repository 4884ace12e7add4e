package io.skerry.node;

import io.fabric8.kubernetes.api.model.Pod;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.controllers.runtime.Informers;
import io.skerry.node.api.ClientPodApi;
import io.skerry.node.containerd.ContainerdSupervisor;
import io.skerry.node.cri.Cri;
import io.skerry.node.endpoints.NodeEndpoints;
import io.skerry.node.endpoints.PodFigures;
import io.skerry.node.host.Cgroups;
import io.skerry.node.host.Host;
import io.skerry.node.images.ImageFolder;
import io.skerry.node.images.ImageStore;
import io.skerry.node.images.PauseImage;
import io.skerry.node.pods.PodParts;
import io.skerry.node.pods.PodWorkers;
import io.skerry.node.stats.UsageMeter;
import io.skerry.node.status.NodeHeartbeat;
import io.skerry.node.status.NodeStatuses;
import io.skerry.node.streams.CriStreams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The kubelet's work on one machine: keeps containerd up, registers the node, runs its pods and serves their streams. */
public final class Node implements AutoCloseable {
    private final NodeConfig config;
    private final Informers informers;
    private final ContainerdSupervisor containerd;
    private final CriStreams streams;
    private final Cri cri;
    private volatile PodWorkers workers;
    private ImageFolder folder;
    private ClientPodApi api;
    private NodeHeartbeat heartbeat;
    private Housekeeping housekeeping;

    public Node(NodeConfig config, Informers informers) {
        this.config = config;
        this.informers = informers;
        cri = new Cri(config.containerdSocket());
        containerd = new ContainerdSupervisor(config, Host.detect(), cri::reconnect);
        Cgroups cgroups = new Cgroups(config.cgroupRoot(), Host.detect());
        UsageMeter meter = new UsageMeter(cri, cgroups);
        var endpoints = new NodeEndpoints(config, Host.detect(), meter, new PodFigures(config, cri, cgroups), this::pods);
        streams = new CriStreams(config, cri, meter, endpoints, (namespace, name) -> workers == null ? Optional.empty() : workers.find(namespace, name));
    }

    /**
     * Returns when containerd serves, the node is registered and pods are being worked on; waits for the API server.
     *
     * @throws IOException in one line, what keeps the node from starting and what to do about it
     */
    public void start() throws IOException, InterruptedException {
        Host host = Host.detect();
        // secrets of pods, and logins of registries, are for root alone
        for (Path secret : List.of(config.podsDir(), config.registryConfigDir())) Files.setAttribute(Files.createDirectories(secret), "unix:mode", 0700);
        containerd.start();
        var images = new ImageStore(config, cri);
        importPauseImage(images);
        folder = new ImageFolder(config, images, () -> {
            if (workers != null) workers.wakeAll();
        });
        folder.start();

        heartbeat = new NodeHeartbeat(config, informers.client(), new NodeStatuses(config, cri, images));
        heartbeat.start();
        api = new ClientPodApi(informers, config.nodeName());
        var parts = PodParts.of(config, cri, images, api, new Cgroups(config.cgroupRoot(), host));
        workers = new PodWorkers(parts);
        api.attach(workers);
        informers.podsOnNode(config.nodeName()).forEach(workers::apply);
        workers.removeOrphans();
        informers.subscribe(Pod.class, this::changed);
        housekeeping = new Housekeeping(config, containerd, cri, images, folder::pinned);
    }

    /** Logs, exec, attach and port-forward of this node's pods, and what they use. */
    public NodeStreams streams() { return streams; }

    /** In JSON, as the API has them. */
    private List<String> pods() {
        return workers == null ? List.of() : workers.pods().stream().map(informers.client().getKubernetesSerialization()::asJson).toList();
    }

    private void changed(Pod before, Pod after) {
        if (before != null && here(before) && (after == null || !before.getMetadata().getUid().equals(after.getMetadata().getUid()))) workers.gone(before);
        if (after != null && here(after)) workers.apply(after);
    }

    private boolean here(Pod pod) { return config.nodeName().equals(pod.getSpec().getNodeName()); }

    private void importPauseImage(ImageStore images) throws IOException {
        Path archive = Files.createDirectories(config.agentDir()).resolve("pause.tar");
        if (images.find(PauseImage.NAME).isPresent() && !images.interrupted(archive)) return;
        try {
            PauseImage.write(archive);
            images.importArchive(archive);
        } finally {
            Files.deleteIfExists(archive);
        }
    }

    /** Stops working on pods and stops containerd. The pods' containers keep running and the next start adopts them. */
    @Override
    public void close() {
        if (housekeeping != null) housekeeping.close();
        if (heartbeat != null) heartbeat.close();
        if (workers != null) workers.close();
        if (api != null) api.close();
        try {
            if (folder != null) folder.close();
        } catch (IOException e) {
            System.getLogger(Node.class.getName()).log(System.Logger.Level.DEBUG, "images folder", e);
        }
        cri.close();
        containerd.close();
    }
}
