package io.skerry.apiserver.cache;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.encryption.SecretEncryption;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import io.skerry.machinery.yaml.Yaml;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A card that changed one bit of a value: the server starts, and only that object is gone. */
class DamagedValueTest {
    private static final String SECRETS = "/api/v1/namespaces/default/secrets";
    private static final String MAPS = "/api/v1/namespaces/default/configmaps";

    @TempDir
    Path folder;

    private interface Work {
        void with(ApiServer server) throws Exception;
    }

    private void serve(Work work) throws Exception {
        try (Datastore store = SecretEncryption.open(SqliteDatastore.open(folder.resolve("state.db")), folder.resolve("keys.json"), Clock.systemUTC());
                ApiServer server = new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin())) {
            work.with(server);
        }
    }

    private static DirectCall.Answer send(ApiServer server, String method, String path, String yamlOrNull) {
        JsonNode body = yamlOrNull == null ? null : Yaml.parseAll(yamlOrNull, "test").getFirst().root();
        return DirectCall.send(server, TestServer.ADMIN, method, path, body);
    }

    private static String secret(String name) {
        return "{apiVersion: v1, kind: Secret, metadata: {name: " + name + "}, stringData: {word: swordfish}}";
    }

    private static String map(String name) {
        return "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + "}, data: {word: of-" + name + "}}";
    }

    private byte[] stored(String key) throws Exception {
        try (Datastore store = SqliteDatastore.open(folder.resolve("state.db"))) {
            return store.get(key).value();
        }
    }

    /** Flips one bit of a value where it lies in the file. */
    private void damage(String key, int offset) throws Exception {
        byte[] value = stored(key);
        String file = Files.readString(folder.resolve("state.db"), StandardCharsets.ISO_8859_1);
        int at = file.indexOf(new String(value, StandardCharsets.ISO_8859_1));
        assertThat(at).as("the value lies in one piece").isPositive();
        try (RandomAccessFile raw = new RandomAccessFile(folder.resolve("state.db").toFile(), "rw")) {
            raw.seek(at + offset);
            int before = raw.read();
            raw.seek(at + offset);
            raw.write(before ^ 1);
        }
        assertThat(stored(key)).isNotEqualTo(value);
    }

    private static List<String> names(ApiServer server, String path) {
        return send(server, "GET", path, null).body().path("items").findValuesAsText("name");
    }

    private static List<String> told(ApiServer server) {
        return DirectCall.send(server, TestServer.ADMIN, "GET", "/metrics", null).body().asText().lines().filter(l -> l.startsWith("skerry_unreadable_object{")).toList();
    }

    @Test
    void aDamagedSecretIsLeftOutToldAndCanBeMadeAnew() throws Exception {
        serve(server -> {
            for (String name : List.of("a", "b", "c")) {
                assertThat(send(server, "POST", SECRETS, secret(name)).code()).isEqualTo(201);
            }
        });
        damage("/registry/core/secrets/default/b", stored("/registry/core/secrets/default/b").length - 5);
        // in the key's name, which nothing authenticates
        damage("/registry/core/secrets/default/c", "k8s:enc:aesgcm:v1:aesgcm-2".length());
        serve(server -> {
            assertThat(names(server, SECRETS)).containsExactly("a", "c");
            assertThat(told(server)).containsExactly("skerry_unreadable_object{key=\"/registry/core/secrets/default/b\"} 1");
            assertThat(send(server, "GET", SECRETS + "/b", null).code()).isEqualTo(404);
            assertThat(send(server, "POST", SECRETS, secret("b")).code()).isEqualTo(201);
            assertThat(Json.text(send(server, "GET", SECRETS + "/b", null).body(), "data", "word")).isEqualTo("c3dvcmRmaXNo");
            assertThat(told(server)).isEmpty();
        });
        serve(server -> {
            assertThat(names(server, SECRETS)).containsExactly("a", "b", "c");
            assertThat(told(server)).isEmpty();
        });
    }

    @Test
    void otherObjectsToo() throws Exception {
        serve(server -> {
            for (String name : List.of("metadata", "middle", "name", "well")) {
                assertThat(send(server, "POST", MAPS, map(name)).code()).isEqualTo(201);
            }
        });
        String text = new String(stored("/registry/core/configmaps/default/middle"), StandardCharsets.UTF_8);
        damage("/registry/core/configmaps/default/metadata", text.indexOf("metadata") + 2);
        damage("/registry/core/configmaps/default/middle", text.indexOf("of-middle") - 1);
        text = new String(stored("/registry/core/configmaps/default/name"), StandardCharsets.UTF_8);
        damage("/registry/core/configmaps/default/name", text.indexOf("\"name\":\"name\"") + 8);
        serve(server -> {
            assertThat(names(server, MAPS)).contains("well").doesNotContain("metadata", "middle", "name");
            assertThat(told(server)).hasSize(3);
            assertThat(send(server, "DELETE", MAPS + "/metadata?dryRun=All", null).code()).isEqualTo(404);
            assertThat(send(server, "DELETE", MAPS + "/metadata", null).code()).isEqualTo(200);
            assertThat(send(server, "DELETE", MAPS + "/metadata", null).code()).isEqualTo(404);
            assertThat(told(server)).hasSize(2);
            var applied = DirectCall.send(server, TestServer.ADMIN, "PATCH", MAPS + "/middle?fieldManager=t", java.util.Map.of("Content-Type", "application/apply-patch+yaml"),
                    map("middle").getBytes(StandardCharsets.UTF_8));
            assertThat(applied.code()).as(applied.body().toString()).isEqualTo(201);
            assertThat(told(server)).hasSize(1);
        });
    }
}
