package io.skerry.apiserver.verbs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiResponse;
import io.skerry.apiserver.cache.CacheEvent;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.ResourceCache;
import io.skerry.apiserver.cache.Watcher;
import io.skerry.apiserver.registry.Call;
import io.skerry.apiserver.registry.Store;
import io.skerry.apiserver.response.Accepted;
import io.skerry.apiserver.response.Responder;
import io.skerry.apiserver.response.View;
import io.skerry.apiserver.response.Views;
import io.skerry.apiserver.status.ApiException;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * GET with watch: changes as a stream of JSON events, one a line. An object that starts or stops to match the selectors is ADDED or
 * DELETED for this watcher.
 */
public final class WatchVerb {
    private static final long BOOKMARK_MILLIS = 60_000;
    private static final long MIN_SECONDS = 1_800;
    private static final byte[] LINE_END = "}\n".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] ADDED = head("ADDED");
    private static final byte[] MODIFIED = head("MODIFIED");
    private static final byte[] DELETED = head("DELETED");
    private static final byte[] BOOKMARK = head("BOOKMARK");
    private static final byte[] ERROR = head("ERROR");

    private final Store store;
    private final ReadVerbs read;
    private final Set<Watcher> open = ConcurrentHashMap.newKeySet();

    public WatchVerb(Store store, ReadVerbs read) {
        this.store = store;
        this.read = read;
    }

    private static byte[] head(String type) {
        return ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.US_ASCII);
    }

    /** Ends all running watches, so that a server can stop. */
    public void close() {
        open.forEach(Watcher::close);
    }

    public void watch(Call call, ApiResponse response) {
        View view = Accepted.ofWatch(call).view();
        Selection selection = Selection.of(call);
        boolean bookmarks = call.query().flag("allowWatchBookmarks");
        boolean initialEvents = call.query().flag("sendInitialEvents");
        checkOptions(call, bookmarks, initialEvents);
        Long seconds = call.query().number("timeoutSeconds");
        long end = System.nanoTime() + Duration.ofSeconds(seconds != null && seconds > 0 ? seconds
                : MIN_SECONDS + ThreadLocalRandom.current().nextLong(MIN_SECONDS)).toNanos();
        long from = ReadVerbs.revision(call.query().get("resourceVersion"));
        ResourceCache cache = store.cache(call.type());
        Stream stream = new Stream(call, view, response);
        Watcher watcher;
        // as a list: whoever names no revision is to see what any server has written; one this server has not reached is another server's, or a lost one's
        read.awaitRevision(call.query().get("resourceVersion"));
        if (from == 0 || initialEvents) {
            ResourceCache.Following following = cache.follow(selection.prefix());
            watcher = following.watcher();
            boolean skip = call.query().get("sendInitialEvents").equals("false");
            register(watcher, response);
            stream.start();
            if (!skip) {
                following.snapshot().entries().stream().filter(selection::matches).forEach(entry -> stream.send(ADDED, entry));
            }
            if (initialEvents && bookmarks) {
                stream.bookmark(following.snapshot().revision(), true);
            }
        } else {
            try {
                watcher = cache.watch(selection.prefix(), from);
            } catch (ResourceCache.TooOldException e) {
                // as upstream: the watch starts, and its first event is the error
                stream.start();
                stream.error(ApiException.expired(e.getMessage()));
                response.end();
                return;
            }
            register(watcher, response);
            stream.start();
        }
        try (watcher) {
            follow(watcher, selection, stream, response, bookmarks, end);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(watcher);
        }
        response.end();
    }

    private void register(Watcher watcher, ApiResponse response) {
        open.add(watcher);
        response.closed().thenRun(watcher::close);
    }

    private static void follow(Watcher watcher, Selection selection, Stream stream, ApiResponse response, boolean bookmarks, long end)
            throws InterruptedException {
        stream.flush();
        long nextBookmark = System.nanoTime() + Duration.ofMillis(BOOKMARK_MILLIS).toNanos();
        while (!response.isClosed()) {
            CacheEvent event = watcher.poll(0);
            if (event == null) {
                stream.flush();
                long now = System.nanoTime();
                long until = bookmarks ? Math.min(end, nextBookmark) : end;
                event = watcher.poll(Math.max(0, (until - now) / 1_000_000));
            }
            if (event != null) {
                stream.send(event, selection);
                continue;
            }
            if (watcher.isEnded()) {
                return;
            }
            long now = System.nanoTime();
            boolean over = now >= end;
            if (bookmarks && (over || now >= nextBookmark)) {
                long progress = watcher.progress();
                if (progress >= 0) {
                    stream.bookmark(progress, false);
                    stream.flush();
                }
                nextBookmark = now + Duration.ofMillis(BOOKMARK_MILLIS).toNanos();
            }
            if (over) {
                return;
            }
        }
    }

    private static void checkOptions(Call call, boolean bookmarks, boolean initialEvents) {
        String match = call.query().get("resourceVersionMatch");
        if (call.query().has("sendInitialEvents") && !match.equals("NotOlderThan")) {
            throw ReadVerbs.invalidOptions("resourceVersionMatch", "FieldValueForbidden",
                    "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan");
        }
        if (!call.query().has("sendInitialEvents") && !match.isEmpty()) {
            throw ReadVerbs.invalidOptions("resourceVersionMatch", "FieldValueForbidden",
                    "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided");
        }
        if (initialEvents && !bookmarks) {
            throw ReadVerbs.invalidOptions("sendInitialEvents", "FieldValueForbidden",
                    "Forbidden: sendInitialEvents requires allowWatchBookmarks to be set");
        }
    }

    /** The events of one watch in its client's form. */
    private final class Stream {
        private final Call call;
        private final View view;
        private final ApiResponse response;
        private boolean headersSent;

        Stream(Call call, View view, ApiResponse response) {
            this.call = call;
            this.view = view;
            this.response = response;
        }

        void start() {
            response.start(200, Responder.headers(List.of()));
            response.flush();
        }

        void flush() {
            response.flush();
        }

        void send(CacheEvent event, Selection selection) {
            boolean before = event.previous() != null && selection.matches(event.previous());
            boolean now = !event.deleted() && selection.matches(event.current());
            if (now) {
                send(before ? MODIFIED : ADDED, event.current());
            } else if (before) {
                // the state that matched last, at the revision of the change that ended it
                send(DELETED, event.deleted() ? event.current() : event.previous().at(event.revision()));
            }
        }

        void send(byte[] head, Entry entry) {
            response.write(head);
            response.write(view == View.OBJECT ? store.bytes(call.type(), entry) : Json.bytes(transformed(store.tree(call.type(), entry))));
            response.write(LINE_END);
        }

        private ObjectNode transformed(ObjectNode object) {
            ObjectNode shown = Views.object(call, view, object);
            if (view == View.TABLE) {
                if (headersSent) {
                    shown.putNull("columnDefinitions");
                }
                headersSent = true;
            }
            return shown;
        }

        void bookmark(long revision, boolean endOfInitialEvents) {
            ObjectNode object = Json.object().put("kind", call.type().kind()).put("apiVersion", call.type().type().apiVersion());
            ObjectNode metadata = object.putObject("metadata").put("resourceVersion", Long.toString(revision)).putNull("creationTimestamp");
            if (endOfInitialEvents) {
                metadata.putObject("annotations").put("k8s.io/initial-events-end", "true");
            }
            response.write(BOOKMARK);
            response.write(Json.bytes(view == View.OBJECT ? object : bookmarkIn(object)));
            response.write(LINE_END);
        }

        private ObjectNode bookmarkIn(ObjectNode object) {
            if (view == View.METADATA) {
                return Views.metadata(object);
            }
            // no row would make sense: upstream sends a table without one
            ObjectNode table = Json.object().put("kind", "Table").put("apiVersion", "meta.k8s.io/v1");
            table.set("metadata", object.get("metadata"));
            table.putNull("columnDefinitions");
            table.putArray("rows");
            return table;
        }

        void error(ApiException failure) {
            response.write(ERROR);
            response.write(Json.bytes(failure.status()));
            response.write(LINE_END);
        }
    }
}
