package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.apiserver.inprocess.InProcessClient;
import io.skerry.controllers.runtime.ControllerManager;
import io.skerry.controllers.runtime.Crds;
import io.skerry.controllers.runtime.Informers;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.image.Digests;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.layout.Slot;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against a real API server; only the reboot is the test's. */
class OsImageControllerTest {
    private static final Network ONLINE = new Network(Map.of("eth0", Network.Link.CARRIER), Set.of("eth0"), Set.of("eth0"));
    private static final Health WELL = new Health("", "", "", true, true, true, Set.of(), ONLINE);

    @TempDir
    Path folder;
    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private TestMachine machine;
    private TestImage second;
    private ImageServer server;
    private KubernetesClient client;
    private SqliteDatastore datastore;
    private ApiServer api;
    private volatile Health health = WELL;
    private volatile boolean clockKnown = true;

    @BeforeEach
    void flash() throws Exception {
        machine = new TestMachine(folder).flash();
        second = new TestImage("2.0.0", machine.key, 1 << 20);
        server = new ImageServer(second.build());
        datastore = SqliteDatastore.open(folder.resolve("state.db"));
        api = new ApiServer(ApiServerConfig.defaults(), datastore, TypeTable.builtin());
        client = InProcessClient.create(api, User.master("test"));
        Crds.ensure(client, OsImageController.definitions());
    }

    @AfterEach
    void stop() throws Exception {
        powerOff();
        client.close();
        api.close();
        datastore.close();
        server.close();
    }

    @Test
    void bringsTheDeviceToTheVersionThatIsNamed() throws Exception {
        apply(spec("1.0.0"));
        powerOn(machine.powerOn());
        awaitCondition("Ready", "True", "version 1.0.0 runs in slot a");

        apply(spec("2.0.0"));
        awaitRebootInto(Slot.B);
        awaitCondition("Reconciling", "True", "rebooting into version 2.0.0");
        powerOff();
        assertThat(machine.holds(Slot.B, second)).isTrue();
        health = new Health("", "", "node edge-1 is not Ready: starting", true, true, true, Set.of(), ONLINE);
        powerOn(machine.powerOn());
        awaitCondition("Reconciling", "True", "version 2.0.0 is on trial: node edge-1 is not Ready: starting");
        assertThat(condition("Ready").path("status").asText()).as("not before its trial is over").isEqualTo("False");
        assertThat(machine.names()).containsExactly("skerry-a.conf", "skerry-b+2-1.conf");
        health = WELL;
        awaitCondition("Ready", "True", "version 2.0.0 runs in slot b");
        assertThat(machine.names()).containsExactly("skerry-a.conf", "skerry-b.conf");
        JsonNode status = image().getStatus();
        assertThat(status.path("runningVersion").asText()).isEqualTo("2.0.0");
        assertThat(status.at("/history/0/outcome").asText()).isEqualTo("Kept");
        assertThat(conditions()).containsExactly("Ready");
    }

    @Test
    void saysWhyAVersionWasNotKeptAndTriesItAgainOnlyWhenAsked() throws Exception {
        apply(spec("2.0.0").put("healthTimeout", "1s"));
        powerOn(machine.powerOn());
        awaitRebootInto(Slot.B);
        powerOff();
        health = new Health("", "", "node edge-1 is not Ready: no CNI plugin", true, true, true, Set.of(), ONLINE);
        powerOn(machine.powerOn());
        await().atMost(Duration.ofSeconds(60)).until(() -> machine.reboots == 2);
        powerOff();
        LoaderEntry back = machine.powerOn();
        assertThat(back.slot()).isEqualTo(Slot.A);
        health = WELL;
        powerOn(back);
        awaitCondition("Stalled", "True", "version 2.0.0 was tried and not kept: not healthy within 1 s: node edge-1 is not Ready: no CNI plugin");
        assertThat(condition("Stalled").path("reason").asText()).isEqualTo("FellBack");
        // A commit that goes back to the old version, and one that names the new one again.
        apply(spec("1.0.0"));
        awaitCondition("Ready", "True", "version 1.0.0 runs in slot a");
        apply(spec("2.0.0"));
        awaitCondition("Stalled", "True", "version 2.0.0 was tried and not kept: not healthy within 1 s: node edge-1 is not Ready: no CNI plugin");
        assertThat(machine.reboots).isEqualTo(2);
        apply(spec("2.0.0").put("attempt", 1));
        await().atMost(Duration.ofSeconds(60)).until(() -> machine.reboots == 3);
        assertThat(machine.names()).contains("skerry-b+3.conf");
    }

    @Test
    void waitsForSomebodyToAllowTheReboot() throws Exception {
        ObjectNode spec = spec("2.0.0");
        spec.putObject("reboot").put("policy", "Manual");
        apply(spec);
        powerOn(machine.powerOn());
        awaitCondition("Reconciling", "True", "version 2.0.0 is installed; it is tried when somebody says skerry os reboot");
        assertThat(machine.reboots).isZero();
        allowReboot();
        awaitRebootInto(Slot.B);
    }

    /** Whoever says skerry os reboot goes by the journal. */
    @Test
    void theTimeForBecomingHealthyMayBeChangedUntilTheReboot() throws Exception {
        ObjectNode spec = spec("2.0.0").put("healthTimeout", "10m");
        spec.putObject("reboot").put("policy", "Manual");
        apply(spec);
        powerOn(machine.powerOn());
        awaitCondition("Reconciling", "True", "version 2.0.0 is installed; it is tried when somebody says skerry os reboot");
        OsJournal journal = new OsJournal(machine.data);
        apply(spec.put("healthTimeout", "1h"));
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(journal.load().update().orElseThrow().gate()).isEqualTo(Duration.ofHours(1)));
        assertThat(server.requests).as("it is not fetched for that").hasSize(1);
        allowReboot();
        awaitRebootInto(Slot.B);
        assertThat(machine.updater(machine.powerOn()).trialUpdate().orElseThrow().gate()).isEqualTo(Duration.ofHours(1));
    }

    private void allowReboot() {
        client.resources(OSImage.class).withName("os").edit(image -> {
            image.getMetadata().setAnnotations(Map.of(OsImageController.REBOOT, "2.0.0"));
            return image;
        });
    }

    @Test
    void waitsForTheWindow() throws Exception {
        ObjectNode spec = spec("2.0.0");
        spec.putObject("reboot").put("policy", "Window").putObject("window").put("start", "02:00").put("duration", "1h");
        apply(spec);
        powerOn(machine.powerOn());
        awaitCondition("Reconciling", "True", "version 2.0.0 is installed; the window for its reboot begins at 2126-11-02T02:00:00Z");
        assertThat(machine.reboots).isZero();
    }

    /** A board without a clock starts at the time at which the power went, which may have been in the window. */
    @Test
    void aClockThatNobodyConfirmedOpensNoWindow() throws Exception {
        clockKnown = false;
        ObjectNode spec = spec("2.0.0");
        spec.putObject("reboot").put("policy", "Window").putObject("window").put("start", "11:00").put("duration", "2h");
        apply(spec);
        powerOn(machine.powerOn());
        awaitCondition("Reconciling", "True", "version 2.0.0 is installed; the window for its reboot is not known before a time server has answered");
        assertThat(machine.reboots).isZero();
        clockKnown = true;
        awaitRebootInto(Slot.B);
    }

    @Test
    void saysWhatIsWrongWithTheImage() throws Exception {
        powerOn(machine.powerOn());
        ObjectNode otherBoard = spec("2.0.0");
        ((ObjectNode) otherBoard.at("/images/0")).put("board", "raspberrypi4");
        apply(otherBoard);
        awaitCondition("Stalled", "True", "spec.images has no image for this device's board generic-amd64, only for raspberrypi4");
        server.content = new TestImage("2.0.0", TestImage.key(), 1 << 20).build();
        apply(spec("2.0.0"));
        awaitCondition("Stalled", "True", "version 2.0.0 is refused: the image's manifest is signed by none of the keys that this device trusts (release.pem); sign it with one of them, or put its key under trust.os in skerry.yaml");
        server.content = second.build();
        server.status = 404;
        apply(spec("2.0.0"));
        awaitCondition("Reconciling", "True", "downloading version 2.0.0 is tried again: GET " + server.url() + ": 404 Not Found");
        assertThat(image().getStatus().path("lastError").asText()).contains("404");
        apply(spec("1.0.0"));
        awaitCondition("Ready", "True", "version 1.0.0 runs in slot a");
        assertThat(machine.names()).as("nothing was touched").containsExactly("skerry-a.conf");
    }

    /** A portal's page, with status 200. */
    @Test
    void whatIsNotTheFileYetIsAskedForAgain() throws Exception {
        apply(spec("2.0.0"));
        server.content = "<html>please log in</html>".getBytes(StandardCharsets.US_ASCII);
        powerOn(machine.powerOn());
        awaitCondition("Reconciling", "True", "downloading version 2.0.0 is tried again: " + server.url() + ": what the server sent is not an OS update file: it ends before root.img");
        server.content = second.build();
        awaitRebootInto(Slot.B);
        assertThat(machine.holds(Slot.B, second)).isTrue();
    }

    /** To know that it is another one took its whole download. */
    @Test
    void anotherFileThanTheOneNamedIsSaidAndNotAskedForSoon() throws Exception {
        ObjectNode spec = spec("2.0.0");
        server.content = new TestImage("2.0.0", machine.key, 2 << 20).build();
        apply(spec);
        powerOn(machine.powerOn());
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(condition("Reconciling").path("message").asText()).startsWith("downloading version 2.0.0")
                .endsWith(" is tried again: " + server.url() + " has the SHA-256 " + Digests.sha256(server.content) + ", it should be " + Digests.sha256(second.build())));
        await().during(Duration.ofSeconds(12)).atMost(Duration.ofSeconds(20)).until(() -> server.requests.size() == 1);
        apply(spec("2.0.0"));
        awaitRebootInto(Slot.B);
    }

    /** Settings change by a restart. */
    @Test
    void whatAnotherKeyCuresIsAskedForOnceAStart() throws Exception {
        KeyPair other = TestImage.key();
        TestImage theirs = new TestImage("2.0.0", other, 1 << 20);
        server.content = theirs.build();
        apply(spec("2.0.0"));
        powerOn(machine.powerOn());
        awaitCondition("Stalled", "True", "version 2.0.0 is refused: the image's manifest is signed by none of the keys that this device trusts (release.pem); "
                + "sign it with one of them, or put its key under trust.os in skerry.yaml");
        apply(spec("2.0.0").put("healthTimeout", "5m"));
        awaitCondition("Stalled", "True", condition("Stalled").path("message").asText());
        assertThat(server.requests).as("not over and over").hasSize(1);
        powerOff();
        TestImage.trust(machine.trust, "other.pem", other);
        powerOn(machine.powerOn());
        awaitRebootInto(Slot.B);
        assertThat(machine.holds(Slot.B, theirs)).isTrue();
    }

    /** RuntimeMaxSec of the unit that sees to the end of a trial is longer than that. */
    @Test
    void aTrialHasALimit() throws Exception {
        assertThatThrownBy(() -> apply(spec("2.0.0").put("healthTimeout", "2h0m1s"))).hasMessageContaining("spec.healthTimeout").hasMessageContaining("must be at most 2h");
        apply(spec("2.0.0").put("healthTimeout", "2h"));
        assertThatThrownBy(() -> apply(spec("2.0.0").put("healthTimeout", "3h"))).hasMessageContaining("must be at most 2h");
    }

    /** A version before this one let it in. */
    @Test
    void anEarlierVersionsLongerTrialIsTakenAsTheLongest() throws Exception {
        JsonNode definition = client.getKubernetesSerialization().convertValue(
                client.apiextensions().v1().customResourceDefinitions().withName("osimages.appliance.skerry.io").get(), JsonNode.class);
        ((ObjectNode) definition.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/healthTimeout")).remove("x-kubernetes-validations");
        client.apiextensions().v1().customResourceDefinitions().resource(client.getKubernetesSerialization().convertValue(definition, CustomResourceDefinition.class)).update();
        apply(spec("2.0.0").put("healthTimeout", "4h"));
        Crds.ensure(client, OsImageController.definitions());
        await().untilAsserted(() -> assertThatThrownBy(() -> apply(spec("2.0.0").put("healthTimeout", "5h"))).hasMessageContaining("must be at most 2h"));
        powerOn(machine.powerOn());
        awaitRebootInto(Slot.B);
        assertThat(machine.updater(machine.powerOn()).trialUpdate().orElseThrow().gate()).isEqualTo(Duration.ofHours(2));
        awaitCondition("Reconciling", "True", condition("Reconciling").path("message").asText());
    }

    /** As when a commit gives it another name: what is new is applied before what is gone is pruned. */
    @Test
    void theNextIsTakenWhenTheFirstGoes() throws Exception {
        ObjectNode waits = spec("2.0.0");
        waits.putObject("reboot").put("policy", "Manual");
        apply(waits);
        powerOn(machine.powerOn());
        awaitCondition("Reconciling", "True", "version 2.0.0 is installed; it is tried when somebody says skerry os reboot");
        create("os-1.3", spec("1.0.0"));
        awaitConflict("os-1.3", "os");
        client.resources(OSImage.class).withName("os").delete();
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            assertThat(condition("os-1.3", "Ready").path("message").asText()).isEqualTo("version 1.0.0 runs in slot a");
            assertThat(image("os-1.3").getStatus().path("state").asText()).as("nothing is wanted of the other").isEqualTo("Idle");
        });
    }

    @Test
    void theFirstGoesOnWhenAnotherGoes() throws Exception {
        apply(spec("1.0.0"));
        powerOn(machine.powerOn());
        awaitCondition("Ready", "True", "version 1.0.0 runs in slot a");
        create("os-1.3", spec("2.0.0"));
        awaitConflict("os-1.3", "os");
        client.resources(OSImage.class).withName("os-1.3").delete();
        apply(spec("2.0.0"));
        awaitRebootInto(Slot.B);
        assertThat(conditions()).containsExactly("Ready", "Reconciling");
    }

    /** Somebody's finalizer may take its time. */
    @Test
    void oneThatIsBeingDeletedCountsNoMore() throws Exception {
        apply(spec("1.0.0"));
        client.resources(OSImage.class).withName("os").edit(image -> {
            image.getMetadata().setFinalizers(List.of("example.org/later"));
            return image;
        });
        create("os-1.3", spec("2.0.0"));
        powerOn(machine.powerOn());
        awaitConflict("os-1.3", "os");
        client.resources(OSImage.class).withName("os").delete();
        awaitRebootInto(Slot.B);
        assertThat(image().getMetadata().getDeletionTimestamp()).isNotNull();
    }

    @Test
    void aMachineOfAnotherKindSaysThatItIs() throws Exception {
        apply(spec("2.0.0"));
        control(Optional.empty());
        awaitCondition("Stalled", "True", "not an image");
    }

    /** A version that came by hand is on trial there as anywhere; it is the OSImage alone that means nobody's system. */
    @Test
    void withOneDatastoreForSeveralATrialIsBroughtToItsEndAllTheSame() throws Exception {
        Path file = Files.write(folder.resolve("second.os.tar"), second.build());
        OsTool tool = new OsTool(machine.updater(machine.powerOn()), Json::object);
        tool.install(file.toString(), null, bytes -> { });
        tool.reboot();
        apply(spec("3.0.0"));

        OsUpdates updates = new OsUpdates(machine.updater(machine.powerOn()), () -> health, Duration.ofMillis(100));
        Informers informers = new Informers(client);
        running.push(informers);
        OperatingSystem.control(Optional.of(updates), "", folder.resolve("data"), true, informers, running::push);
        running.push(updates);
        updates.start();
        awaitCondition("Stalled", "True", "several servers are on this datastore; update their operating systems with skerry os update");
        await().untilAsserted(() -> assertThat(updates.journal().history()).singleElement().extracting(OsJournal.Past::outcome).isEqualTo(OsJournal.Outcome.KEPT));
        powerOff();
        assertThat(machine.powerOn().slot()).as("and booted from now on").isEqualTo(Slot.B);
    }

    private void powerOn(LoaderEntry booted) {
        OsUpdates updates = new OsUpdates(machine.updater(booted), () -> health, Duration.ofSeconds(3));
        control(Optional.of(updates));
        running.push(updates);
        updates.start();
    }

    private void control(Optional<OsUpdates> updates) {
        Informers informers = new Informers(client);
        running.push(informers);
        // Ahead of this machine's, by which a window is waited for.
        Clock clock = Clock.fixed(Instant.parse("2126-11-01T12:00:00Z"), ZoneOffset.UTC);
        ControllerManager manager = new ControllerManager(informers, List.of(new OsImageController(informers, updates, "not an image", folder.resolve("data"), clock, () -> clockKnown)));
        running.push(manager);
        manager.start();
    }

    private void powerOff() throws Exception {
        while (!running.isEmpty()) {
            running.pop().close();
        }
    }

    private ObjectNode spec(String version) {
        ObjectNode spec = Json.object().put("version", version);
        spec.putArray("images").addObject().put("board", TestImage.BOARD).put("url", server.url()).put("sha256", Digests.sha256(server.content)).put("size", server.content.length);
        return spec;
    }

    private void apply(ObjectNode spec) {
        if (image() == null) {
            create("os", spec);
        } else {
            client.resources(OSImage.class).withName("os").edit(old -> {
                old.setSpec(spec);
                return old;
            });
        }
    }

    private void create(String name, ObjectNode spec) {
        OSImage image = new OSImage();
        image.setMetadata(new ObjectMetaBuilder().withName(name).build());
        image.setSpec(spec);
        client.resources(OSImage.class).resource(image).create();
    }

    private OSImage image() {
        return image("os");
    }

    private OSImage image(String name) {
        return client.resources(OSImage.class).withName(name).get();
    }

    private void awaitConflict(String name, String first) {
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> assertThat(condition(name, "Stalled").path("message").asText())
                .isEqualTo("the OSImage " + first + " says already what this device shall run; keep one of them"));
    }

    private void awaitRebootInto(Slot slot) {
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            assertThat(machine.reboots).as("%s", image().getStatus()).isPositive();
            assertThat(machine.names()).contains("skerry-" + slot.letter() + "+3.conf");
        });
    }

    private void awaitCondition(String type, String status, String message) {
        await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            assertThat(condition(type).path("message").asText()).isEqualTo(message);
            assertThat(condition(type).path("status").asText()).isEqualTo(status);
            assertThat(image().getStatus().path("observedGeneration").asLong()).isEqualTo(image().getMetadata().getGeneration());
        });
    }

    private JsonNode condition(String type) {
        return condition("os", type);
    }

    private JsonNode condition(String name, String type) {
        if (image(name).getStatus() != null) {
            for (JsonNode condition : image(name).getStatus().path("conditions")) {
                if (condition.path("type").asText().equals(type)) {
                    return condition;
                }
            }
        }
        return Json.object();
    }

    private List<String> conditions() {
        return image().getStatus().path("conditions").valueStream().map(c -> c.path("type").asText()).toList();
    }
}
