package io.skerry.scripts;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.pki.Pem;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Requests over TLS with the administrator's certificate, one after the other from each of some clients. */
final class ApiLoad implements AutoCloseable {
    private static final char[] NO_PASSWORD = {};

    private final String server;
    private final HttpClient client;

    /** @throws IOException when the certificates that the server made cannot be read */
    ApiLoad(Layout layout) throws IOException {
        server = layout.apiUrl();
        Path tls = layout.dataDir().resolve("server/tls");
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", Pem.certificate(tls.resolve("server-ca.crt")));
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("admin", Pem.ecKey(tls.resolve("client-admin.key")), NO_PASSWORD,
                    new Certificate[] {Pem.certificate(tls.resolve("client-admin.crt")), Pem.certificate(tls.resolve("client-ca.crt"))});
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, NO_PASSWORD);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            client = HttpClient.newBuilder().sslContext(context).build();
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot use the credentials in " + tls + ": " + e.getMessage(), e);
        }
    }

    /** Requests a second over the given time; every answer must be a success. */
    double perSecond(int clients, Duration time, LongFunction<HttpRequest> request) throws IOException, InterruptedException {
        AtomicLong next = new AtomicLong();
        AtomicLong done = new AtomicLong();
        List<String> failures = Collections.synchronizedList(new ArrayList<>());
        long start = System.nanoTime();
        long end = start + time.toNanos();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < clients; i++) {
            threads.add(Thread.startVirtualThread(() -> {
                try {
                    while (System.nanoTime() < end && failures.isEmpty()) {
                        HttpResponse<byte[]> answer = client.send(request.apply(next.getAndIncrement()), HttpResponse.BodyHandlers.ofByteArray());
                        if (answer.statusCode() / 100 != 2) {
                            failures.add(answer.statusCode() + " " + new String(answer.body()));
                        }
                        done.incrementAndGet();
                    }
                } catch (IOException e) {
                    failures.add(e.toString());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw new IOException("a request failed: " + failures.getFirst());
        }
        return done.get() / ((System.nanoTime() - start) / 1e9);
    }

    HttpRequest get(String path) {
        return HttpRequest.newBuilder(URI.create(server + path)).header("Accept", "application/json").build();
    }

    HttpRequest post(String path, JsonNode body) {
        return HttpRequest.newBuilder(URI.create(server + path)).header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(body))).build();
    }

    @Override
    public void close() {
        client.close();
    }
}
