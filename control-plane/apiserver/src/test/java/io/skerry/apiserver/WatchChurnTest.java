package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Watches under churn: who follows from a list, whatever the selector and however often the watch breaks, ends with what a list says. */
@Timeout(60)
class WatchChurnTest {
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";

    @TempDir
    Path folder;

    /** A client that lists, watches, and after each break watches again from the last revision it saw. */
    private static final class Follower implements ApiResponse {
        final TestServer api;
        final String selector;
        final Map<String, String> seen = new ConcurrentHashMap<>();
        final CompletableFuture<Void> ended = new CompletableFuture<>();
        volatile CompletableFuture<Void> closed = new CompletableFuture<>();
        volatile String revision;
        volatile boolean stopped;
        volatile String problem = "";
        int relists;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Follower(TestServer api, String selector) {
            this.api = api;
            this.selector = selector;
            Thread.ofVirtual().start(() -> {
                try {
                    while (!stopped) {
                        if (revision == null) {
                            list();
                        }
                        closed = new CompletableFuture<>();
                        line.reset();
                        api.server.handle(new ApiRequest("GET", MAPS, "watch=true&allowWatchBookmarks=true&resourceVersion=" + revision + selector, h -> null,
                                ApiRequest.NO_BODY, TestServer.ADMIN), this);
                    }
                } catch (RuntimeException e) {
                    problem = e.toString();
                }
                ended.complete(null);
            });
        }

        private void list() {
            relists++;
            JsonNode list = api.send("GET", MAPS + "?limit=1000" + selector, null).body();
            seen.clear();
            list.path("items").forEach(item -> seen.put(Json.text(item, "metadata", "name"), Json.text(item, "data", "n")));
            revision = Json.text(list, "metadata", "resourceVersion");
        }

        void breakOff() {
            closed.complete(null);
        }

        @Override
        public void start(int status, Map<String, String> headers) {
        }

        @Override
        public void write(byte[] bytes) {
            line.writeBytes(bytes);
            if (bytes[bytes.length - 1] == '\n' && !isClosed()) {
                event(Json.parse(line.toByteArray()));
                line.reset();
            }
        }

        private void event(JsonNode event) {
            JsonNode object = event.path("object");
            String name = Json.text(object, "metadata", "name");
            String type = Json.text(event, "type");
            if (type.equals("ERROR")) {
                revision = null;
                breakOff();
                return;
            }
            long now = Long.parseLong(Json.text(object, "metadata", "resourceVersion"));
            if (now < Long.parseLong(revision)) {
                problem = "revision " + now + " came after " + revision;
            }
            revision = Long.toString(now);
            switch (type) {
                case "ADDED" -> {
                    if (seen.put(name, Json.text(object, "data", "n")) != null) {
                        problem = name + " was added twice";
                    }
                }
                case "MODIFIED" -> {
                    if (seen.put(name, Json.text(object, "data", "n")) == null) {
                        problem = name + " was modified but never added";
                    }
                }
                case "DELETED" -> {
                    if (seen.remove(name) == null) {
                        problem = name + " was deleted but not there";
                    }
                }
                default -> { }
            }
        }

        @Override
        public void end() {
        }

        @Override
        public CompletionStage<Void> closed() {
            return closed;
        }

        @Override
        public boolean isClosed() {
            return closed.isDone();
        }
    }

    @Test
    void followersAgreeWithTheList() throws Exception {
        try (TestServer api = new TestServer(folder)) {
            List<Follower> followers = new ArrayList<>();
            for (String selector : List.of("", "&labelSelector=side%3Dleft", "&labelSelector=side%21%3Dleft", "&labelSelector=side%3Dleft", "&fieldSelector=metadata.name%3Dm3")) {
                followers.add(new Follower(api, selector));
            }
            AtomicLong slowest = new AtomicLong();
            List<Thread> writers = new ArrayList<>();
            for (int w = 0; w < 6; w++) {
                int seed = w;
                writers.add(Thread.ofVirtual().start(() -> churn(api, new Random(seed), slowest)));
            }
            Random random = new Random(7);
            for (Thread writer : writers) {
                while (!writer.join(Duration.ofMillis(20))) {
                    followers.get(random.nextInt(3)).breakOff();
                }
            }
            for (Follower follower : followers) {
                Map<String, String> wanted = new TreeMap<>();
                api.send("GET", MAPS + "?limit=0" + follower.selector, null).body().path("items")
                        .forEach(item -> wanted.put(Json.text(item, "metadata", "name"), Json.text(item, "data", "n")));
                Awaitility.await().atMost(Duration.ofSeconds(10)).untilAsserted(() -> assertThat(new TreeMap<>(follower.seen)).isEqualTo(wanted));
                assertThat(follower.problem).isEmpty();
                follower.stopped = true;
                follower.breakOff();
                follower.ended.join();
            }
            assertThat(Duration.ofNanos(slowest.get())).as("a write never waits for anything but its own commit").isLessThan(Duration.ofSeconds(10));
        }
    }

    private static void churn(TestServer api, Random random, AtomicLong slowest) {
        for (int i = 0; i < 150; i++) {
            String name = "m" + random.nextInt(12);
            long begun = System.nanoTime();
            switch (random.nextInt(4)) {
                case 0 -> api.send("DELETE", MAPS + "/" + name, null);
                case 1 -> api.send("POST", MAPS, "{metadata: {name: " + name + ", labels: {side: left}}, data: {n: '" + i + "'}}");
                default -> api.patch(MAPS + "/" + name, "application/merge-patch+json",
                        "{\"metadata\":{\"labels\":{\"side\":\"" + (random.nextBoolean() ? "left" : "right") + "\"}},\"data\":{\"n\":\"" + i + "\"}}");
            }
            slowest.accumulateAndGet(System.nanoTime() - begun, Math::max);
        }
    }
}
