package io.skerry.apiserver.encryption;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.PostgresDatastore;
import io.skerry.datastore.PostgresServer;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two servers on one PostgreSQL whose key is rotated: neither takes what it cannot decrypt for damaged, nor for deleted. */
class KeyRotationTest {
    private static final String SECRETS = "/api/v1/namespaces/default/secrets";

    @TempDir
    Path folder;
    private PostgresServer postgres;
    private Path first;
    private Path second;
    private Running one;
    private Running other;

    private record Running(Datastore store, ApiServer server) implements AutoCloseable {
        @Override
        public void close() {
            server.close();
            store.close();
        }

        DirectCall.Answer send(String method, String path, String bodyOrNull) {
            return DirectCall.send(server, TestServer.ADMIN, method, path, bodyOrNull == null ? null : Json.parse(bodyOrNull));
        }

        JsonNode make(String name) {
            DirectCall.Answer answer = send("POST", SECRETS, secret(name, "swordfish"));
            assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
            return answer.body();
        }

        String word(String name) {
            DirectCall.Answer answer = send("GET", SECRETS + "/" + name, null);
            assertThat(answer.code()).as(answer.body().toString()).isEqualTo(200);
            return Json.text(answer.body(), "data", "word");
        }

        void refuses(String method, String path, String bodyOrNull) {
            DirectCall.Answer answer = send(method, path, bodyOrNull);
            assertThat(answer.code()).as(method + " " + path + ": " + answer.body()).isEqualTo(500);
            assertThat(Json.text(answer.body(), "message")).contains("/registry/core/secrets/default/").contains(" cannot be served: it is encrypted with key \"aesgcm-")
                    .contains("copy that file from the server that encrypts with this key, and restart this one");
        }
    }

    private static String secret(String name, String word) {
        return "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"" + name + "\"},\"stringData\":{\"word\":\"" + word + "\"}}";
    }

    @BeforeEach
    void start() throws Exception {
        postgres = PostgresServer.start();
        first = folder.resolve("first.json");
        second = folder.resolve("second.json");
        one = start(first);
        Files.copy(first, second);
        other = start(second);
    }

    @AfterEach
    void stop() throws Exception {
        one.close();
        other.close();
        postgres.close();
    }

    private Running start(Path file) throws Exception {
        Datastore shared = PostgresDatastore.open(postgres.endpoint(), DatastoreOptions.defaults());
        try {
            Datastore store = SecretEncryption.open(shared, file, Clock.systemUTC());
            return new Running(store, new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin()));
        } catch (Exception e) {
            shared.close();
            throw e;
        }
    }

    private String raw(String name) {
        try (Datastore store = PostgresDatastore.open(postgres.endpoint(), DatastoreOptions.defaults())) {
            return new String(store.get("/registry/core/secrets/default/" + name).value(), StandardCharsets.ISO_8859_1);
        }
    }

    private String rotate(Path file) throws Exception {
        EncryptionKeys rotated = EncryptionKeys.load(file).rotated(Clock.systemUTC());
        rotated.save(file);
        return "k8s:enc:aesgcm:v1:" + rotated.names().getFirst() + ":";
    }

    private void copyTheFile() throws Exception {
        Files.copy(first, second, StandardCopyOption.REPLACE_EXISTING);
    }

    @Test
    void aServerThatWasGivenTheFileGoesOnWhileAnotherStartsWithTheNewKey() throws Exception {
        one.make("a");
        other.make("b");
        List<String> seen = new CopyOnWriteArrayList<>();
        try (KubernetesClient client = InProcessClient.create(other.server(), TestServer.ADMIN)) {
            client.secrets().inNamespace("default").watch(new Watcher<Secret>() {
                @Override
                public void eventReceived(Action action, Secret secret) {
                    seen.add(action + " " + secret.getMetadata().getName());
                }

                @Override
                public void onClose(WatcherException cause) {
                    // with its client
                }
            });
            Awaitility.await().until(() -> seen.containsAll(List.of("ADDED a", "ADDED b")));
            one.close();
            String now = rotate(first);
            copyTheFile();
            one = start(first);
            assertThat(raw("a")).startsWith(now);
            assertThat(raw("b")).startsWith(now);
            assertThat(other.word("a")).isEqualTo("c3dvcmRmaXNo");
            assertThat(other.word("b")).isEqualTo("c3dvcmRmaXNo");
            other.make("c");
            assertThat(raw("c")).as("it encrypts with the new key, too").startsWith(now);
            assertThat(one.word("c")).isEqualTo("c3dvcmRmaXNo");
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> seen.containsAll(List.of("MODIFIED a", "MODIFIED b", "ADDED c")));
            assertThat(seen).noneMatch(event -> event.startsWith("DELETED"));
        }
    }

    @Test
    void aServerWithoutTheKeyNeitherServesNorReplacesNorDeletesWhatNeedsIt() throws Exception {
        JsonNode made = one.make("a");
        String before = Json.text(made, "metadata", "resourceVersion");
        assertThat(other.word("a")).isEqualTo("c3dvcmRmaXNo");
        one.close();
        String now = rotate(first);
        one = start(first);
        String value = raw("a");
        assertThat(value).startsWith(now);
        other.refuses("GET", SECRETS + "/a", null);
        other.refuses("GET", SECRETS, null);
        other.refuses("GET", "/api/v1/secrets", null);
        other.refuses("GET", SECRETS + "?watch=true&timeoutSeconds=1", null);
        other.refuses("GET", SECRETS + "?watch=true&timeoutSeconds=1&resourceVersion=" + before, null);
        other.refuses("PUT", SECRETS + "/a", secret("a", "changed"));
        other.refuses("DELETE", SECRETS + "/a", null);
        other.refuses("DELETE", SECRETS, null);
        assertThat(other.send("POST", SECRETS, secret("a", "changed")).code()).as("it is there").isEqualTo(409);
        assertThat(raw("a")).isEqualTo(value);
        assertThat(one.word("a")).isEqualTo("c3dvcmRmaXNo");
        assertThat(other.send("GET", "/api/v1/namespaces/default/configmaps", null).code()).isEqualTo(200);
        assertThat(other.send("GET", "/api/v1/namespaces/kube-system/secrets", null).code()).as("nothing of these needs the key").isEqualTo(200);
        assertThat(other.send("GET", "/metrics", null).body().asText()).as("no damage").doesNotContain("skerry_unreadable_object{");

        assertThat(one.send("DELETE", SECRETS + "/a", null).code()).isEqualTo(200);
        assertThat(other.send("GET", SECRETS + "/a", null).code()).isEqualTo(404);
        assertThat(other.send("GET", SECRETS, null).code()).as("all is readable again").isEqualTo(200);
        JsonNode late = other.send("GET", SECRETS + "?watch=true&timeoutSeconds=1&resourceVersion=" + before, null).body();
        assertThat(Json.text(late, "type") + " " + Json.text(late, "object", "code")).as("who watched before has missed changes").isEqualTo("ERROR 410");

        one.make("b");
        other.refuses("GET", SECRETS + "/b", null);
        copyTheFile();
        assertThat(one.send("PUT", SECRETS + "/b", secret("b", "changed")).code()).isEqualTo(200);
        assertThat(other.word("b")).as("with the next change that needs the key, the file is read").isEqualTo("Y2hhbmdlZA==");
        one.make("c");
        other.close();
        other = start(second);
        assertThat(other.word("b")).isEqualTo("Y2hhbmdlZA==");
        assertThat(other.word("c")).isEqualTo("c3dvcmRmaXNo");
    }
}
