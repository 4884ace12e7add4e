package io.skerry.gitops.mqtt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.gitops.GitOpsConfig;
import io.skerry.gitops.GitOpsStatus;
import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.GitOpsStatus.State;
import io.skerry.gitops.Mosquitto;
import io.skerry.gitops.git.GitRemote;
import io.skerry.gitops.journal.Journal;
import io.skerry.machinery.json.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real mosquitto, seen by the real mosquitto_sub. */
class StatusReporterTest {

    private static final String STATUS = "skerry/devices/device-1/status";
    private static final String CONNECTION = "skerry/devices/device-1/connection";

    @TempDir
    Path folder;

    private GitOpsConfig config(MqttConfig mqtt) {
        return new GitOpsConfig(folder.resolve("gitops"), "device-1", Map.of("site", "north"), "1.2.3", GitRemote.of("http://localhost/fleet.git"), Optional.of(mqtt));
    }

    private static GitOpsStatus status(int number) {
        // Each in another state than the one before: nothing is left out as mere progress.
        return new GitOpsStatus(number % 2 == 0 ? State.Synced : State.Progressing, "2026-01-01T00:00:00Z", "c" + number, "c" + number, "c0", "message " + number, List.of(),
                number % 3 == 0 ? List.of(new Problem("a.yaml", number, "bad")) : List.of(), 0, java.util.Optional.of(new GitOpsStatus.OsStatus("1.2.0", "b", "Idle", "", "Kept", "1.2.0")));
    }

    private static List<JsonNode> payloads(Mosquitto.Subscription subscription) {
        return subscription.lines().stream().filter(line -> line.startsWith(STATUS + " ")).map(line -> Json.parse(line.substring(STATUS.length() + 1))).toList();
    }

    @Test
    void keepsStatusesWhileTheBrokerIsAwayAndSendsThemInOrderOnce() throws Exception {
        try (Mosquitto broker = new Mosquitto(folder, "allow_anonymous true", "persistence true", "persistence_location " + folder + "/"); Journal journal = Journal.open(folder.resolve("journal.db"))) {
            Mosquitto.Subscription subscription = broker.subscribeToNew("skerry/#");
            MqttConfig mqtt = MqttConfig.of(broker.url());
            StatusReporter reporter = new StatusReporter(config(mqtt), mqtt, journal);
            reporter.start();
            reporter.report(status(1));
            await().atMost(Duration.ofSeconds(20)).until(() -> payloads(subscription).size() == 1);
            assertThat(subscription.lines()).contains(CONNECTION + " online");
            JsonNode first = payloads(subscription).getFirst();
            assertThat(first.at("/device").asText()).isEqualTo("device-1");
            assertThat(first.at("/labels/site").asText()).isEqualTo("north");
            assertThat(first.at("/sequence").asLong()).isEqualTo(1);
            assertThat(first.at("/state").asText()).isEqualTo("Progressing");
            assertThat(first.at("/commitWanted").asText()).isEqualTo("c1");
            assertThat(first.at("/agentVersion").asText()).isEqualTo("1.2.3");

            broker.stop();
            for (int i = 2; i <= 20; i++) {
                reporter.report(status(i));
                int waiting = i - 1;
                await().atMost(Duration.ofSeconds(10)).until(() -> journal.waiting() == waiting);
            }
            // The device restarts while the broker is away.
            reporter.close();
            reporter = new StatusReporter(config(mqtt), mqtt, journal);
            reporter.start();
            reporter.report(status(21));
            broker.start();
            await().atMost(Duration.ofSeconds(30)).until(() -> payloads(subscription).size() >= 21);
            reporter.report(status(22));
            await().atMost(Duration.ofSeconds(10)).until(() -> payloads(subscription).size() >= 22);
            Thread.sleep(300);
            assertThat(payloads(subscription).stream().map(message -> message.at("/sequence").asLong()).toList()).isEqualTo(LongStream.rangeClosed(1, 22).boxed().toList());
            assertThat(payloads(subscription).stream().map(message -> message.at("/message").asText()).toList()).isEqualTo(LongStream.rangeClosed(1, 22).mapToObj(i -> "message " + i).toList());
            assertThat(journal.waiting()).isZero();

            reporter.close();
            try (Mosquitto.Subscription late = broker.subscribe("skerry/#")) {
                await().atMost(Duration.ofSeconds(10)).until(() -> late.lines().size() == 2);
                assertThat(late.lines()).as("retained").contains(CONNECTION + " offline");
                assertThat(payloads(late).getFirst().at("/sequence").asLong()).isEqualTo(22);
            }
            subscription.close();
        }
    }

    @Test
    void saysNothingTwiceButTheHeartbeat() throws Exception {
        try (Mosquitto broker = new Mosquitto(folder); Journal journal = Journal.open(folder.resolve("journal.db")); Mosquitto.Subscription subscription = broker.subscribe("skerry/#")) {
            MqttConfig mqtt = new MqttConfig(broker.url(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Duration.ofSeconds(2), 10);
            try (StatusReporter reporter = new StatusReporter(config(mqtt), mqtt, journal)) {
                reporter.start();
                for (int i = 0; i < 5; i++) reporter.report(status(2));
                await().atMost(Duration.ofSeconds(10)).until(() -> payloads(subscription).size() == 1);
                long written = Files.getLastModifiedTime(folder.resolve("journal.db-wal")).toMillis();
                await().atMost(Duration.ofSeconds(10)).until(() -> payloads(subscription).size() == 3);
                assertThat(payloads(subscription).stream().map(message -> message.at("/sequence").asLong())).containsOnly(1L);
                assertThat(Files.getLastModifiedTime(folder.resolve("journal.db-wal")).toMillis()).as("heartbeats are not written to the disk").isEqualTo(written);
            }
        }
    }

    @Test
    void theBrokerSaysOfflineForADeviceThatVanishes() throws Exception {
        try (Mosquitto broker = new Mosquitto(folder); Mosquitto.Subscription subscription = broker.subscribe("skerry/#")) {
            Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                    System.getProperty("java.class.path"), Child.class.getName(), folder.toString(), broker.url()).inheritIO().start();
            await().atMost(Duration.ofSeconds(30)).until(() -> subscription.lines().contains(CONNECTION + " online") && payloads(subscription).size() == 1);
            child.destroyForcibly().waitFor();
            await().atMost(Duration.ofSeconds(10)).until(() -> subscription.lines().contains(CONNECTION + " offline"));
        }
    }

    /** Runs in the child process. */
    static final class Child {

        public static void main(String[] arguments) throws Exception {
            Path folder = Path.of(arguments[0]);
            MqttConfig mqtt = MqttConfig.of(arguments[1]);
            GitOpsConfig config = new GitOpsConfig(folder, "device-1", Map.of(), "1", GitRemote.of("http://localhost/fleet.git"), Optional.of(mqtt));
            StatusReporter reporter = new StatusReporter(config, mqtt, Journal.open(folder.resolve("journal.db")));
            reporter.start();
            reporter.report(status(1));
            Thread.sleep(60_000);
        }
    }

    @Test
    void speaksTlsWithPasswordAndClientCertificate() throws Exception {
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "2");
        for (String name : List.of("server", "client")) {
            run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1");
            run("openssl", "x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-out", name + ".pem", "-days", "2", "-copy_extensions", "copy");
        }
        run("mosquitto_passwd", "-b", "-c", "passwords", "device", "s3cret");
        try (Mosquitto broker = new Mosquitto(folder, "cafile " + folder.resolve("ca.pem"), "certfile " + folder.resolve("server.pem"), "keyfile " + folder.resolve("server.key"),
                "require_certificate true", "allow_anonymous false", "password_file " + folder.resolve("passwords"))) {
            MqttConfig good = new MqttConfig(broker.url().replace("tcp:", "ssl:"), Optional.of("device"), Optional.of("s3cret"), Optional.of(folder.resolve("ca.pem")), Optional.of(folder.resolve("client.pem")),
                    Optional.of(folder.resolve("client.key")), Duration.ofMinutes(1), 10);
            try (Journal journal = Journal.open(folder.resolve("journal.db")); StatusReporter reporter = new StatusReporter(config(good), good, journal)) {
                reporter.start();
                reporter.report(status(1));
                await().atMost(Duration.ofSeconds(20)).until(() -> journal.lastSequence() == 1 && journal.waiting() == 0);
            }
            MqttConfig bad = new MqttConfig(good.url(), Optional.of("device"), Optional.of("wrong"), good.caFile(), good.certFile(), good.keyFile(), good.heartbeat(), 10);
            try (Journal journal = Journal.open(folder.resolve("journal2.db")); StatusReporter reporter = new StatusReporter(config(bad), bad, journal)) {
                reporter.start();
                reporter.report(status(1));
                await().during(Duration.ofSeconds(2)).atMost(Duration.ofSeconds(5)).until(() -> journal.lastSequence() == 0 || journal.waiting() == 1);
                assertThat(journal.waiting()).isEqualTo(1);
            }
        }
    }

    private void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
