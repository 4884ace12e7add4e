package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.image.layout.Slot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files are as Linux shows them on the boards. */
class TryFlagTest {
    @TempDir
    Path machine;

    @BeforeEach
    void pi4() throws IOException {
        compatible("raspberrypi,4-model-b", "brcm,bcm2711");
        loaderBuilt("2026-01-09T00:00:00Z");
    }

    @Test
    void aKernelThatCannotTellTheFirmwareIsNoUse() throws IOException {
        assertThat(problem()).contains("skerry_tryboot is not loaded");
        Files.createDirectories(machine.resolve("sys/module/skerry_tryboot"));
        assertThat(problem()).isEmpty();
    }

    @Test
    void raspberryPisOwnKernelTellsItByItself() throws IOException {
        Files.createDirectories(machine.resolve("dev"));
        Files.createFile(machine.resolve("dev/vcio"));
        assertThat(problem()).isEmpty();
    }

    @Test
    void aPi3ForgetsTheFlagWhateverItsKernel() throws IOException {
        Files.createDirectories(machine.resolve("sys/module/skerry_tryboot"));
        compatible("raspberrypi,3-model-b-plus", "brcm,bcm2837");
        assertThat(problem()).contains("a Raspberry Pi 3 or Zero 2 W").contains("flash the card anew");
    }

    @Test
    void anOldBootLoaderIsToldWithItsDate() throws IOException {
        Files.createDirectories(machine.resolve("sys/module/skerry_tryboot"));
        loaderBuilt("2022-04-26T10:24:28Z");
        assertThat(problem()).contains("is of 2022-04-26").contains("rpi-eeprom-update -a");
        loaderBuilt("2022-10-18T12:00:00Z");
        assertThat(problem()).isEmpty();
        Files.delete(machine.resolve("proc/device-tree/chosen/bootloader/build-timestamp"));
        assertThat(problem()).as("a firmware that does not say it").isEmpty();
    }

    @Test
    void nothingIsFetchedOrRebootedInVain() throws Exception {
        TestMachine device = new TestMachine(machine.resolve("device")).flash();
        OsJournal journal = new OsJournal(device.data);
        BootLoader pi = new TryBoot(null, null, argument -> device.reboots++, new TryFlag(machine));
        Updater updater = device.updater(device.powerOn(), real -> pi, journal);
        TestImage second = new TestImage("2.0.0", device.key, 1 << 20);
        MemorySource source = new MemorySource(second.build());
        assertThatThrownBy(() -> updater.fetch(TestMachine.target(second, source), bytes -> { }, () -> false)).isInstanceOf(OsUpdateException.class)
                .hasMessageContaining("skerry_tryboot is not loaded");
        assertThatThrownBy(() -> updater.prepareRollback(Duration.ofMinutes(1))).isInstanceOf(OsUpdateException.class).hasMessageContaining("skerry_tryboot is not loaded");
        assertThat(Files.readAllBytes(device.root(Slot.B))).containsOnly(0);
        assertThat(journal.load().update()).isEmpty();
        assertThat(journal.load().history()).as("so that it is tried as soon as the machine can").isEmpty();
        assertThat(device.reboots).isZero();
    }

    private String problem() throws IOException {
        return new TryFlag(machine).problem();
    }

    private void compatible(String... names) throws IOException {
        write("proc/device-tree/compatible", (String.join("\0", names) + "\0").getBytes());
    }

    private void loaderBuilt(String time) throws IOException {
        write("proc/device-tree/chosen/bootloader/build-timestamp", ByteBuffer.allocate(4).putInt((int) Instant.parse(time).getEpochSecond()).array());
    }

    private void write(String name, byte[] content) throws IOException {
        Files.createDirectories(machine.resolve(name).getParent());
        Files.write(machine.resolve(name), content);
    }
}
