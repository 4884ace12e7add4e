package io.skerry.gitops.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.skerry.gitops.fleet.FleetRepository;
import io.skerry.gitops.journal.ObjectKey;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayOutputStream;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Knows the health of the objects that carry the agent's label, from one watch a type; and, while there are HelmCharts, that of the
 * workloads of Helm releases, which carry Helm's label.
 */
final class ClusterWatch implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(ClusterWatch.class.getName());
    private static final String APPLIED = FleetRepository.TARGET_LABEL;
    private static final String RELEASED = "app.kubernetes.io/managed-by=Helm";
    private static final List<String> WORKLOADS = List.of("Deployment", "StatefulSet", "DaemonSet");

    /** What is known of an object: enough for its health and to notice that somebody else changed it. */
    record Seen(Health health, long generation, String resourceVersion, String release) {}

    /** What one watch is for. */
    private record Subject(Api.Type type, String kind, String selector) {}

    /** Called on a watch's thread, after {@link #health} says so. */
    interface Listener {

        /** @param spec whether more than an object's status may have changed */
        void changed(boolean spec);
    }

    /** An object by group and kind, whatever version it is looked at in. */
    record ObjectId(String group, String kind, String namespace, String name) {

        static ObjectId of(ObjectKey key) {
            return new ObjectId(key.group(), key.kind(), key.namespace(), key.name());
        }

        static ObjectId of(JsonNode object) {
            return of(ObjectKey.of(object, false));
        }
    }

    private final Api api;
    private final Listener listener;
    private final Map<ObjectId, Seen> objects = new ConcurrentHashMap<>();
    private final Map<Subject, Loop> loops = new HashMap<>();

    ClusterWatch(Api api, Listener listener) {
        this.api = api;
        this.listener = listener;
    }

    /** Watches objects of just these types; those that are watched already go on. */
    synchronized void watch(Map<Api.Type, String> kinds) {
        Set<Subject> wanted = new HashSet<>();
        kinds.forEach((type, kind) -> wanted.add(new Subject(type, kind, APPLIED)));
        if (kinds.containsValue("HelmChart")) {
            for (String kind : WORKLOADS) wanted.add(new Subject(new Api.Type("apps/v1", kind.toLowerCase(Locale.ROOT) + "s", true), kind, RELEASED));
        }
        loops.entrySet().removeIf(entry -> {
            boolean gone = !wanted.contains(entry.getKey());
            if (gone) entry.getValue().stop();
            return gone;
        });
        wanted.forEach(subject -> loops.computeIfAbsent(subject, Loop::new));
    }

    /** Whether every watched type was listed, so that an object not known is not there. */
    synchronized boolean complete() {
        return loops.values().stream().allMatch(loop -> loop.listed);
    }

    Health health(ObjectKey key) {
        Seen seen = objects.get(ObjectId.of(key));
        return seen == null ? Health.NOT_FOUND : seen.health();
    }

    /** Health of a Helm release's workloads together. */
    Health release(String namespace, String name) {
        String release = namespace + "/" + name;
        for (Map.Entry<ObjectId, Seen> object : objects.entrySet()) {
            Health health = object.getValue().health();
            if (object.getValue().release().equals(release) && !health.healthy()) {
                return new Health(health.state(), object.getKey().kind() + " " + object.getKey().name() + ": " + health.message());
            }
        }
        return Health.CURRENT;
    }

    /** Takes over what an apply answered, which is newer than what the watch brought so far. */
    void applied(JsonNode object) {
        objects.merge(ObjectId.of(object), seen(object), (old, now) -> newer(now, old) ? now : old);
    }

    private static boolean newer(Seen a, Seen b) {
        try {
            return Long.parseUnsignedLong(a.resourceVersion()) >= Long.parseUnsignedLong(b.resourceVersion());
        } catch (NumberFormatException e) {
            return true;
        }
    }

    private static Seen seen(JsonNode object) {
        return new Seen(Health.of(object), Json.at(object, "metadata", "generation").asLong(0), Json.text(object, "metadata", "resourceVersion"), release(object));
    }

    /** "namespace/name" of the Helm release that an object belongs to; "" for others. */
    private static String release(JsonNode object) {
        String name = Json.text(object, "metadata", "annotations", "meta.helm.sh/release-name");
        return name.isEmpty() ? "" : Json.text(object, "metadata", "annotations", "meta.helm.sh/release-namespace") + "/" + name;
    }

    private void put(JsonNode object) {
        ObjectId id = ObjectId.of(object);
        Seen now = seen(object);
        Seen old = objects.get(id);
        if (old != null && !newer(now, old)) return;
        objects.put(id, now);
        if (old != null && old.resourceVersion().equals(now.resourceVersion())) return;
        // Kinds without a generation have no status worth the name but for pods and namespaces.
        boolean counted = now.generation() > 0;
        boolean ours = object.at("/metadata/labels").has(APPLIED);
        boolean spec = ours && old != null && (counted ? now.generation() != old.generation() : !Set.of("Pod", "Namespace", "PersistentVolumeClaim", "PersistentVolume", "Service").contains(id.kind()));
        listener.changed(spec);
    }

    private void remove(ObjectId id) {
        Seen old = objects.remove(id);
        if (old != null) listener.changed(old.release().isEmpty());
    }

    @Override
    public synchronized void close() {
        loops.values().forEach(Loop::stop);
        loops.clear();
    }

    /** List, then watch from there; again from the start whenever the watch ends in an error. */
    private final class Loop {

        private final Api.Type type;
        private final String kind;
        private final String selector;
        private final Set<ObjectId> mine = ConcurrentHashMap.newKeySet();
        private final Thread thread;
        private volatile AsyncBody body;
        private volatile boolean stopped;
        private volatile boolean listed;

        Loop(Subject subject) {
            type = subject.type();
            kind = subject.kind();
            selector = subject.selector();
            this.thread = Thread.ofVirtual().name("gitops-watch-" + type.plural()).start(this::run);
        }

        void stop() {
            stopped = true;
            thread.interrupt();
            AsyncBody open = body;
            if (open != null) open.cancel();
        }

        private void run() {
            long pause = 100;
            while (!stopped) {
                try {
                    String version = list();
                    pause = 100;
                    while (!stopped && !version.isEmpty()) version = watch(version);
                } catch (InterruptedException e) {
                    return;
                } catch (Exception e) {
                    if (stopped) return;
                    LOG.log(Level.DEBUG, "Watching {0} failed: {1}", type.plural(), e.getMessage());
                }
                try {
                    Thread.sleep(pause + ThreadLocalRandom.current().nextLong(pause / 2));
                } catch (InterruptedException e) {
                    return;
                }
                pause = Math.min(pause * 2, 30_000);
            }
        }

        private String list() throws ApiException {
            JsonNode list = api.list(type, "", selector);
            Set<ObjectId> there = new HashSet<>();
            for (JsonNode item : list.path("items")) {
                // Items of a list need not say what they are.
                if (item instanceof ObjectNode object) object.put("apiVersion", type.apiVersion()).put("kind", kind);
                there.add(ObjectId.of(item));
                mine.add(ObjectId.of(item));
                put(item);
            }
            for (ObjectId id : List.copyOf(mine)) {
                if (!there.contains(id)) {
                    mine.remove(id);
                    remove(id);
                }
            }
            if (!listed) {
                listed = true;
                listener.changed(false);
            }
            return Json.text(list, "metadata", "resourceVersion");
        }

        /** @return the version to go on from, "" when it has to be listed anew */
        private String watch(String from) throws Exception {
            String[] version = {from};
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            String uri = api.base() + type.path("") + "?watch=true&allowWatchBookmarks=true&labelSelector=" + Api.encode(selector) + "&resourceVersion=" + Api.encode(from);
            CompletableFuture<HttpResponse<AsyncBody>> sent = api.http().consumeBytes(api.http().newHttpRequestBuilder().uri(uri).header("Accept", "application/json").forStreaming().build(), (buffers, async) -> {
                for (ByteBuffer buffer : buffers) {
                    while (buffer.hasRemaining()) {
                        byte b = buffer.get();
                        if (b != '\n') {
                            line.write(b);
                        } else if (line.size() > 0) {
                            version[0] = event(Json.parse(line.toByteArray()), version[0]);
                            line.reset();
                        }
                    }
                }
                async.consume();
            });
            HttpResponse<AsyncBody> response = sent.get();
            body = response.body();
            if (stopped) {
                body.cancel();
                return "";
            }
            body.consume();
            if (response.code() >= 300) {
                body.cancel();
                return "";
            }
            body.done().get();
            return version[0];
        }

        private String event(JsonNode event, String version) {
            JsonNode object = event.path("object");
            switch (Json.text(event, "type")) {
                case "ADDED", "MODIFIED" -> {
                    mine.add(ObjectId.of(object));
                    put(object);
                }
                case "DELETED" -> {
                    mine.remove(ObjectId.of(object));
                    remove(ObjectId.of(object));
                }
                case "BOOKMARK" -> {}
                default -> {
                    return "";
                }
            }
            return version.isEmpty() ? "" : Json.text(object, "metadata", "resourceVersion");
        }
    }
}
