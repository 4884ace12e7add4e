package io.skerry.datastore;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.awaitility.Awaitility;

/** A watch's sink that keeps what it saw. */
final class Collector implements Consumer<Event> {

    private final List<Event> events = new ArrayList<>();

    @Override
    public synchronized void accept(Event event) {
        events.add(event);
    }

    synchronized List<Event> list() {
        return List.copyOf(events);
    }

    List<String> summary() {
        return list().stream().map(event -> event.type() + " " + event.key() + "=" + text(event.current()) + " @" + event.revision()
            + " prev " + text(event.previousOrNull())).toList();
    }

    /** Waits for so many events. */
    void await(int count) {
        Awaitility.await().atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(2)).until(() -> list().size() >= count);
    }

    private static String text(Stored stored) {
        return stored == null ? null : new String(stored.value(), StandardCharsets.UTF_8);
    }
}
