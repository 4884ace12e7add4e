package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.apiserver.node.LogOptions;
import io.skerry.apiserver.node.LogSink;
import io.skerry.apiserver.node.NodeStreamException;
import io.skerry.apiserver.node.NodeStreams;
import io.skerry.apiserver.node.NodeUsage;
import io.skerry.apiserver.node.StreamListener;
import io.skerry.apiserver.node.StreamSession;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the API server does with a log request before and while a node answers; the node is a stand-in, as a real one is another module. */
@Timeout(30)
class PodLogTest {
    private static final String PODS = "/api/v1/namespaces/default/pods";

    /** Writes what it was asked, and follows until the client goes. */
    private static final class Node implements NodeStreams {
        final CompletableFuture<Void> ended = new CompletableFuture<>();
        LogOptions asked;

        @Override
        public void logs(String namespace, String pod, String container, LogOptions options, LogSink out) throws NodeStreamException {
            asked = options;
            if (options.previous()) {
                throw new NodeStreamException(400, "previous terminated container \"" + container + "\" in pod \"" + pod + "\" not found");
            }
            out.write((namespace + "/" + pod + "/" + container + "\n").getBytes(StandardCharsets.UTF_8));
            if (options.follow()) {
                out.closed().toCompletableFuture().join();
            }
            ended.complete(null);
        }

        @Override
        public StreamSession exec(ExecOptions options, StreamListener listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public StreamSession attach(ExecOptions options, StreamListener listener) {
            throw new UnsupportedOperationException();
        }

        @Override
        public NodeUsage usage() {
            throw new UnsupportedOperationException();
        }

        @Override
        public StreamSession portForward(String namespace, String pod, int port, StreamListener listener) {
            throw new UnsupportedOperationException();
        }
    }

    @TempDir
    Path folder;
    private final Node node = new Node();
    private SqliteDatastore datastore;
    private ApiServer server;

    @BeforeEach
    void start() {
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        server = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin(), name -> name.equals("n1") ? Optional.of(node) : Optional.empty());
        pod("one", "n1", "[{name: a, image: x}]");
        pod("two", "n1", "[{name: a, image: x}, {name: b, image: x}]");
        pod("lost", "n2", "[{name: a, image: x}]");
        pod("waiting", "", "[{name: a, image: x}]");
    }

    @AfterEach
    void stop() {
        server.close();
        datastore.close();
    }

    private void pod(String name, String nodeName, String containers) {
        String yaml = "{metadata: {name: " + name + "}, spec: {nodeName: '" + nodeName + "', containers: " + containers + "}}";
        assertThat(DirectCall.send(server, TestServer.ADMIN, "POST", PODS, Yaml.parseAll(yaml, "pod").getFirst().root()).code()).isEqualTo(201);
    }

    private DirectCall.Answer log(String path) {
        return DirectCall.send(server, TestServer.ADMIN, "GET", PODS + "/" + path, null);
    }

    @Test
    void theContainerIsFound() {
        assertThat(log("one/log").body().asText()).isEqualTo("default/one/a\n");
        assertThat(log("two/log?container=b").body().asText()).isEqualTo("default/two/b\n");
        assertThat(Json.text(log("two/log").body(), "message")).isEqualTo("a container name must be specified for pod two, choose one of: [a b]");
        assertThat(Json.text(log("two/log?container=c").body(), "message")).isEqualTo("container c is not valid for pod two");
        assertThat(log("none/log").code()).isEqualTo(404);
        assertThat(log("waiting/log").code()).isEqualTo(200);
        assertThat(Json.text(log("lost/log").body(), "message")).contains("node \"n2\" of pod \"lost\" is not connected");
    }

    @Test
    void optionsArriveAndAreChecked() {
        log("one/log?tailLines=3&timestamps=true&limitBytes=9&sinceTime=2026-01-02T03:04:05Z");
        assertThat(node.asked).isEqualTo(new LogOptions(false, false, Instant.parse("2026-01-02T03:04:05Z"), true, 3L, 9L));
        assertThat(log("one/log?tailLines=-1").code()).isEqualTo(422);
        assertThat(log("one/log?sinceSeconds=1&sinceTime=2026-01-02T03:04:05Z").code()).isEqualTo(422);
        assertThat(log("one/log?sinceTime=yesterday").code()).isEqualTo(400);
        assertThat(Json.text(log("one/log?previous=true").body(), "message")).isEqualTo("previous terminated container \"a\" in pod \"one\" not found");
    }

    @Test
    void aFollowedLogStreamsAndEndsWithItsClient() throws Exception {
        try (var client = InProcessClient.create(server, TestServer.ADMIN)) {
            var watch = client.pods().inNamespace("default").withName("one").watchLog();
            var reader = new BufferedReader(new InputStreamReader(watch.getOutput(), StandardCharsets.UTF_8));
            assertThat(reader.readLine()).isEqualTo("default/one/a");
            // closing the stream is what ends the request in fabric8
            reader.close();
            watch.close();
            node.ended.get(10, TimeUnit.SECONDS);
        }
    }
}
