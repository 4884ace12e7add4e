package io.skerry.apiserver.bootstrap;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiHandler;
import io.skerry.apiserver.cache.CacheEvent;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.status.ApiException;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.Durability;
import io.skerry.datastore.KeyExistsException;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.datastore.Stored;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Which API servers of a shared datastore are alive, told by the endpoints of service default/kubernetes (upstream's pkg/controlplane/reconcilers/lease.go).
 * Each server renews a lease under its address. The datastore has no leases that end by themselves, so every server looks after those of the others, by its own clock
 * and from when it saw them: clocks that differ do no harm. One that has not been renewed is deleted, by whoever notices first.
 */
public final class ServerLeases implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ServerLeases.class.getName());
    /** No name of an API group, which has a dot: nothing serves these. */
    private static final String GROUP = "skerry";
    private static final String PLURAL = "masterleases";
    private static final Duration JOIN = Duration.ofSeconds(2);

    /**
     * @param ttl     how long a server that says nothing is waited for
     * @param renewal how often a server says that it lives
     * @param retry   after a failure
     */
    public record Times(Duration ttl, Duration renewal, Duration retry) {
        /** kube-apiserver's. */
        public static final Times UPSTREAM = new Times(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(1));
    }

    private final Datastore datastore;
    private final ResourceCache leases;
    private final KubernetesEndpoints endpoints;
    private final String address;
    private final Times times;
    private final Watcher watcher;
    private final Thread thread;
    /** When the lease of another server was seen to be renewed, by its address; {@link System#nanoTime}. */
    private final Map<String, Long> seen = new HashMap<>();
    private long renewAt = System.nanoTime();
    private boolean cutOff;
    private boolean failed;
    private volatile boolean closed;

    /**
     * @param address that clients in the cluster reach this server under
     * @param port    of every server
     */
    public ServerLeases(ApiHandler server, Datastore datastore, Store store, String address, int port, Times times) {
        this.datastore = datastore;
        this.leases = store.cache().resource(GROUP, PLURAL);
        this.endpoints = new KubernetesEndpoints(server, store, port);
        this.address = address;
        this.times = times;
        ResourceCache.Following following = leases.follow("");
        watcher = following.watcher();
        following.snapshot().entries().forEach(lease -> saw(lease.key()));
        thread = Thread.ofVirtual().name("server-leases").start(this::run);
    }

    /** Whether a server at an address said lately that it lives. */
    public static boolean isAlive(WatchCache cache, String address) {
        return cache.resource(GROUP, PLURAL).get(address) != null;
    }

    private static String key(String address) {
        return WatchCache.prefix(GROUP, PLURAL) + address;
    }

    private void saw(String server) {
        if (!server.equals(address)) {
            seen.put(server, System.nanoTime());
        }
    }

    private void run() {
        try {
            while (!closed && !watcher.isEnded()) {
                try {
                    if (renewAt <= System.nanoTime()) {
                        renew();
                        renewAt = System.nanoTime() + times.renewal().toNanos();
                    }
                    expire();
                    show();
                    failed = false;
                } catch (DatastoreException | IllegalStateException | ApiException e) {
                    if (!failed && !closed) {
                        LOG.log(System.Logger.Level.DEBUG, "the endpoints of service kubernetes are not up to date, which is tried again: {0}", e.getMessage());
                    }
                    failed = true;
                }
                await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Until something changes, a lease ends, or the time has come. */
    private void await() throws InterruptedException {
        long first = failed ? System.nanoTime() + times.retry().toNanos() : renewAt;
        for (long at : failed ? List.<Long>of() : seen.values()) {
            first = Math.min(first, at + times.ttl().toNanos());
        }
        CacheEvent event = watcher.poll(Math.max(1, (first - System.nanoTime()) / 1_000_000 + 1));
        for (; event != null; event = watcher.poll(0)) {
            String server = event.current().key();
            if (!event.deleted()) {
                saw(server);
            } else if (seen.remove(server) == null && server.equals(address)) {
                renewAt = System.nanoTime(); // taken for dead
            }
        }
    }

    private void renew() {
        try {
            write();
        } catch (DatastoreException e) {
            cutOff = true;
            throw e;
        }
        if (cutOff) {
            // nobody could be heard meanwhile: all others get their time anew
            seen.keySet().forEach(this::saw);
            cutOff = false;
        }
    }

    private void write() {
        ObjectNode lease = Bootstrap.object("coordination.k8s.io/v1", "Lease", address);
        lease.putObject("spec").put("holderIdentity", address).put("leaseDurationSeconds", times.ttl().toSeconds()).put("renewTime", Instant.now().toString());
        Stored present = datastore.get(key(address));
        try {
            if (present == null) {
                datastore.create(key(address), Entry.encode(lease), Durability.LAZY);
            } else {
                datastore.update(key(address), Entry.encode(lease), present.modRevision(), Durability.LAZY);
            }
        } catch (KeyExistsException | RevisionMismatchException e) {
            throw new IllegalStateException("another server wrote the lease of " + address + ", too: each needs an address of its own (--advertise-address)", e);
        }
    }

    private void expire() {
        long now = System.nanoTime();
        for (Map.Entry<String, Long> other : List.copyOf(seen.entrySet())) {
            if (now - other.getValue() < times.ttl().toNanos()) {
                continue;
            }
            Entry lease = leases.get(other.getKey());
            try {
                if (lease != null) {
                    datastore.delete(key(other.getKey()), lease.revision(), Durability.LAZY);
                    LOG.log(System.Logger.Level.WARNING, "the API server {0} has not been heard of for {1} s", other.getKey(), String.valueOf((now - other.getValue()) / 1_000_000_000));
                }
                seen.remove(other.getKey());
            } catch (RevisionMismatchException e) {
                // renewed, or deleted by another server: what tells of it is on its way
                saw(other.getKey());
            }
        }
    }

    private void show() {
        List<String> all = living(true);
        if (endpoints.show(all)) {
            LOG.log(System.Logger.Level.INFO, "Service kubernetes leads to {0}", String.join(", ", all));
        }
    }

    private List<String> living(boolean self) {
        TreeSet<String> all = new TreeSet<>(seen.keySet());
        if (self) {
            all.add(address);
        }
        return new ArrayList<>(all);
    }

    /** Takes the own address out of the endpoints at once, unless it is the only one: a service without any would not come back faster. */
    @Override
    public void close() {
        closed = true;
        watcher.close();
        try {
            if (!thread.join(JOIN)) {
                return; // the datastore is away: the others will notice
            }
            datastore.delete(key(address), 0, Durability.LAZY);
            if (!seen.isEmpty()) {
                endpoints.show(living(false));
            }
        } catch (DatastoreException | IllegalStateException | ApiException e) {
            LOG.log(System.Logger.Level.DEBUG, "could not leave the endpoints of service kubernetes: {0}", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
