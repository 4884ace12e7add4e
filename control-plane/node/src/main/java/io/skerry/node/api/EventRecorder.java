package io.skerry.node.api;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.api.model.ObjectReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;

/** Writes events beside the work they tell of. A repeated one is counted up, not written anew; when too many wait, new ones are dropped. */
final class EventRecorder implements AutoCloseable {
    private static final Logger LOG = System.getLogger(EventRecorder.class.getName());
    private static final int MAX_WAITING = 1000, MAX_REMEMBERED = 1000;

    private record Note(ObjectReference object, String type, String reason, String message, Instant at) {
        String key() { return object.getUid() + "\0" + object.getFieldPath() + "\0" + type + "\0" + reason + "\0" + message; }
    }

    private final KubernetesClient client;
    private final String node;
    private final BlockingQueue<Note> queue = new ArrayBlockingQueue<>(MAX_WAITING);
    private final Map<String, Event> recent = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override protected boolean removeEldestEntry(Map.Entry<String, Event> eldest) { return size() > MAX_REMEMBERED; }
    };
    private final Thread writer;

    EventRecorder(KubernetesClient client, String node) {
        this.client = client;
        this.node = node;
        writer = Thread.ofVirtual().name("events").start(this::write);
    }

    void record(ObjectReference object, String type, String reason, String message) {
        String text = message == null ? "" : message.length() > 1024 ? message.substring(0, 1021) + "..." : message; // the API's limit
        if (!queue.offer(new Note(object, type, reason, text, Instant.now()))) LOG.log(Level.DEBUG, "event dropped: {0} {1}", reason, text);
    }

    private void write() {
        try {
            while (true) {
                Note note = queue.take();
                try {
                    write(note);
                } catch (KubernetesClientException e) {
                    LOG.log(Level.DEBUG, "event not written: {0}: {1}", note.reason, e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            LOG.log(Level.DEBUG, "no more events are written");
        }
    }

    private void write(Note note) {
        String at = note.at.truncatedTo(ChronoUnit.SECONDS).toString(), namespace = note.object.getNamespace() == null ? "default" : note.object.getNamespace();
        Event old = recent.get(note.key());
        if (old != null) {
            Event more = new EventBuilder(old).withCount(old.getCount() + 1).withLastTimestamp(at).editMetadata().withResourceVersion(null).endMetadata().build();
            try {
                recent.put(note.key(), client.v1().events().inNamespace(namespace).resource(more).update());
                return;
            } catch (KubernetesClientException e) {
                if (e.getCode() != 404) throw e; // too old: the API server has let it go
            }
        }
        Event fresh = new EventBuilder().withNewMetadata().withNamespace(namespace).withName(note.object.getName() + "." + Long.toHexString(note.at.getEpochSecond() * 1_000_000_000L + note.at.getNano()))
                .endMetadata().withInvolvedObject(note.object).withType(note.type).withReason(note.reason).withMessage(note.message).withCount(1).withFirstTimestamp(at).withLastTimestamp(at)
                .withNewSource().withComponent("kubelet").withHost(node).endSource().withReportingComponent("kubelet").withReportingInstance(node).build();
        recent.put(note.key(), client.v1().events().inNamespace(namespace).resource(fresh).create());
    }

    @Override
    public void close() { writer.interrupt(); }
}
