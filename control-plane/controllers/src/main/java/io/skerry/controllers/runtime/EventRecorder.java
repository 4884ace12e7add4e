package io.skerry.controllers.runtime;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.api.model.ObjectReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.skerry.machinery.json.Json;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Writes core/v1 events, thinned out as client-go does it: the same event again raises the count of the first one; more than ten
 * different messages for one object and reason within ten minutes become one "(combined from similar events)"; and one object gets a
 * burst of 25 events, then one every five minutes. Recording never blocks the caller: events are sent by a thread that lives only while
 * there are any, and are dropped beyond 1000 waiting.
 */
public final class EventRecorder implements AutoCloseable {
    private static final Logger LOG = System.getLogger(EventRecorder.class.getName());
    private static final int REMEMBERED = 512, WAITING = 1000, SIMILAR = 10, BURST = 25;
    private static final long SIMILAR_WINDOW_SECONDS = 600, REFILL_SECONDS = 300;

    private record Occurrence(ObjectReference about, String type, String reason, String message, Instant at) {}

    private record Sent(String namespace, String name, int count) {}

    private static final class Similar {
        Instant last = Instant.EPOCH;
        final Set<String> messages = new HashSet<>();
    }

    private static final class Bucket {
        double tokens = BURST;
        Instant last;
    }

    private final KubernetesClient client;
    private final String component;
    private final String host;
    private final ArrayDeque<Occurrence> waiting = new ArrayDeque<>();
    private final Map<String, Sent> sent = remembering();
    private final Map<String, Similar> similar = remembering();
    private final Map<String, Bucket> buckets = remembering();
    private boolean sending;
    private boolean closed;

    /** @param component the events' source, such as {@code replicaset-controller} */
    public EventRecorder(KubernetesClient client, String component) {
        this(client, component, null);
    }

    /** @param host the node an event comes from, or null */
    public EventRecorder(KubernetesClient client, String component, String host) {
        this.client = client;
        this.component = component;
        this.host = host;
    }

    public void normal(HasMetadata about, String reason, String message) {
        record(reference(about), "Normal", reason, message);
    }

    public void warning(HasMetadata about, String reason, String message) {
        record(reference(about), "Warning", reason, message);
    }

    /** @param type Normal or Warning */
    public synchronized void record(ObjectReference about, String type, String reason, String message) {
        if (closed || waiting.size() >= WAITING) return;
        waiting.add(new Occurrence(about, type, reason, message.length() > 1024 ? message.substring(0, 1021) + "..." : message, Instant.now()));
        if (!sending) {
            sending = true;
            Thread.ofVirtual().name("events " + component).start(this::send);
        }
    }

    public static ObjectReference reference(HasMetadata object) {
        var m = object.getMetadata();
        return new ObjectReferenceBuilder().withApiVersion(object.getApiVersion()).withKind(object.getKind()).withNamespace(m.getNamespace())
            .withName(m.getName()).withUid(m.getUid()).withResourceVersion(m.getResourceVersion()).build();
    }

    private void send() {
        while (true) {
            Occurrence o;
            synchronized (this) {
                o = waiting.poll();
                if (o == null || closed) {
                    sending = false;
                    notifyAll();
                    return;
                }
            }
            try {
                send(o);
            } catch (RuntimeException e) {
                // An event is a help, never a reason to stop; its namespace may be going away, for example.
                LOG.log(Level.DEBUG, "event {0} of {1} {2} not written: {3}", o.reason, o.about.getKind(), o.about.getName(), e.getMessage());
            }
        }
    }

    private void send(Occurrence o) {
        String object = String.join("|", o.about.getKind(), nullToEmpty(o.about.getNamespace()), o.about.getName(), nullToEmpty(o.about.getUid()),
            nullToEmpty(o.about.getFieldPath()));
        String message = o.message;
        String group = object + "|" + o.type + "|" + o.reason;
        String same = group + "|" + message;
        Similar s = similar.computeIfAbsent(group, k -> new Similar());
        if (s.last.plusSeconds(SIMILAR_WINDOW_SECONDS).isBefore(o.at)) s.messages.clear();
        s.last = o.at;
        s.messages.add(message);
        if (s.messages.size() >= SIMILAR) {
            s.messages.remove(s.messages.iterator().next());
            same = group;
            message = "(combined from similar events): " + message;
        }
        if (!allowed(object, o.at)) return;

        String now = o.at.truncatedTo(ChronoUnit.SECONDS).toString();
        Sent before = sent.get(same);
        if (before != null) {
            var again = Json.object().put("count", before.count + 1).put("lastTimestamp", now).put("message", message);
            try {
                Patch.MERGE.send(client, "/api/v1/namespaces/" + before.namespace + "/events/" + before.name, again);
                sent.put(same, new Sent(before.namespace, before.name, before.count + 1));
                return;
            } catch (KubernetesClientException e) {
                if (e.getCode() != 404) throw e; // it has expired meanwhile
            }
        }
        String namespace = o.about.getNamespace() == null || o.about.getNamespace().isEmpty() ? "default" : o.about.getNamespace();
        String name = o.about.getName() + "." + Long.toHexString(o.at.getEpochSecond() * 1_000_000_000L + o.at.getNano());
        Event event = new EventBuilder().withNewMetadata().withName(name).withNamespace(namespace).endMetadata()
            .withInvolvedObject(o.about).withType(o.type).withReason(o.reason).withMessage(message)
            .withNewSource().withComponent(component).withHost(host).endSource()
            .withFirstTimestamp(now).withLastTimestamp(now).withCount(1)
            .withReportingComponent(component).withReportingInstance(nullToEmpty(host)).build();
        client.v1().events().inNamespace(namespace).resource(event).create();
        sent.put(same, new Sent(namespace, name, 1));
    }

    private boolean allowed(String object, Instant now) {
        Bucket b = buckets.computeIfAbsent(object, k -> new Bucket());
        if (b.last != null) b.tokens = Math.min(BURST, b.tokens + (now.toEpochMilli() - b.last.toEpochMilli()) / 1000.0 / REFILL_SECONDS);
        b.last = now;
        if (b.tokens < 1) return false;
        b.tokens--;
        return true;
    }

    private static String nullToEmpty(String s) {
        return s == null ? "" : s;
    }

    private static <V> Map<String, V> remembering() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            @Override protected boolean removeEldestEntry(Map.Entry<String, V> eldest) { return size() > REMEMBERED; }
        };
    }

    /** Drops what is not sent yet and waits up to two seconds for what is being sent. */
    @Override public synchronized void close() {
        closed = true;
        waiting.clear();
        long end = System.nanoTime() + 2_000_000_000L;
        try {
            for (long left; sending && (left = (end - System.nanoTime()) / 1_000_000) > 0; ) wait(left);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
