package io.skerry.apiserver.admission.limits;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.apiserver.TestServer;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.DatastoreException;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Counts while an object that is booked has not reached the datastore. */
class QuotaAccountingTest {
    private static final String CORE = "/api/v1/namespaces/default/";
    private static final String SLOW = "/registry/core/configmaps/default/slow";

    @TempDir
    Path folder;
    /** Done when the object SLOW is about to be written. */
    final CompletableFuture<Void> arrived = new CompletableFuture<>();
    /** Lets it be written, or fail. */
    final CompletableFuture<Void> gate = new CompletableFuture<>();
    TestServer api;

    @BeforeEach
    void start() {
        api = new TestServer(folder, withGate(SqliteDatastore.open(folder.resolve("state.db"))));
        // counted in this order: when the second says that a secret has gone, the first has been counted, too
        api.make(CORE + "resourcequotas", "{metadata: {name: a-few}, spec: {hard: {count/configmaps: '2'}}}");
        api.make(CORE + "resourcequotas", "{metadata: {name: b-witness}, spec: {hard: {secrets: '9'}}}");
        api.make(CORE + "secrets", "{metadata: {name: s}}");
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> used("b-witness", "secrets").equals("1") && used("a-few", "count/configmaps").equals("0"));
    }

    @AfterEach
    void stop() {
        gate.complete(null);
        api.close();
    }

    private Datastore withGate(Datastore datastore) {
        return (Datastore) Proxy.newProxyInstance(Datastore.class.getClassLoader(), new Class<?>[] {Datastore.class}, (proxy, method, arguments) -> {
            if (method.getName().equals("create") && arguments[0].equals(SLOW)) {
                arrived.complete(null);
                gate.join();
            }
            try {
                return method.invoke(datastore, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        });
    }

    private String used(String quota, String name) {
        return Json.text(api.send("GET", CORE + "resourcequotas/" + quota, null).body(), "status", "used", name);
    }

    private DirectCall.Answer map(String name) {
        return api.send("POST", CORE + "configmaps", "{metadata: {name: " + name + "}}");
    }

    private CompletableFuture<DirectCall.Answer> slowly() {
        CompletableFuture<DirectCall.Answer> answer = CompletableFuture.supplyAsync(() -> map("slow"), Thread::startVirtualThread);
        arrived.join();
        return answer;
    }

    private void count() {
        assertThat(api.send("DELETE", CORE + "secrets/s", null).code()).isEqualTo(200);
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> used("b-witness", "secrets").equals("0"));
    }

    @Test
    void whatIsBeingWrittenStaysBooked() {
        CompletableFuture<DirectCall.Answer> slow = slowly();
        assertThat(map("other").code()).isEqualTo(201);
        count();
        assertThat(used("a-few", "count/configmaps")).isEqualTo("2");
        assertThat(map("more").code()).isEqualTo(403);
        gate.complete(null);
        assertThat(slow.join().code()).isEqualTo(201);
        assertThat(used("a-few", "count/configmaps")).isEqualTo("2");
    }

    @Test
    void whatGoesMeanwhileIsGivenBackAtOnce() {
        assertThat(map("other").code()).isEqualTo(201);
        CompletableFuture<DirectCall.Answer> slow = slowly();
        assertThat(api.send("DELETE", CORE + "configmaps/other", null).code()).isEqualTo(200);
        count();
        assertThat(used("a-few", "count/configmaps")).isEqualTo("1");
        gate.complete(null);
        assertThat(slow.join().code()).isEqualTo(201);
        assertThat(map("another").code()).isEqualTo(201);
    }

    @Test
    void whatCouldNotBeWrittenIsGivenBack() {
        CompletableFuture<DirectCall.Answer> slow = slowly();
        count();
        assertThat(used("a-few", "count/configmaps")).isEqualTo("1");
        gate.completeExceptionally(new DatastoreException("no space left"));
        assertThat(slow.join().code()).isEqualTo(500);
        Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> used("a-few", "count/configmaps").equals("0"));
    }
}
