package io.skerry.apiserver.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.PostgresDatastore;
import io.skerry.datastore.PostgresServer;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who makes the keys, and what a server without them says. */
class SecretEncryptionTest {
    private static final String SECRETS = "/api/v1/namespaces/default/secrets";

    @TempDir
    Path folder;

    private static Datastore open(Datastore store, Path file) throws Exception {
        try {
            return SecretEncryption.open(store, file, Clock.systemUTC());
        } catch (Exception e) {
            store.close();
            throw e;
        }
    }

    private static String create(Datastore store, String name) throws Exception {
        try (ApiServer server = new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin())) {
            var answer = DirectCall.send(server, TestServer.ADMIN, "POST", SECRETS,
                    Json.parse("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"" + name + "\"},\"stringData\":{\"word\":\"swordfish\"}}"));
            assertThat(answer.code()).as(answer.body().toString()).isEqualTo(201);
            return answer.body().toString();
        }
    }

    private static String raw(PostgresServer postgres, String name) {
        try (Datastore store = shared(postgres)) {
            return new String(store.get("/registry/core/secrets/default/" + name).value(), StandardCharsets.ISO_8859_1);
        }
    }

    private static Datastore shared(PostgresServer postgres) {
        return PostgresDatastore.open(postgres.endpoint(), DatastoreOptions.defaults());
    }

    @Test
    void serversOnOnePostgresEncryptWithTheSameKeys() throws Exception {
        Path first = folder.resolve("first.json");
        Path second = folder.resolve("second.json");
        try (PostgresServer postgres = PostgresServer.start()) {
            try (Datastore store = open(shared(postgres), first)) {
                assertThat(first).as("an empty datastore").exists();
                create(store, "a");
            }
            assertThat(raw(postgres, "a")).startsWith("k8s:enc:aesgcm:v1:").doesNotContain("c3dvcmRmaXNo");
            assertThatThrownBy(() -> open(shared(postgres), second)).isInstanceOf(DatastoreException.class)
                    .hasMessage("the Secrets in the datastore are encrypted, and their keys are not here: copy " + second
                            + " from another server of this datastore, together with its folder server/tls");
            assertThat(second).doesNotExist();
            EncryptionKeys.loadOrCreate(second, Clock.systemUTC());
            Files.writeString(second, Files.readString(second).replaceFirst("aesgcm-\\d+T\\d+Z", "other"));
            assertThatThrownBy(() -> open(shared(postgres), second)).isInstanceOf(DatastoreException.class).hasMessageContaining("with other keys than those of " + second);
            Files.writeString(second, Files.readString(first));
            try (Datastore store = open(shared(postgres), second)) {
                create(store, "b");
            }
            EncryptionKeys.load(first).rotated(Clock.systemUTC()).save(first);
            open(shared(postgres), first).close();
            assertThatThrownBy(() -> open(shared(postgres), second)).as("rotated, and not copied").isInstanceOf(DatastoreException.class).hasMessageContaining("copy the file");
        }
    }

    @Test
    void secretsThatLieInClearStayReadableUntilTheKeysAreMade() throws Exception {
        Path file = folder.resolve("keys.json");
        try (PostgresServer postgres = PostgresServer.start()) {
            try (Datastore store = shared(postgres)) {
                create(store, "a");
            }
            try (Datastore store = open(shared(postgres), file)) {
                assertThat(file).doesNotExist();
                create(store, "b");
            }
            assertThat(raw(postgres, "b")).contains("c3dvcmRmaXNo");
            EncryptionKeys.loadOrCreate(file, Clock.systemUTC());
            open(shared(postgres), file).close();
            assertThat(raw(postgres, "a")).startsWith("k8s:enc:");
            assertThat(raw(postgres, "b")).startsWith("k8s:enc:");
        }
    }

    @Test
    void anEmbeddedDatastoreWhoseKeysAreLostSaysSo() throws Exception {
        Path file = folder.resolve("keys.json");
        try (Datastore store = open(SqliteDatastore.open(folder.resolve("state.db")), file)) {
            create(store, "a");
        }
        Files.delete(file);
        assertThatThrownBy(() -> open(SqliteDatastore.open(folder.resolve("state.db")), file)).isInstanceOf(DatastoreException.class)
                .hasMessageContaining("their keys are not here: copy " + file);
        assertThat(file).as("no new key is made beside it").doesNotExist();
        EncryptionKeys.loadOrCreate(file, Clock.systemUTC());
        Files.writeString(file, Files.readString(file).replaceFirst("aesgcm-\\d+T\\d+Z", "other"));
        assertThatThrownBy(() -> open(SqliteDatastore.open(folder.resolve("state.db")), file)).isInstanceOf(DatastoreException.class)
                .hasMessageContaining("not in the encryption configuration: add that key to " + file);
    }
}
