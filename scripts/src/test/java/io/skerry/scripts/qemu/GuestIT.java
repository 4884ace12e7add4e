package io.skerry.scripts.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** The harness itself, with an empty disk: real QEMU, real firmware. */
@Tag("image")
class GuestIT {
    private static final Pattern NOTHING_TO_BOOT = Pattern.compile("BdsDxe: (failed to load|No bootable option)");

    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource
    void theFirmwareRunsAndIsHeardAndIsCutOff(Board board) throws Exception {
        Path image = folder.resolve("empty.img");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(1 << 20);
        }
        try (Guest guest = Guest.on(Qemu.find(), board).folder(folder.resolve("guest")).image(image).build()) {
            guest.start();
            guest.console().await(NOTHING_TO_BOOT, 0, Duration.ofMinutes(2));
            assertThat(guest.qmp().run("query-status", null).path("status").asText()).isEqualTo("running");
            assertThat(guest.qmp().bytesWritten("disk")).isZero();
            ObjectNode wrong = Json.object().put("id", "no-such-device");
            assertThatThrownBy(() -> guest.qmp().run("device_del", wrong)).hasMessageContaining("no-such-device");
            assertThatThrownBy(() -> guest.console().await(Pattern.compile("never shown"), 0, Duration.ofMillis(50))).hasMessageContaining("BdsDxe");
            guest.cutPower();
            assertThat(guest.isRunning()).isFalse();
            guest.start();
            guest.console().await(NOTHING_TO_BOOT, 0, Duration.ofMinutes(2));
        }
        assertThat(Files.readString(folder.resolve("guest/console.log"))).contains("BdsDxe");
    }
}
