package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.bootstrap.ServerLeases;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreOptions;
import io.skerry.datastore.PostgresDatastore;
import io.skerry.datastore.PostgresServer;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whom the service kubernetes leads to: the API servers that are alive on one real PostgreSQL. */
class ServerLeasesTest {
    private static final ServerLeases.Times TIMES = new ServerLeases.Times(Duration.ofSeconds(4), Duration.ofSeconds(1), Duration.ofMillis(200));
    private static final String ENDPOINTS = "/api/v1/namespaces/default/endpoints/kubernetes";
    private static final String SLICE = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes";

    private final List<AutoCloseable> open = new ArrayList<>();

    private final class Running {
        final Datastore store;
        final ApiServer server;
        final AutoCloseable leases;

        Running(Datastore store, String address) {
            this.store = store;
            open.addFirst(store);
            server = new ApiServer(ApiServerConfig.defaults().withAdvertise(address, 6443), store, TypeTable.builtin());
            open.addFirst(server);
            leases = server.advertise(TIMES);
            open.addFirst(leases);
        }

        JsonNode get(String path) {
            return DirectCall.send(server, User.master("test"), "GET", path + "?resourceVersion=0", null).body();
        }

        String addresses() {
            return Json.at(get(ENDPOINTS), "subsets").findValuesAsText("ip") + " " + get(SLICE).path("endpoints").findValues("addresses");
        }
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable part : open) {
            part.close();
        }
    }

    private static void eventually(Duration atMost, Running server, String addresses) {
        Awaitility.await().atMost(atMost).pollInterval(Duration.ofMillis(50)).untilAsserted(() -> assertThat(server.addresses()).isEqualTo(addresses));
    }

    @Test
    void theServiceLeadsToThoseThatLive() throws Exception {
        PostgresServer postgres = PostgresServer.start();
        open.add(postgres);
        DatabaseLink link = new DatabaseLink(Integer.parseInt(postgres.endpoint().replaceFirst(".*:(\\d+)/.*", "$1")));
        open.addFirst(link);
        Running one = new Running(PostgresDatastore.open(postgres.endpoint(), DatastoreOptions.defaults()), "192.0.2.1");
        eventually(Duration.ofSeconds(5), one, "[192.0.2.1] [[\"192.0.2.1\"]]");
        Running other = new Running(PostgresDatastore.open(postgres.endpoint().replaceFirst(":\\d+/", ":" + link.port() + "/"), DatastoreOptions.defaults()), "192.0.2.2");
        String both = "[192.0.2.1, 192.0.2.2] [[\"192.0.2.1\"], [\"192.0.2.2\"]]";
        eventually(Duration.ofSeconds(5), one, both);
        eventually(Duration.ofSeconds(5), other, both);
        assertThat(Json.at(one.get(ENDPOINTS), "subsets").path(0).path("ports").toString()).isEqualTo("[{\"name\":\"https\",\"port\":6443,\"protocol\":\"TCP\"}]");
        assertThat(one.store.list("/registry/skerry/masterleases/", null, 0, 0).items()).hasSize(2);

        // renewals change nothing that clients see
        String revisions = revisions(one);
        Awaitility.await().during(TIMES.ttl().plusSeconds(1)).atMost(Duration.ofSeconds(20)).until(() -> one.addresses().equals(both));
        assertThat(revisions(one)).isEqualTo(revisions);
        assertThat(one.store.get("/registry/skerry/masterleases/192.0.2.2").modRevision()).as("renewed").isGreaterThan(Long.parseLong(revisions.split(" ")[0]));

        // what somebody writes there does not stay
        DirectCall.send(one.server, User.master("test"), "DELETE", SLICE, null);
        DirectCall.send(one.server, User.master("test"), "DELETE", ENDPOINTS, null);
        eventually(Duration.ofSeconds(5), one, both);

        // one that hangs, or whose network is gone, leaves when its lease has run out, and not before
        long cut = System.nanoTime();
        link.cut(true);
        eventually(Duration.ofSeconds(30), one, "[192.0.2.1] [[\"192.0.2.1\"]]");
        assertThat(Duration.ofNanos(System.nanoTime() - cut)).isGreaterThan(TIMES.ttl().minus(TIMES.renewal()).minusMillis(500));
        link.cut(false);
        eventually(Duration.ofSeconds(30), one, both);

        // one that is stopped leaves at once
        other.leases.close();
        assertThat(one.store.get("/registry/skerry/masterleases/192.0.2.2")).isNull();
        eventually(TIMES.renewal(), one, "[192.0.2.1] [[\"192.0.2.1\"]]");
        // the last one stays in them: an empty service would help nobody
        one.leases.close();
        assertThat(one.addresses()).isEqualTo("[192.0.2.1] [[\"192.0.2.1\"]]");
        assertThat(one.store.list("/registry/skerry/masterleases/", null, 0, 0).items()).isEmpty();
    }

    private static String revisions(Running server) {
        return Json.text(server.get(ENDPOINTS), "metadata", "resourceVersion") + " " + Json.text(server.get(SLICE), "metadata", "resourceVersion");
    }

    @Test
    void aServerWithADatastoreOfItsOwnWritesNothingForIt(@TempDir Path folder) throws Exception {
        Running alone = new Running(SqliteDatastore.open(folder.resolve("state.db")), "192.0.2.1");
        long revision = alone.store.revision();
        assertThat(alone.addresses()).isEqualTo("[192.0.2.1] [[\"192.0.2.1\"]]");
        Thread.sleep(TIMES.renewal().multipliedBy(2));
        alone.leases.close();
        assertThat(alone.store.revision()).isEqualTo(revision);
        assertThat(alone.addresses()).isEqualTo("[192.0.2.1] [[\"192.0.2.1\"]]");
        alone.server.close();
        alone.store.close();
        // nor does the next start, when nothing has changed; a new address is told
        Running again = new Running(SqliteDatastore.open(folder.resolve("state.db")), "192.0.2.1");
        assertThat(revisions(again)).isEqualTo(revisions(alone));
        again.server.close();
        again.store.close();
        assertThat(new Running(SqliteDatastore.open(folder.resolve("state.db")), "192.0.2.7").addresses()).isEqualTo("[192.0.2.7] [[\"192.0.2.7\"]]");
    }
}
