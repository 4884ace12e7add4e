package io.skerry.apiserver.encryption;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.Durability;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real SQLite datastore under a real API server, with Secrets encrypted. */
class EncryptedDatastoreTest {
    private static final String SECRETS = "/api/v1/namespaces/default/secrets";
    private static final String KEY = "/registry/core/secrets/default/a";

    @TempDir
    Path folder;
    private Path keyFile;

    @BeforeEach
    void place() {
        keyFile = folder.resolve("cred/encryption-config.json");
    }

    private EncryptionKeys keys() throws IOException {
        return EncryptionKeys.loadOrCreate(keyFile, Clock.systemUTC());
    }

    private SqliteDatastore plain() {
        return SqliteDatastore.open(folder.resolve("state.db"));
    }

    private static DirectCall.Answer create(ApiServer server, String name, String value) {
        return DirectCall.send(server, TestServer.ADMIN, "POST", SECRETS,
                Json.parse("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"" + name + "\"},\"stringData\":{\"password\":\"" + value + "\"}}"));
    }

    private String password(String name) throws Exception {
        try (Datastore store = new EncryptedDatastore(plain(), keys(), keyFile); ApiServer server = new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin())) {
            var answer = DirectCall.send(server, TestServer.ADMIN, "GET", SECRETS + "/" + name, null);
            return Json.text(answer.body(), "data", "password");
        }
    }

    private String stored(String name) throws Exception {
        try (Datastore store = plain()) {
            return new String(store.get(KEY.replace("/a", "/" + name)).value(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void nothingOnDiskTellsASecret() throws Exception {
        try (Datastore store = new EncryptedDatastore(plain(), keys(), keyFile); ApiServer server = new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin())) {
            assertThat(create(server, "a", "swordfish-4711").code()).isEqualTo(201);
            var changed = DirectCall.send(server, TestServer.ADMIN, "GET", SECRETS + "/a", null);
            assertThat(Json.text(changed.body(), "data", "password")).isEqualTo("c3dvcmRmaXNoLTQ3MTE=");
            assertThat(create(server, "a", "again").code()).as("the key is taken").isEqualTo(409);
        }
        assertThat(stored("a")).startsWith("k8s:enc:aesgcm:v1:aesgcm-");
        for (Path file : Files.list(folder).filter(Files::isRegularFile).toList()) {
            String content = Files.readString(file, StandardCharsets.ISO_8859_1);
            assertThat(content).as(file.toString()).doesNotContain("swordfish").doesNotContain("c3dvcmRmaXNoLTQ3MTE=");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(keyFile))).isEqualTo("rw-------");
        assertThat(password("a")).as("after a restart").isEqualTo("c3dvcmRmaXNoLTQ3MTE=");
    }

    @Test
    void secretsFromBeforeAreReadAndEncryptedOnDemand() throws Exception {
        try (Datastore store = plain(); ApiServer server = new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin())) {
            create(server, "a", "old");
        }
        assertThat(stored("a")).contains("b2xk");
        assertThat(password("a")).isEqualTo("b2xk");
        try (EncryptedDatastore store = new EncryptedDatastore(plain(), keys(), keyFile)) {
            assertThat(store.reencrypt()).isEqualTo(1);
            assertThat(store.reencrypt()).as("all done").isZero();
        }
        assertThat(stored("a")).startsWith("k8s:enc:aesgcm:v1:").doesNotContain("b2xk");
        assertThat(password("a")).isEqualTo("b2xk");
    }

    @Test
    void keysRotateAndOldOnesStillDecrypt() throws Exception {
        try (Datastore store = new EncryptedDatastore(plain(), keys(), keyFile); ApiServer server = new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin())) {
            create(server, "a", "old");
        }
        String first = keys().names().getFirst();
        keys().rotated(Clock.systemUTC()).save(keyFile);
        assertThat(keys().names()).hasSize(2).endsWith(first).doesNotHaveDuplicates();
        Clock same = Clock.fixed(Instant.EPOCH, ZoneOffset.UTC);
        assertThat(keys().rotated(same).names().getFirst()).as("made on two servers in the same second").isNotEqualTo(keys().rotated(same).names().getFirst());
        assertThat(password("a")).isEqualTo("b2xk");
        try (EncryptedDatastore store = new EncryptedDatastore(plain(), keys(), keyFile)) {
            assertThat(store.reencrypt()).isEqualTo(1);
        }
        assertThat(stored("a")).startsWith("k8s:enc:aesgcm:v1:" + keys().names().getFirst() + ":");
        assertThat(password("a")).isEqualTo("b2xk");
    }

    @Test
    void aKeyThatCameSinceIsReadFromTheFile() throws Exception {
        EncryptionKeys before = keys();
        Path elsewhere = folder.resolve("elsewhere.json");
        before.save(elsewhere);
        EncryptionKeys after = before.rotated(Clock.systemUTC());
        after.save(keyFile);
        byte[] value = "{}".getBytes(StandardCharsets.UTF_8);
        try (SqliteDatastore store = plain()) {
            new EncryptedDatastore(store, after, keyFile).create(KEY, value, Durability.DURABLE);
            EncryptedDatastore given = new EncryptedDatastore(store, before, keyFile);
            assertThat(given.get(KEY).value()).isEqualTo(value);
            given.create(KEY + "2", value, Durability.DURABLE);
            assertThat(new String(store.get(KEY + "2").value(), StandardCharsets.ISO_8859_1)).as("it encrypts with the new one, too")
                    .startsWith("k8s:enc:aesgcm:v1:" + after.names().getFirst() + ":");
            EncryptedDatastore without = new EncryptedDatastore(store, before, elsewhere);
            assertThatThrownBy(() -> without.get(KEY)).isInstanceOf(DatastoreException.class).hasMessageContaining("which is not in the encryption configuration");
            assertThat(without.list(KEY, null, 0, 0).items()).allSatisfy(stored -> assertThat(new String(stored.value(), StandardCharsets.UTF_8))
                    .contains("withheld").contains("which is not in " + elsewhere));
        }
    }

    @Test
    void aLostKeyAndATamperedValueAreTold() throws Exception {
        try (Datastore store = new EncryptedDatastore(plain(), keys(), keyFile)) {
            store.create(KEY, "{}".getBytes(StandardCharsets.UTF_8), Durability.DURABLE);
        }
        byte[] value;
        try (Datastore store = plain()) {
            value = store.get(KEY).value();
            store.create(KEY + "b", value, Durability.DURABLE);
        }
        try (Datastore store = new EncryptedDatastore(plain(), keys(), keyFile)) {
            assertThatThrownBy(() -> store.get(KEY + "b")).as("one Secret's value under another's name").isInstanceOf(DatastoreException.class).hasMessageContaining("cannot be decrypted");
        }
        Files.delete(keyFile);
        try (Datastore store = new EncryptedDatastore(plain(), keys().rotated(Clock.systemUTC()), keyFile)) {
            assertThatThrownBy(() -> store.get(KEY)).isInstanceOf(DatastoreException.class);
        }
        Files.writeString(keyFile, "{}");
        assertThatThrownBy(this::keys).isInstanceOf(IOException.class).hasMessageContaining("is no EncryptionConfiguration").hasMessageContaining("Restore it from a backup");
    }
}
