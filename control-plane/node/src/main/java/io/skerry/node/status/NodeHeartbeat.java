package io.skerry.node.status;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.NodeCondition;
import io.fabric8.kubernetes.api.model.NodeStatus;
import io.fabric8.kubernetes.api.model.NodeStatusBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.grpc.StatusRuntimeException;
import io.skerry.node.NodeConfig;
import io.skerry.node.host.Machine;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Registers the node and keeps saying that it lives: a Lease every 10 s; the Node's status only when it has changed, or every 5 minutes
 * (KEP-589), which spares the datastore.
 */
public final class NodeHeartbeat implements AutoCloseable {
    private static final Logger LOG = System.getLogger(NodeHeartbeat.class.getName());
    private static final Duration PERIOD = Duration.ofSeconds(10), STATUS_PERIOD = Duration.ofMinutes(5), BECOMING_READY = Duration.ofMillis(200), HURRY = Duration.ofMinutes(1);
    private static final int LEASE_SECONDS = 40;
    private static final String LEASES = "kube-node-lease";

    private final NodeConfig config;
    private final KubernetesClient client;
    private final NodeStatuses statuses;
    private final Instant started = Instant.now();
    private Instant statusWritten = Instant.MIN;
    private Node node;
    private Lease lease;
    private Thread thread;

    public NodeHeartbeat(NodeConfig config, KubernetesClient client, NodeStatuses statuses) {
        this.config = config;
        this.client = client;
        this.statuses = statuses;
    }

    /** Registers, waiting for the API server if need be, and starts the heartbeat. */
    public void start() throws InterruptedException {
        boolean told = false;
        for (long pause = 100; ; pause = Math.min(pause * 2, 5000)) {
            try {
                register();
                updateStatus();
                break;
            } catch (KubernetesClientException | StatusRuntimeException | IOException e) {
                LOG.log(told ? Level.DEBUG : Level.INFO, "node {0} is not registered yet: {1}", config.nodeName(), e.getMessage());
                told = true;
                Thread.sleep(pause);
            }
        }
        thread = Thread.ofVirtual().name("node-heartbeat").start(this::beat);
    }

    private void beat() {
        try {
            while (true) {
                try {
                    renewLease();
                    updateStatus();
                } catch (KubernetesClientException | StatusRuntimeException | IOException e) {
                    LOG.log(Level.DEBUG, "heartbeat: {0}", e.getMessage());
                }
                // the network's configuration comes up beside us, and there is no event for the runtime having read it
                boolean hurry = !ready(node) && Duration.between(started, Instant.now()).compareTo(HURRY) < 0;
                Thread.sleep(hurry ? BECOMING_READY : PERIOD);
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "no more heartbeats");
        }
    }

    private void register() throws IOException {
        Node existing = client.nodes().withName(config.nodeName()).get();
        if (existing == null) {
            Node fresh = new NodeBuilder().withNewMetadata().withName(config.nodeName()).withLabels(labels(Map.of())).endMetadata()
                    .withNewSpec().withProviderID("skerry://" + config.nodeName()).withTaints(config.taints()).withPodCIDR(config.podCidr()).withPodCIDRs(config.podCidr()).endSpec()
                    .withStatus(statuses.now(null)).build();
            node = client.nodes().resource(fresh).create();
            LOG.log(Level.INFO, "registered node {0}", config.nodeName());
            return;
        }
        Map<String, String> wanted = labels(existing.getMetadata().getLabels());
        boolean cidrMissing = existing.getSpec().getPodCIDR() == null || existing.getSpec().getPodCIDR().isEmpty();
        if (!wanted.equals(existing.getMetadata().getLabels()) || cidrMissing) {
            var edited = new NodeBuilder(existing).editMetadata().withLabels(wanted).endMetadata();
            if (cidrMissing) edited.editSpec().withPodCIDR(config.podCidr()).withPodCIDRs(config.podCidr()).endSpec();
            existing = client.nodes().resource(edited.build()).update();
        }
        node = existing;
    }

    /** Ours over what is there; labels that others have put on the node stay. */
    private Map<String, String> labels(Map<String, String> existing) {
        var labels = new TreeMap<>(existing == null ? Map.of() : existing);
        labels.put("kubernetes.io/hostname", config.nodeName());
        for (String prefix : List.of("kubernetes.io/", "beta.kubernetes.io/")) {
            labels.put(prefix + "os", "linux");
            labels.put(prefix + "arch", Machine.architecture());
        }
        labels.putAll(config.labels());
        return new HashMap<>(labels);
    }

    private void updateStatus() throws IOException {
        NodeStatus now = statuses.now(node.getStatus());
        boolean due = Duration.between(statusWritten, Instant.now()).compareTo(STATUS_PERIOD) >= 0;
        if (!due && timeless(now).equals(timeless(node.getStatus()))) return;
        try {
            node = client.nodes().resource(new NodeBuilder(node).withStatus(now).build()).updateStatus();
            statusWritten = Instant.now();
        } catch (KubernetesClientException e) {
            if (e.getCode() != 409 && e.getCode() != 404) throw e;
            register(); // changed, or deleted by somebody: a node that lives is there
            node = client.nodes().resource(new NodeBuilder(node).withStatus(statuses.now(node.getStatus())).build()).updateStatus();
            statusWritten = Instant.now();
        }
    }

    private static NodeStatus timeless(NodeStatus status) {
        if (status == null) return new NodeStatus();
        List<NodeCondition> conditions = status.getConditions().stream().map(c -> new NodeCondition(null, c.getLastTransitionTime(), c.getMessage(), c.getReason(), c.getStatus(), c.getType())).toList();
        return new NodeStatusBuilder(status).withConditions(conditions).build();
    }

    private static boolean ready(Node node) {
        return node.getStatus() != null && node.getStatus().getConditions().stream().anyMatch(c -> c.getType().equals("Ready") && "True".equals(c.getStatus()));
    }

    private void renewLease() {
        var now = ZonedDateTime.now(ZoneOffset.UTC);
        if (lease == null) lease = client.leases().inNamespace(LEASES).withName(config.nodeName()).get();
        if (lease == null) {
            lease = client.leases().inNamespace(LEASES).resource(new LeaseBuilder().withNewMetadata().withName(config.nodeName()).withNamespace(LEASES)
                    .addNewOwnerReference().withApiVersion("v1").withKind("Node").withName(config.nodeName()).withUid(node.getMetadata().getUid()).endOwnerReference().endMetadata()
                    .withNewSpec().withHolderIdentity(config.nodeName()).withLeaseDurationSeconds(LEASE_SECONDS).withRenewTime(now).endSpec().build()).create();
            return;
        }
        try {
            lease = client.leases().inNamespace(LEASES).resource(new LeaseBuilder(lease).editSpec().withHolderIdentity(config.nodeName()).withLeaseDurationSeconds(LEASE_SECONDS).withRenewTime(now).endSpec().build()).update();
        } catch (KubernetesClientException e) {
            lease = null; // read it anew next time
            throw e;
        }
    }

    @Override
    public void close() {
        if (thread != null) thread.interrupt();
    }
}
