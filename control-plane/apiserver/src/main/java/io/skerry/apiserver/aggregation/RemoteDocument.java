package io.skerry.apiserver.aggregation;

import io.skerry.apiserver.User;
import io.skerry.apiserver.proxy.Exchange;
import io.skerry.apiserver.proxy.RemoteHeaders;
import io.skerry.apiserver.webhook.WebhookException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.CRC32C;

/**
 * One document of another server, kept with its tag. It is asked for when somebody wants it, by one at a time, and no oftener than every few seconds;
 * while it has not changed it is not sent again (RFC 9110, section 13.1.2). What came last stays when the server fails.
 */
final class RemoteDocument<T> {
    private static final System.Logger LOG = System.getLogger(RemoteDocument.class.getName());
    private static final User USER = new User("system:aggregator", User.AUTHENTICATED);
    private static final Duration TIMEOUT = Duration.ofSeconds(20);
    private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();
    /** KubeVirt's, the largest that is known, has 2 MB. */
    private static final int MAX_BYTES = 16 << 20;

    private final RemoteClient client;
    private final RemoteApi api;
    private final String path;
    private final Reader<T> reader;
    private Kept<T> kept;
    private boolean asked;
    private long askedAt;
    private String askedVersion = "";
    private CompletableFuture<Void> underway;

    /** What is kept of a document. */
    interface Reader<T> {
        /** @throws IllegalArgumentException when it is not what it should be */
        T read(byte[] bytes);
    }

    /** @param tag the server's ETag; when it gives none, one made of the content */
    record Kept<T>(String tag, T content) {
    }

    RemoteDocument(RemoteClient client, RemoteApi api, String path, Reader<T> reader) {
        this.client = client;
        this.api = api;
        this.path = path;
        this.reader = reader;
    }

    /**
     * Begins to look for a newer one, when it is time to.
     *
     * @param version what is known of its version from elsewhere, or "": when that changes, it is time
     */
    synchronized void refresh(String version) {
        if (underway != null || asked && version.equals(askedVersion) && System.nanoTime() - askedAt < FRESH_NANOS) {
            return;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        underway = done;
        Kept<T> present = kept;
        Thread.ofVirtual().name("openapi " + api.name()).start(() -> {
            Kept<T> found = present;
            try {
                found = download(present);
            } catch (WebhookException | IOException | RuntimeException e) {
                LOG.log(System.Logger.Level.INFO, "The server of APIService {0} does not give {1}: {2}", api.name(), path, e.getMessage());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } finally {
                finished(found, version);
                done.complete(null);
            }
        });
    }

    private synchronized void finished(Kept<T> found, String version) {
        kept = found;
        asked = true;
        askedAt = System.nanoTime();
        askedVersion = version;
        underway = null;
    }

    private Kept<T> download(Kept<T> present) throws WebhookException, IOException, InterruptedException {
        List<Map.Entry<String, String>> headers = new ArrayList<>(RemoteHeaders.of(USER));
        headers.add(Map.entry("Accept", "application/json"));
        if (present != null) {
            headers.add(Map.entry("If-None-Match", present.tag()));
        }
        try (Exchange exchange = client.send(api, "GET", path, headers, new byte[0], TIMEOUT)) {
            if (exchange.status() == 304 && present != null) {
                return present;
            }
            if (exchange.status() == 404) {
                return null;
            }
            if (exchange.status() != 200) {
                throw new IOException("bad status " + exchange.status());
            }
            byte[] bytes = exchange.body(MAX_BYTES, TIMEOUT);
            String tag = exchange.header("ETag");
            return new Kept<>(tag == null ? "\"" + sum(bytes) + "\"" : tag, reader.read(bytes));
        }
    }

    /** In hexadecimal digits. */
    static String sum(byte[] bytes) {
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        return Long.toHexString(sum.getValue()).toUpperCase(Locale.ROOT);
    }

    /**
     * The newest that came, after a refresh.
     *
     * @param deadline of {@link System#nanoTime}: until then a refresh that is under way is waited for
     * @return null when there is none
     */
    Kept<T> get(long deadline) {
        CompletableFuture<Void> waited;
        synchronized (this) {
            waited = underway;
        }
        if (waited != null) {
            try {
                waited.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
            } catch (TimeoutException | ExecutionException e) {
                LOG.log(System.Logger.Level.DEBUG, "{0} of {1} is not waited for any longer", path, api.name());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        synchronized (this) {
            return kept;
        }
    }
}
