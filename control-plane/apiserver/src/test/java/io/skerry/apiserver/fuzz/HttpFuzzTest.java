package io.skerry.apiserver.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.management.HotSpotDiagnosticMXBean;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.User;
import io.skerry.apiserver.http.ConnectionInfo;
import io.skerry.apiserver.http.HttpFrontend;
import io.skerry.apiserver.http.HttpFrontendConfig;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.stream.PodStreams;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.yaml.Yaml;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever clients send, the server answers what a client can act on, and forgets about it: no 5xx but 503 and 504, no hang, and afterwards no
 * thread, watch, connection or memory held.
 *
 * <p>{@code -Dskerry.seed} repeats a run: request n is the same for the same seed (which of several clients comes first is not).
 * {@code -Dskerry.fuzz.requests} makes it longer or shorter. What once failed goes into {@code regressions.http}, and is sent first.
 */
@Timeout(600)
class HttpFuzzTest {
    private static final int CLIENTS = 12;
    private static final int PATIENCE_MILLIS = 30_000;
    private static final int KEPT_FAILURES = 40;

    /** What kube-apiserver answers with 500, too. */
    private static final List<String> UPSTREAMS_OWN = List.of("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.");

    private final long seed = Long.getLong("skerry.seed", System.nanoTime());
    private final int requests = Integer.getInteger("skerry.fuzz.requests", 100_000);
    private final Vertx vertx = Vertx.vertx();
    private final Map<String, String> failures = new ConcurrentHashMap<>();
    private final Map<Integer, LongAdder> codes = new ConcurrentHashMap<>();
    private TestServer api;
    private HttpFrontend frontend;

    @TempDir
    Path folder;

    @BeforeEach
    void serve() throws IOException {
        api = new TestServer(folder);
        // credentials are looked at as always; who brings none is the administrator
        frontend = new HttpFrontend(vertx, new HttpFrontendConfig("127.0.0.1", 0, null, null, null), this::user, api.server, new PodStreams(api.server, node -> Optional.empty()));
        frontend.start();
    }

    private User user(ConnectionInfo info) {
        String authorization = info.headers().apply("Authorization");
        return authorization == null ? TestServer.ADMIN : api.server.authenticator().authenticate(null, authorization);
    }

    @AfterEach
    void stop() {
        frontend.close();
        api.close();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void answersWhateverComesAndHoldsOnToNothing() throws Exception {
        System.out.println("fuzzing with -Dskerry.seed=" + seed + ", " + requests + " requests");
        String samples = resource("samples.yaml");
        prepare(Grammar.of(api), samples);
        // once more, because the custom resource's definition is there now
        Grammar grammar = Grammar.of(api);
        prepare(grammar, samples);
        assertThat(grammar.resources()).hasSizeGreaterThan(100).anyMatch(resource -> resource.plural().equals("things"));
        RequestGenerator generator = new RequestGenerator(grammar, new ObjectGenerator(grammar, samples));
        int files = openFiles();
        replay();
        long begin = System.nanoTime();
        run(0, requests / 2, generator);
        long middle = heapAfterCollection();
        run(requests / 2, requests, generator);
        System.out.printf("%d requests in %d s, answers %s%n", requests, (System.nanoTime() - begin) / 1_000_000_000, new TreeMap<>(codes));
        assertThat(failures.values()).as("failures with -Dskerry.seed=" + seed).isEmpty();
        assertThat(codes.getOrDefault(200, new LongAdder()).sum()).as("requests that got through").isGreaterThan(requests / 10L);

        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(handlers()).as("requests and watches that did not end").isZero());
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(openFiles()).as("open files").isLessThanOrEqualTo(files + 8));
        long end = heapAfterCollection();
        System.out.printf("heap %d MB after the first half, %d MB after the second%n", middle >> 20, end >> 20);
        assertThat(end).as("heap in bytes").isLessThan(middle + (48 << 20));
        try (Http1Client client = new Http1Client(frontend.port())) {
            assertThat(client.send(get("/readyz"), PATIENCE_MILLIS, 0).code()).isEqualTo(200);
        }
    }

    @Test
    void seesAWatchThatIsNotEnded() throws Exception {
        Thread watch = Thread.ofVirtual().start(() -> {
            try (Http1Client client = new Http1Client(frontend.port())) {
                client.send(get("/api/v1/pods?watch=true"), PATIENCE_MILLIS, PATIENCE_MILLIS);
            } catch (TimeoutException e) {
                throw new IllegalStateException(e);
            }
        });
        Awaitility.await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> assertThat(handlers()).isEqualTo(1));
        frontend.close();
        watch.join();
    }

    private static FuzzRequest get(String target) {
        return new FuzzRequest(false, "GET", target, List.of(), FuzzRequest.NO_BODY, 100);
    }

    private static String resource(String name) throws IOException {
        try (InputStream in = HttpFuzzTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Puts the sample objects in place, so that requests by name find something. */
    private void prepare(Grammar grammar, String samples) {
        Yaml.parseAll(samples, "samples.yaml").forEach(document -> {
            ObjectNode object = (ObjectNode) document.root();
            grammar.resources().stream().filter(r -> r.subresource().isEmpty() && r.verbs().contains("get") && r.apiVersion().equals(Json.text(object, "apiVersion"))
                    && r.kind().equals(Json.text(object, "kind"))).forEach(resource -> {
                        String path = resource.prefix() + (resource.namespaced() ? "/namespaces/default/" : "/") + resource.plural();
                        DirectCall.Answer answer = DirectCall.send(api.server, TestServer.ADMIN, "POST", path, object);
                        assertThat(answer.code()).as(path + " " + answer.body()).isIn(201, 409);
                    });
        });
    }

    private void replay() throws Exception {
        try (Http1Client one = new Http1Client(frontend.port()); Http2Client two = new Http2Client(frontend.port())) {
            for (FuzzRequest request : FuzzRequest.parseAll(resource("regressions.http"))) {
                send(request, one, two, 20);
            }
        }
        assertThat(failures.values()).as("requests that failed before").isEmpty();
    }

    private void run(int from, int to, RequestGenerator generator) throws Exception {
        AtomicInteger next = new AtomicInteger(from);
        try (Http2Client two = new Http2Client(frontend.port())) {
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(Thread.ofVirtual().start(() -> {
                    try (Http1Client one = new Http1Client(frontend.port())) {
                        for (int n = next.getAndIncrement(); n < to && failures.size() < KEPT_FAILURES; n = next.getAndIncrement()) {
                            RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 1_000_003 + n);
                            send(generator.request(random), one, two, random.nextInt(1, 40));
                        }
                    } catch (RuntimeException e) {
                        failures.put(e.toString(), "the fuzzer itself: " + e + " " + Arrays.toString(e.getStackTrace()));
                    }
                }));
            }
            for (Thread client : clients) {
                client.join();
            }
        }
    }

    private void send(FuzzRequest request, Http1Client one, Http2Client two, int listenMillis) {
        String wrong;
        Answer answer = Answer.NONE;
        try {
            answer = request.http2() ? two.send(request, PATIENCE_MILLIS, listenMillis) : one.send(request, PATIENCE_MILLIS, listenMillis);
            codes.computeIfAbsent(answer.code(), code -> new LongAdder()).increment();
            wrong = wrong(answer);
        } catch (TimeoutException e) {
            wrong = e.getMessage();
        }
        if (wrong != null) {
            // one of a kind is enough
            failures.putIfAbsent(wrong.replaceAll("[0-9]+|\".*?\"", ""), wrong + "\n" + answer + "\n### " + wrong.lines().findFirst().orElse("") + "\n" + request.text());
        }
    }

    /** What an answer has that none may have; null when it is fine. */
    private static String wrong(Answer answer) {
        String text = answer.toString();
        if (answer.code() >= 500 && answer.code() != 503 && answer.code() != 504 && UPSTREAMS_OWN.stream().noneMatch(text::contains)) {
            return "answered " + answer;
        }
        if (!answer.json() || !answer.whole() || answer.body().length == 0) {
            return null;
        }
        try {
            JsonNode body = answer.code() >= 400 || answer.body().length < 20_000 ? Json.parse(answer.body()) : Json.object();
            if (answer.code() >= 400 && !(body.path("kind").asText().equals("Status") && body.path("code").asInt() == answer.code() && !body.path("message").asText().isEmpty())) {
                return "an error that is no Status of its code: " + answer;
            }
            return null;
        } catch (IllegalArgumentException e) {
            // events of a watch are one JSON value a line
            return text.contains("{\"type\":") && answer.body()[answer.body().length - 1] == '\n' ? null : "a body that is not JSON (" + e.getMessage() + "): " + answer;
        }
    }

    /** Requests that are being handled; each has a virtual thread of its own, a watch as long as it lasts. */
    private int handlers() throws IOException {
        Path dump = folder.resolve("threads-" + System.nanoTime() + ".json");
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class).dumpThreads(dump.toString(), HotSpotDiagnosticMXBean.ThreadDumpFormat.JSON);
        try (Stream<String> lines = Files.lines(dump)) {
            return (int) lines.filter(line -> line.matches(".*\"name\": *\"http-\\d+\".*")).count();
        } finally {
            Files.delete(dump);
        }
    }

    private static int openFiles() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return (int) files.count();
        }
    }

    private static long heapAfterCollection() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
}
