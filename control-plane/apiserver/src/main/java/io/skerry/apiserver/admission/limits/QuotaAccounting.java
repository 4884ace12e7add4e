package io.skerry.apiserver.admission.limits;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.cache.CacheEvent;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.registry.ServedType;
import io.skerry.apiserver.registry.Store;
import io.skerry.datastore.RevisionMismatchException;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.quantity.Quantity;
import io.skerry.machinery.quota.QuotaUsage;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Keeps status.used of ResourceQuotas true: counts a namespace anew soon after something in it came or went. It lives in the server and not
 * among the controllers because here all objects are in the watch cache already; a client would need an informer for each type that is
 * counted. Without quotas it only waits for one.
 *
 * <p>A count never takes back what this server has booked for an object that is still being written. What another server on the datastore has booked it cannot
 * tell from what was never written: there only the time that changes are gathered for stands between, and a write that takes longer may exceed a quota.
 */
public final class QuotaAccounting implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(QuotaAccounting.class.getName());
    /** Changes of a namespace are gathered for as long; also longer than a write of another server takes that was booked already. */
    private static final long GATHER_MILLIS = 500;
    /** How long after a booking it is looked whether what was booked came: a write that failed would otherwise be counted for ever. */
    private static final long BOOKED_MILLIS = 5_000;
    private static final long WAIT_MILLIS = 3_600_000;

    private final Store store;
    private final ServedType quotas;
    private final QuotaBookings bookings;
    private final Watcher definitions;
    private final Map<String, Watcher> followed = new ConcurrentHashMap<>();
    private final Set<String> dirty = ConcurrentHashMap.newKeySet();
    private final Set<String> booked = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /** @param quotas the type ResourceQuota */
    public QuotaAccounting(Store store, ServedType quotas, QuotaBookings bookings) {
        this.store = store;
        this.quotas = quotas;
        this.bookings = bookings;
        ResourceCache.Following following = store.cache(quotas).follow("");
        definitions = following.watcher();
        following.snapshot().entries().forEach(quota -> {
            attempt(quota, () -> consider(quota));
            // what an earlier process booked last may never have been written
            changed(quota.namespace());
        });
        Thread.ofVirtual().name("quota-accounting").start(() -> drain(definitions, event -> {
            if (!event.deleted()) {
                consider(event.current());
            }
        }));
    }

    private interface OnEvent {
        void accept(CacheEvent event);
    }

    private static void drain(Watcher watcher, OnEvent action) {
        try {
            while (!watcher.isEnded()) {
                CacheEvent event = watcher.poll(WAIT_MILLIS);
                if (event != null) {
                    attempt(event.current(), () -> action.accept(event));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What is wrong with one object is not to end the accounting of the others. */
    private static void attempt(Entry entry, Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "what the quotas say is used does not follow " + entry.key() + ": " + e.getMessage(), e);
        }
    }

    private void consider(Entry entry) {
        ObjectNode quota = entry.tree();
        QuotaState.hard(quota).keySet().stream().map(QuotaUsage::resourceOf).filter(r -> !r.isEmpty()).forEach(this::follow);
        if (Json.at(quota, "spec", "hard").equals(Json.at(quota, "status", "hard"))) {
            countAfter(BOOKED_MILLIS, booked, entry.namespace());
        } else {
            changed(entry.namespace());
        }
    }

    private void follow(String resource) {
        followed.computeIfAbsent(resource, r -> {
            Watcher watcher = store.cache().resource(QuotaState.group(r), QuotaState.plural(r)).follow("").watcher();
            Thread.ofVirtual().name("quota-accounting " + r).start(() -> drain(watcher, event -> {
                String namespace = event.current().namespace();
                if (!store.cache(quotas).snapshot(namespace + "/").entries().isEmpty()) {
                    changed(namespace);
                }
            }));
            return watcher;
        });
    }

    private void changed(String namespace) {
        countAfter(GATHER_MILLIS, dirty, namespace);
    }

    /** @param waiting the namespaces whose count is to come already */
    private void countAfter(long millis, Set<String> waiting, String namespace) {
        if (!closed && waiting.add(namespace)) {
            Thread.ofVirtual().name("quota-accounting in " + namespace).start(() -> {
                try {
                    Thread.sleep(millis);
                    waiting.remove(namespace);
                    count(namespace);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                } catch (RuntimeException e) {
                    if (!closed) {
                        LOG.log(System.Logger.Level.WARNING, "what the quotas of namespace " + namespace + " say is used could not be written: " + e.getMessage(), e);
                    }
                }
            });
        }
    }

    private void count(String namespace) {
        for (Entry entry : store.cache(quotas).snapshot(namespace + "/").entries()) {
            ObjectNode quota = entry.tree();
            ObjectNode before = quota.deepCopy();
            // in this order: what the quota says was booked before, and what is pending no more is in the count
            Map<String, Quantity> said = QuotaState.said(quota);
            Map<String, Quantity> pending = bookings.of(entry.key());
            Map<String, Quantity> counted = QuotaState.count(quota, store);
            Map<String, Quantity> used = new TreeMap<>(counted);
            pending.forEach((name, amount) -> used.computeIfPresent(name, (n, count) -> kept(count, amount, said.getOrDefault(name, count))));
            QuotaState.set(quota, used);
            if (!used.equals(counted)) {
                changed(namespace);
            }
            if (!closed && !quota.equals(before)) {
                try {
                    store.update(quotas, entry.key(), quota, entry.revision());
                } catch (RevisionMismatchException e) {
                    changed(namespace);
                }
            }
        }
    }

    /** The count with what is booked beside it, but no more than the quota says: some of it may be in the count by now. */
    private static Quantity kept(Quantity count, Quantity pending, Quantity said) {
        Quantity most = count.add(pending);
        Quantity held = said.compareTo(most) < 0 ? said : most;
        return held.compareTo(count) > 0 ? held : count;
    }

    @Override
    public void close() {
        closed = true;
        definitions.close();
        followed.values().forEach(Watcher::close);
    }
}
