package io.skerry.scripts;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.pki.Pem;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
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

    ApiLoad(Path kubeconfig) throws IOException {
        JsonNode config = Yaml.parseAll(Files.readString(kubeconfig), kubeconfig.toString()).getFirst().root();
        server = config.at("/clusters/0/cluster/server").asText();
        try {
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry("ca", certificates(config.at("/clusters/0/cluster/certificate-authority-data"))[0]);
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            Path key = Files.createTempFile("bench", ".key");
            Files.write(key, Base64.getDecoder().decode(config.at("/users/0/user/client-key-data").asText()));
            KeyStore own = KeyStore.getInstance("PKCS12");
            own.load(null, null);
            own.setKeyEntry("admin", Pem.ecKey(key), NO_PASSWORD, certificates(config.at("/users/0/user/client-certificate-data")));
            Files.delete(key);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(own, NO_PASSWORD);
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
            client = HttpClient.newBuilder().sslContext(tls).build();
        } catch (GeneralSecurityException e) {
            throw new IOException("cannot use the credentials in " + kubeconfig + ": " + e.getMessage(), e);
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

    private static Certificate[] certificates(JsonNode base64) throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509")
                .generateCertificates(new ByteArrayInputStream(Base64.getDecoder().decode(base64.asText()))).toArray(Certificate[]::new);
    }
}
