package io.skerry.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.apiserver.inprocess.DirectCall;
import java.nio.file.Files;
import java.nio.file.Path;
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
