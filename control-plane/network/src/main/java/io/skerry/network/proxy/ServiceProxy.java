package io.skerry.network.proxy;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.skerry.controllers.runtime.Informers;
import io.skerry.network.Commands;
import io.skerry.network.NetworkConfig;
import io.skerry.network.NetworkException;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * kube-proxy's work in one nftables table: ClusterIPs, node ports, external IPs, session affinity, traffic policies; and
 * the pods' host ports. Changes of Services, EndpointSlices and pods with host ports wake it; what changed goes to the kernel in one transaction, so there is never
 * half a ruleset. The rules stay when it is closed: connections survive a restart of skerry.
 */
public final class ServiceProxy implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ServiceProxy.class.getName());
    /** A rollout changes many objects in a row; so long it waits for more of them. */
    private static final long SETTLE_MILLIS = 20;
    private static final long MAX_BACKOFF_SECONDS = 30;
    /** How often to look whether the table is still there: a reload of the host's firewall may flush it, and nothing tells. */
    private static final long CHECK_SECONDS = 60;

    private final Informers informers;
    private final NetworkConfig config;
    private final Commands commands;
    private final StaleFlows staleFlows;
    private final long checkSeconds;
    private final Semaphore changed = new Semaphore(0);
    private Thread thread;
    private volatile boolean closed;
    // Of the thread that syncs
    private Ruleset applied;
    private List<ServicePort> appliedPorts = List.of();

    public ServiceProxy(Informers informers, NetworkConfig config) {
        this(informers, config, CHECK_SECONDS);
    }

    ServiceProxy(Informers informers, NetworkConfig config, long checkSeconds) {
        this.checkSeconds = checkSeconds;
        this.informers = informers;
        this.config = config;
        this.commands = new Commands(config.commandPrefix());
        this.staleFlows = new StaleFlows(commands);
    }

    /**
     * Writes the table for the services there are, then keeps it up to date.
     *
     * @throws NetworkException when nftables cannot be used
     */
    public void start() {
        informers.start(List.of(Service.class, EndpointSlice.class, Pod.class));
        sync();
        informers.subscribe(Service.class, (before, after) -> changed.release());
        informers.subscribe(EndpointSlice.class, (before, after) -> changed.release());
        informers.subscribe(Pod.class, (before, after) -> {
            if (HostPort.wants(before) || HostPort.wants(after)) {
                changed.release();
            }
        });
        thread = Thread.ofVirtual().name("service-proxy").start(this::run);
    }

    /** Removes the table; services stop working on this node. */
    public static void removeRules(NetworkConfig config, Commands commands) {
        commands.feed(NftScript.remove(config), "nft", "-f", "-");
    }

    @Override
    public void close() {
        closed = true;
        if (thread != null) {
            thread.interrupt();
        }
    }

    private void run() {
        long backoff = 0;
        while (!closed) {
            try {
                if (changed.tryAcquire(backoff == 0 ? checkSeconds : backoff, TimeUnit.SECONDS)) {
                    Thread.sleep(SETTLE_MILLIS);
                    changed.drainPermits();
                } else if (backoff == 0) {
                    if (commands.attempt("", "nft", "list", "chain", "ip", config.proxyTable(), "dispatch").exit() == 0) {
                        continue;
                    }
                    LOG.log(Level.WARNING, "The service rules are gone, writing them again: something has flushed nftables");
                    applied = null;
                }
                sync();
                backoff = 0;
            } catch (InterruptedException e) {
                return; // closed
            } catch (RuntimeException e) {
                if (!closed) {
                    applied = null; // somebody may have changed the table: write all of it next time
                    backoff = Math.min(MAX_BACKOFF_SECONDS, Math.max(1, backoff * 2));
                    LOG.log(Level.WARNING, "Service rules could not be written, trying again in {0} s: {1}", backoff, e.getMessage());
                }
            }
        }
    }

    private void sync() {
        List<ServicePort> ports = ServicePorts.of(informers.list(Service.class), informers.list(EndpointSlice.class), config.nodeName());
        List<HostPort> hostPorts = HostPort.of(informers.podsOnNode(config.nodeName()));
        Ruleset wanted = Ruleset.of(ports, hostPorts, config);
        String script = applied == null ? NftScript.whole(wanted, config) : NftScript.difference(applied, wanted, config);
        if (!script.isEmpty()) {
            commands.feed(script, "nft", "-f", "-");
        }
        applied = wanted;
        List<ServicePort> flows = Stream.concat(ports.stream(), hostPorts.stream().map(HostPort::asNodePort)).toList();
        staleFlows.forget(appliedPorts, flows);
        appliedPorts = flows;
    }
}
