package io.skerry.controllers.gc;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.DeletionPropagation;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.skerry.controllers.gc.Graph.Item;
import io.skerry.controllers.runtime.Controller;
import io.skerry.controllers.runtime.Deletion;
import io.skerry.controllers.runtime.Discovery;
import io.skerry.controllers.runtime.Discovery.ApiType;
import io.skerry.controllers.runtime.Informers;
import io.skerry.controllers.runtime.Key;
import io.skerry.controllers.runtime.Patch;
import io.skerry.controllers.runtime.Requeue;
import io.skerry.controllers.runtime.Watch;
import io.skerry.machinery.json.Json;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Deletes objects whose owners are gone, and carries out foreground and orphan deletion (metadata.ownerReferences and the finalizers
 * {@code foregroundDeletion} and {@code orphan}), over every type the server serves.
 * Keys are uids; the key {@link #TYPES} means "look again which types there are", and {@link #BEGIN} "begin once they are listed".
 */
public final class GarbageCollector implements Controller {
    private static final Logger LOG = System.getLogger(GarbageCollector.class.getName());
    private static final Key TYPES = new Key("types", "");
    private static final Key BEGIN = new Key("begin", "");
    /** How long a type that cannot be listed holds up the others: a conversion webhook may be gone for good. As upstream's initialSyncTimeout. */
    private static final Duration FIRST_LISTS = Duration.ofSeconds(30);
    private static final Duration TYPES_AGAIN = Duration.ofMinutes(10);

    private final Informers informers;
    private final Graph graph = new Graph();
    private final Map<ApiType, Monitor> monitors = new ConcurrentHashMap<>();
    private final Duration firstLists;
    /** When the first lists are waited for no longer (System.nanoTime), null before they are asked for. */
    private volatile Long beginAt;
    private volatile boolean synced;
    private volatile Consumer<Key> queue;

    public GarbageCollector(Informers informers) {
        this(informers, FIRST_LISTS);
    }

    /** @param firstLists how long the first lists of all types are waited for */
    GarbageCollector(Informers informers, Duration firstLists) {
        this.informers = informers;
        this.firstLists = firstLists;
    }

    @Override public String name() { return "garbage-collector-controller"; }

    /** The monitors watch everything, CRDs too; a typed cache of those with their schemas would cost much and serve nothing. */
    @Override public List<Watch<?>> watches() { return List.of(); }

    @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(HasMetadata.class); }

    @Override public void sources(Consumer<Key> q) { queue = q; }

    @Override public List<Key> initialKeys() { return List.of(TYPES); }

    @Override public int concurrency() { return 10; }

    @Override public void stop() {
        monitors.values().forEach(Monitor::close);
    }

    @Override public void reconcile(Key key) throws Exception {
        if (key.equals(TYPES)) {
            watchTypes();
            return;
        }
        if (key.equals(BEGIN)) {
            begin();
            return;
        }
        Item item = graph.get(key.name());
        if (item == null || !synced) return;
        if (item.orphaning()) orphan(item);
        else if (item.deletingDependents()) finishForeground(item);
        else if (!item.deleting()) collect(item);
    }

    /** Starts a monitor for every new type and stops those of types that are no longer served. */
    private void watchTypes() throws Exception {
        Discovery.Found found = Discovery.discover(informers.client());
        Set<ApiType> wanted = new HashSet<>();
        for (ApiType t : found.types()) {
            // events.k8s.io and core events are the same objects, many, and never owned
            if (t.plural().equals("events")) continue;
            if (t.verbs().containsAll(List.of("list", "watch", "delete"))) wanted.add(t);
        }
        if (found.failures().isEmpty()) {
            for (ApiType t : Set.copyOf(monitors.keySet())) if (!wanted.contains(t)) {
                monitors.remove(t).close();
                graph.all().stream().filter(i -> i.type().equals(t)).forEach(i -> gone(i.uid()));
            }
        }
        List<Monitor> fresh = new ArrayList<>();
        for (ApiType t : wanted) monitors.computeIfAbsent(t, type -> {
            Monitor m = new Monitor(informers.client(), type, (before, after) -> changed(type, before, after));
            fresh.add(m);
            return m;
        });
        if (!synced) {
            if (beginAt == null) beginAt = System.nanoTime() + firstLists.toNanos();
            queue.accept(BEGIN);
            CompletableFuture.allOf(fresh.stream().map(m -> m.synced().toCompletableFuture()).toArray(CompletableFuture[]::new)).thenRun(() -> queue.accept(BEGIN));
        }
        Requeue.after(found.failures().isEmpty() ? TYPES_AGAIN : Duration.ofSeconds(30));
    }

    /** Once all types are listed an owner that is not in the graph is likely to be gone; where one lags, the server is asked. */
    private void begin() {
        if (synced) return;
        List<String> lagging = monitors.entrySet().stream().filter(m -> !m.getValue().isSynced()).map(m -> m.getKey().apiVersion() + " " + m.getKey().plural()).sorted().toList();
        Duration left = Duration.ofNanos(beginAt - System.nanoTime());
        if (!lagging.isEmpty() && left.isPositive()) {
            Requeue.after(left);
            return;
        }
        if (!lagging.isEmpty()) LOG.log(Level.WARNING, "the garbage collector begins, though these could not be listed yet: {0}", String.join(", ", lagging));
        synced = true;
        LOG.log(Level.DEBUG, "garbage collector watches {0} types", monitors.size());
        for (Item i : graph.all()) if (needsLook(i)) queue.accept(new Key("", i.uid()));
    }

    private boolean needsLook(Item i) {
        return i.orphaning() || i.deletingDependents() || graph.hasUnknownOwner(i)
            || i.owners().stream().map(o -> graph.get(o.getUid())).anyMatch(o -> o != null && o.deletingDependents());
    }

    private void changed(ApiType type, ObjectMeta before, ObjectMeta after) {
        if (type.plural().equals("customresourcedefinitions")) queue.accept(TYPES);
        if (after == null) {
            gone(before.getUid());
            return;
        }
        if (before != null && !before.getUid().equals(after.getUid())) gone(before.getUid());
        Item item = Item.of(type, after);
        Item was = graph.put(item);
        if (!synced) return;
        if (needsLook(item)) queue.accept(new Key("", item.uid()));
        // An owner in foreground deletion waits for fewer blocking dependents, and its dependents for it to be in that state.
        if (item.deletingDependents() && (was == null || !was.deletingDependents())) graph.dependentsOf(item.uid())
            .forEach(d -> queue.accept(new Key("", d.uid())));
        if (was != null && !was.owners().equals(item.owners())) was.owners().forEach(o -> wakeIfWaiting(o.getUid()));
    }

    private void gone(String uid) {
        Item was = graph.remove(uid);
        if (!synced) return;
        graph.dependentsOf(uid).forEach(d -> queue.accept(new Key("", d.uid())));
        if (was != null) was.owners().forEach(o -> wakeIfWaiting(o.getUid()));
    }

    private void wakeIfWaiting(String ownerUid) {
        Item owner = graph.get(ownerUid);
        if (owner != null && owner.deletingDependents()) queue.accept(new Key("", ownerUid));
    }

    private enum Owner { THERE, GONE, WAITING, UNKNOWN }

    /** Deletes the item if all its owners are gone; drops the references to those that are, if some are left. */
    private void collect(Item item) throws Exception {
        GenericKubernetesResource live = live(item);
        if (live == null || live.getMetadata().getDeletionTimestamp() != null) return;
        List<OwnerReference> owners = live.getMetadata().getOwnerReferences();
        if (owners.isEmpty()) return;
        List<OwnerReference> there = new ArrayList<>(), gone = new ArrayList<>(), waiting = new ArrayList<>();
        for (OwnerReference o : owners) switch (look(item, o)) {
            case THERE -> there.add(o);
            case GONE -> gone.add(o);
            case WAITING -> waiting.add(o);
            case UNKNOWN -> { return; } // its type cannot be asked for, so nothing can be concluded
        }
        if (!there.isEmpty()) {
            if (gone.isEmpty() && waiting.isEmpty()) return;
            gone.addAll(waiting);
            removeOwners(item, live, gone);
            return;
        }
        List<Item> dependents = graph.dependentsOf(item.uid());
        DeletionPropagation policy;
        if (!waiting.isEmpty() && !dependents.isEmpty()) {
            // A circle of objects that all wait for each other would never go; let this one's dependents stop blocking it.
            for (Item d : dependents) if (d.deletingDependents()) unblock(item);
            policy = DeletionPropagation.FOREGROUND;
        } else {
            policy = live.getMetadata().getFinalizers().contains(Graph.ORPHAN) ? DeletionPropagation.ORPHAN
                : live.getMetadata().getFinalizers().contains(Graph.FOREGROUND) ? DeletionPropagation.FOREGROUND : DeletionPropagation.BACKGROUND;
        }
        LOG.log(Level.DEBUG, "deletes {0}: its owners are gone", item);
        Deletion.delete(informers.client(), item.type().path(item.namespace(), item.name()), item.uid(), live.getMetadata().getResourceVersion(), policy, null);
    }

    private Owner look(Item item, OwnerReference o) {
        Item known = graph.get(o.getUid());
        if (known != null && known.type().kind().equals(o.getKind()) && (known.namespace().isEmpty() || known.namespace().equals(item.namespace()))) {
            return known.deletingDependents() ? Owner.WAITING : Owner.THERE;
        }
        String group = o.getApiVersion().contains("/") ? o.getApiVersion().substring(0, o.getApiVersion().indexOf('/')) : "";
        ApiType type = monitors.keySet().stream().filter(t -> t.group().equals(group) && t.kind().equals(o.getKind())).findFirst().orElse(null);
        if (type == null) return Owner.UNKNOWN;
        if (type.namespaced() && item.namespace().isEmpty()) {
            LOG.log(Level.WARNING, "{0} is cluster-scoped but names {1} \"{2}\" of some namespace as its owner; it is left alone", item, o.getKind(),
                o.getName());
            return Owner.UNKNOWN;
        }
        GenericKubernetesResource owner = (type.namespaced() ? type.of(informers.client()).inNamespace(item.namespace()).withName(o.getName())
            : type.of(informers.client()).withName(o.getName())).get();
        if (owner == null || !owner.getMetadata().getUid().equals(o.getUid())) return Owner.GONE;
        return owner.getMetadata().getDeletionTimestamp() != null
            && owner.getMetadata().getFinalizers().contains(Graph.FOREGROUND) ? Owner.WAITING : Owner.THERE;
    }

    /** Lets an owner in foreground deletion go when nothing that blocks it is left, and sees to it that what blocks it goes. */
    private void finishForeground(Item owner) throws Exception {
        List<Item> blocking = graph.dependentsOf(owner.uid()).stream().filter(d -> Boolean.TRUE.equals(d.owner(owner.uid()).getBlockOwnerDeletion())).toList();
        if (blocking.isEmpty()) removeFinalizer(owner, Graph.FOREGROUND);
        else for (Item d : graph.dependentsOf(owner.uid())) if (!d.deleting()) queue.accept(new Key("", d.uid()));
    }

    private void orphan(Item owner) throws Exception {
        for (Item d : graph.dependentsOf(owner.uid())) {
            GenericKubernetesResource live = live(d);
            if (live != null) removeOwners(d, live, live.getMetadata().getOwnerReferences().stream().filter(o -> o.getUid().equals(owner.uid())).toList());
        }
        removeFinalizer(owner, Graph.ORPHAN);
    }

    private void removeOwners(Item item, GenericKubernetesResource live, List<OwnerReference> remove) {
        if (remove.isEmpty()) return;
        var patch = Json.object();
        var metadata = patch.putObject("metadata").put("uid", item.uid()).put("resourceVersion", live.getMetadata().getResourceVersion());
        var left = metadata.putArray("ownerReferences");
        for (OwnerReference o : live.getMetadata().getOwnerReferences()) if (!remove.contains(o)) add(left, o, o.getBlockOwnerDeletion());
        merge(item, patch);
    }

    private static void add(ArrayNode owners, OwnerReference o, Boolean blockOwnerDeletion) {
        var n = owners.addObject().put("apiVersion", o.getApiVersion()).put("kind", o.getKind()).put("name", o.getName()).put("uid", o.getUid());
        if (o.getController() != null) n.put("controller", o.getController());
        if (blockOwnerDeletion != null) n.put("blockOwnerDeletion", blockOwnerDeletion);
    }

    private void unblock(Item item) {
        GenericKubernetesResource live = live(item);
        if (live == null) return;
        var patch = Json.object();
        var owners = patch.putObject("metadata").put("uid", item.uid()).put("resourceVersion", live.getMetadata().getResourceVersion())
            .putArray("ownerReferences");
        for (OwnerReference o : live.getMetadata().getOwnerReferences()) add(owners, o, false);
        merge(item, patch);
    }

    private void removeFinalizer(Item item, String finalizer) {
        GenericKubernetesResource live = live(item);
        if (live == null || !live.getMetadata().getFinalizers().contains(finalizer)) return;
        var patch = Json.object();
        var metadata = patch.putObject("metadata").put("uid", item.uid()).put("resourceVersion", live.getMetadata().getResourceVersion());
        var left = metadata.putArray("finalizers");
        for (String f : live.getMetadata().getFinalizers()) if (!f.equals(finalizer)) left.add(f);
        merge(item, patch);
    }

    private void merge(Item item, ObjectNode patch) {
        try {
            Patch.MERGE.send(informers.client(), item.type().path(item.namespace(), item.name()), patch);
        } catch (KubernetesClientException e) {
            if (e.getCode() != 404) throw e;
        }
    }

    /** The object as the server has it now, or null when it is gone or another one by then. */
    private GenericKubernetesResource live(Item item) {
        GenericKubernetesResource live = resource(item).get();
        return live == null || !live.getMetadata().getUid().equals(item.uid()) ? null : live;
    }

    private Resource<GenericKubernetesResource> resource(Item item) {
        var all = item.type().of(informers.client());
        return item.type().namespaced() ? all.inNamespace(item.namespace()).withName(item.name()) : all.withName(item.name());
    }
}
