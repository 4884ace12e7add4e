package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.inprocess.DirectCall;
import io.skerry.datastore.Ballast;
import io.skerry.datastore.DatastoreOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients meet when the datastore's disk, a small tmpfs, is really full. */
class FullDiskTest {
    @TempDir
    Path folder;
    private Path disk;
    private TestServer server;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(folder.resolve("disk"));
        assertThat(run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString())).as("mount; this test needs root").isZero();
        server = new TestServer(disk);
    }

    /** Until there is room for nothing more. */
    private void fill(Path filler) throws IOException {
        byte[] block = new byte[4096];
        try (OutputStream out = Files.newOutputStream(filler, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            while (true) {
                out.write(block);
            }
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("No space left");
        }
    }

    @Test
    void deletesAndStartsGoOnWithTheBallast() throws Exception {
        server.close();
        assertThat(run("mount", "-o", "remount,size=64m", disk.toString())).isZero();
        Ballast ballast = Ballast.of(disk.resolve("ballast"));
        ballast.refill();
        Awaitility.await().until(() -> disk.resolve("ballast").toFile().length() == 1 << 20);
        DatastoreOptions options = DatastoreOptions.defaults().withBallast(ballast);
        server = new TestServer(disk, options);
        String pods = "/api/v1/namespaces/default/pods";
        for (int i = 0; i < 3; i++) {
            server.make(pods, "{metadata: {name: p" + i + "}, spec: {nodeName: n1, containers: [{name: c, image: x}]}}");
        }
        Path filler = disk.resolve("filler");
        fill(filler);
        assertThat(create("more", 5000).code()).isEqualTo(500);

        DirectCall.Answer ending = server.send("DELETE", pods + "/p0", null);
        assertThat(ending.code()).as(ending.body().toString()).isEqualTo(200);
        assertThat(ending.body().path("metadata").path("deletionTimestamp").asText()).as("a pod that runs is marked first").isNotEmpty();
        assertThat(server.send("DELETE", pods + "/p0?gracePeriodSeconds=0", null).code()).isEqualTo(200);
        assertThat(server.send("GET", pods + "/p0", null).code()).isEqualTo(404);
        assertThat(create("more", 5000).code()).as("what room there is now is kept for deletes").isEqualTo(500);

        try (FileChannel room = FileChannel.open(filler, StandardOpenOption.WRITE)) {
            room.truncate(room.size() - (1 << 20)); // for a proper close
        }
        server.close();
        fill(filler);
        server = new TestServer(disk, options);
        assertThat(server.send("GET", pods + "/p1", null).code()).as("a start with a full disk").isEqualTo(200);
        assertThat(server.send("DELETE", pods + "/p1?gracePeriodSeconds=0", null).code()).isEqualTo(200);
        assertThat(create("more", 5000).code()).isEqualTo(500);
        Files.delete(filler);
        assertThat(create("more", 5000).code()).isEqualTo(201);
    }

    @AfterEach
    void unmount() throws Exception {
        server.close();
        run("umount", disk.toString());
    }

    private static int run(String... command) throws Exception {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private DirectCall.Answer create(int number) {
        return create("m" + number, 100_000);
    }

    private DirectCall.Answer create(String name, int size) {
        return server.send("POST", "/api/v1/namespaces/default/configmaps", "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + "}, data: {k: "
            + "x".repeat(size) + "}}");
    }

    @Test
    void writesAreToldWhyHeartbeatsAndReadsGoOnAndAllHealsWithTheDisk() throws Exception {
        String lease = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
        assertThat(server.send("POST", "/api/v1/namespaces", "{apiVersion: v1, kind: Namespace, metadata: {name: other}}").code()).isEqualTo(201);
        assertThat(server.send("POST", lease, "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: node}, spec: {holderIdentity: a}}").code()).isEqualTo(201);
        int number = 0;
        DirectCall.Answer refused;
        do {
            refused = create(number++);
        } while (refused.code() == 201 && number < 200);
        assertThat(refused.code()).isEqualTo(500);
        JsonNode status = refused.body();
        assertThat(status.path("kind").asText()).isEqualTo("Status");
        assertThat(status.path("reason").asText()).isEqualTo("InternalError");
        assertThat(status.path("message").asText()).contains("cannot write datastore").contains("the disk is full; free some space").contains(disk.toString());

        int kept = number - 1;
        int small = 0;
        while (create("s" + small, 10).code() == 201) { // where a large one has no room, small ones may still have
            assertThat(small++).isLessThan(200);
        }
        assertThat(server.send("GET", "/api/v1/namespaces/default/configmaps?labelSelector=none!=x", null).body().path("items")).hasSizeGreaterThanOrEqualTo(kept);
        String renewed = "2030-01-01T00:00:0%d.000000Z";
        for (int i = 1; i <= 3; i++) {
            assertThat(server.patch(lease + "/node", "application/merge-patch+json", "{\"spec\":{\"renewTime\":\"" + renewed.formatted(i) + "\"}}").code()).isEqualTo(200);
        }
        assertThat(server.send("GET", lease + "/node", null).body().path("spec").path("renewTime").asText()).isEqualTo(renewed.formatted(3));
        int holder = 0;
        // A checkpoint between two writes makes room in the log for some more.
        while (server.patch(lease + "/node", "application/merge-patch+json", "{\"spec\":{\"holderIdentity\":\"b" + holder + "\"}}").code() == 200) {
            assertThat(holder++).as("changes of a holder, which is no heartbeat").isLessThan(200);
            create("t" + holder, 2000);
        }

        assertThat(run("mount", "-o", "remount,size=40m", disk.toString())).isZero();
        assertThat(create(number).code()).isEqualTo(201);
        server.close();
        server = new TestServer(disk);
        assertThat(server.send("GET", "/api/v1/namespaces/default/configmaps/m" + number, null).code()).isEqualTo(200);
        assertThat(server.send("GET", "/api/v1/namespaces/default/configmaps/m0", null).code()).isEqualTo(200);
        assertThat(server.send("GET", lease + "/node", null).body().path("spec").path("renewTime").asText()).isEqualTo(renewed.formatted(3));
    }
}
