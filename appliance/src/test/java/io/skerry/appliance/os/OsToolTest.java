package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.appliance.UserError;
import io.skerry.image.layout.Slot;
import java.nio.file.Files;
import java.nio.file.Path;
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
        OsTool tool = new OsTool(machine.updater(machine.powerOn()));
        assertThat(tool.status().toString()).isEqualTo("{\"version\":\"1.0.0\",\"board\":\"generic-amd64\",\"slot\":\"a\",\"otherSlot\":{\"slot\":\"b\"},\"history\":[]}");
        assertThat(tool.install(file.toString(), null, bytes -> { })).contains("2.0.0");
        assertThat(tool.installed()).contains("2.0.0");
        assertThat(tool.status().at("/update/state").asText()).isEqualTo("Installed");
        tool.reboot();
        assertThat(machine.reboots).isEqualTo(1);

        Updater fresh = machine.updater(machine.powerOn());
        assertThat(new OsTool(fresh).status().at("/update/state").asText()).isEqualTo("OnTrial");
        assertThat(new OsTool(fresh).install(file.toString(), null, bytes -> { })).as("runs already").isEmpty();
        fresh.keep();
        tool = new OsTool(machine.updater(machine.powerOn()));
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
        OsTool tool = new OsTool(machine.updater(machine.powerOn()));
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
        refused(() -> tool.install(bad.toString(), null, bytes -> { }), "version 2.0.0 is not tried again: the image's root.img has the SHA-256");
        assertThat(tool.install(file.toString(), null, bytes -> { })).as("the good one is another file").contains("2.0.0");
    }

    private interface Call {
        void run() throws Exception;
    }

    private static void refused(Call call, String message) {
        assertThatThrownBy(call::run).isInstanceOf(UserError.class).hasMessageContaining(message);
    }
}
