package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ProxyEnvironment;
import io.skerry.image.Digests;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.layout.Slot;
import io.skerry.machinery.json.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OsToolTest {
    @TempDir
    Path folder;
    private TestMachine machine;
    private TestImage second;
    private Path file;

    @BeforeEach
    void flash() throws Exception {
        machine = new TestMachine(folder).flash();
        second = new TestImage("2.0.0", machine.key, 1 << 20);
        file = Files.write(folder.resolve("second.os.tar"), second.build());
    }

    @Test
    void updatesFromAFileAndGoesBack() throws Exception {
        OsTool tool = tool(machine.updater(machine.powerOn()));
        assertThat(tool.status().toString()).isEqualTo("{\"version\":\"1.0.0\",\"board\":\"generic-amd64\",\"slot\":\"a\",\"otherSlot\":{\"slot\":\"b\"},\"history\":[]}");
        assertThat(tool.install(file.toString(), null, bytes -> { })).contains("2.0.0");
        assertThat(tool.installed()).contains("2.0.0");
        assertThat(tool.status().at("/update/state").asText()).isEqualTo("Installed");
        tool.reboot();
        assertThat(machine.reboots).isEqualTo(1);

        Updater fresh = machine.updater(machine.powerOn());
        assertThat(tool(fresh).status().at("/update/state").asText()).isEqualTo("OnTrial");
        assertThat(tool(fresh).install(file.toString(), null, bytes -> { })).as("runs already").isEmpty();
        fresh.keep();
        tool = tool(machine.updater(machine.powerOn()));
        assertThat(tool.installed()).isEmpty();
        JsonNode status = tool.status();
        assertThat(status.path("slot").asText()).isEqualTo("b");
        assertThat(status.at("/otherSlot/version").asText()).isEqualTo("1.0.0");
        assertThat(status.at("/otherSlot/good").asBoolean()).isTrue();
        assertThat(status.at("/history/0/outcome").asText()).isEqualTo("Kept");
        assertThat(tool.prepareRollback()).isEqualTo("1.0.0");
        tool.reboot();
        assertThat(machine.powerOn().slot()).isEqualTo(Slot.A);
    }

    @Test
    void whatCannotBeIsOneLine() throws Exception {
        OsTool tool = tool(machine.updater(machine.powerOn()));
        refused(() -> tool.install(folder.resolve("none.os.tar").toString(), null, bytes -> { }), "the operating system is not updated: there is no file " + folder.resolve("none.os.tar"));
        refused(() -> tool.install(Files.writeString(folder.resolve("text"), "x".repeat(2000)).toString(), null, bytes -> { }), "the operating system is not updated: ");
        refused(() -> tool.install("https://updates.example.com/x.os.tar", null, bytes -> { }), "name the SHA-256 of https://updates.example.com/x.os.tar with --sha256");
        refused(() -> tool.install("ftp://updates.example.com/x.os.tar", "0", bytes -> { }), "the operating system is not updated: ");
        refused(tool::prepareRollback, "there is no going back: slot b holds no version that was good before");
        refused(tool::reboot, "cannot reboot into the other slot: no version is installed that could be tried");
        byte[] tampered = second.build();
        tampered[tampered.length / 2] ^= 1;
        Path bad = Files.write(folder.resolve("bad.os.tar"), tampered);
        refused(() -> tool.install(bad.toString(), null, bytes -> { }), "the image's root.img has the SHA-256");
        assertThat(tool.install(file.toString(), null, bytes -> { })).as("the good one is another file").contains("2.0.0");
    }

    /** What a server's journal calls failed, a hand tries again; and an OSImage's attempts are not used up by it. */
    @Test
    void whatFailedIsTriedAgainByHand() throws Exception {
        String digest = Digests.sha256(file);
        for (int failures = 0; failures < 3; failures++) {
            OsTool tool = tool(machine.updater(machine.powerOn()));
            assertThat(tool.install(file.toString(), null, bytes -> { })).contains("2.0.0");
            assertThat(tool.waits(digest)).isTrue();
            tool.reboot();
            assertThat(tool.waits(digest)).as("the reboot has begun").isFalse();
            LoaderEntry booted = machine.powerOn();
            assertThat(booted.slot()).isEqualTo(Slot.B);
            Updater fresh = machine.updater(booted);
            fresh.settle();
            fresh.giveUp("no driver");
            Updater back = machine.updater(machine.powerOn());
            assertThat(back.settle()).isEqualTo(Updater.Next.NOTHING);
            assertThat(back.running().version()).isEqualTo("1.0.0");
        }
        OsJournal.State state = machine.updater(machine.powerOn()).state();
        assertThat(state.history()).extracting(OsJournal.Past::attempt).containsExactly(0, -1, -2);
        assertThat(state.failure(digest, 0)).as("not by itself").isPresent();
        assertThat(state.failure(digest, 1)).as("an OSImage that raises its attempt").isEmpty();
    }

    @Test
    void aKeyThatIsAddedCuresARefusal() throws Exception {
        Files.delete(machine.trust.resolve("release.pem"));
        OsTool tool = tool(machine.updater(machine.powerOn()));
        refused(() -> tool.install(file.toString(), null, bytes -> { }), "this device trusts no key for OS updates; put the public key that signs them under trust.os in skerry.yaml");
        TestImage.trust(machine.trust, "release.pem", machine.key);
        assertThat(tool(machine.updater(machine.powerOn())).install(file.toString(), null, bytes -> { })).contains("2.0.0");
        assertThat(machine.updater(machine.powerOn()).state().update().orElseThrow().attempt()).isZero();
    }

    /** The gate of the new version then holds it to that. */
    @Test
    void howTheDeviceWasIsKeptForTheGate() throws Exception {
        OsTool tool = new OsTool(machine.updater(machine.powerOn()), () -> Json.object().put("reachesFleet", true));
        tool.install(file.toString(), null, bytes -> { });
        tool.reboot();
        assertThat(machine.updater(machine.powerOn()).trialUpdate().orElseThrow().before()).isEqualTo(Json.object().put("reachesFleet", true));
    }

    /** A name that only the proxy knows. */
    @Test
    void updatesThroughTheDevicesProxy() throws Exception {
        Properties before = (Properties) System.getProperties().clone();
        try (ImageServer proxy = new ImageServer(second.build())) {
            Path environment = Files.writeString(folder.resolve("environment"), "HTTP_PROXY=" + proxy.url().replace("/skerry.os.tar", "") + "\nNO_PROXY=localhost,.example.org\n");
            ProxyEnvironment.apply(Map.of(), environment);
            assertThat(tool(machine.updater(machine.powerOn())).install("http://updates.invalid/second.os.tar", Digests.sha256(file), bytes -> { })).contains("2.0.0");
            assertThat(proxy.requests).isNotEmpty();
        } finally {
            System.setProperties(before);
        }
    }

    private static OsTool tool(Updater updater) {
        return new OsTool(updater, Json::object);
    }

    private interface Call {
        void run() throws Exception;
    }

    private static void refused(Call call, String message) {
        assertThatThrownBy(call::run).isInstanceOf(UserError.class).hasMessageContaining(message);
    }
}
