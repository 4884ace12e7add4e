package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.appliance.device.Device;
import io.skerry.appliance.device.SettingsStore;
import io.skerry.appliance.device.usb.UsbImport;
import io.skerry.appliance.device.usb.UsbImport.Outcome;
import io.skerry.image.Digests;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.bundle.BundleWriter;
import io.skerry.image.layout.Slot;
import io.skerry.image.settings.ServerFlags;
import io.skerry.machinery.json.Json;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operating system that comes on a stick, from the stick to the slot and its trial. */
class StickSystemTest {
    private static final String NAME = "shop-2.os.tar";

    @TempDir
    Path folder;
    private TestMachine machine;
    private TestImage second;
    private Device device;
    private Path stick;

    @BeforeEach
    void plugIn() throws Exception {
        machine = new TestMachine(folder.resolve("machine")).flash();
        second = new TestImage("2.0.0", machine.key, 1 << 20);
        device = new Device(folder.resolve("device"));
        stick = folder.resolve("stick");
        Path bundle = stick.resolve(BundleManifest.FOLDER);
        Files.createDirectories(bundle.resolve("os"));
        Files.write(bundle.resolve("os").resolve(NAME), second.build());
        BundleWriter.write(bundle, "shop", Instant.parse("2026-05-01T12:00:00Z"), machine.key.getPrivate());
    }

    private OsTool tool(LoaderEntry booted) {
        return new OsTool(machine.updater(booted), Json::object);
    }

    private UsbImport usb(LoaderEntry booted) {
        return usb(tool(booted));
    }

    private UsbImport usb(OsTool tool) {
        UsbImport.IdleSlot slot = new UsbImport.IdleSlot() {
            @Override
            public boolean install(Path update) throws IOException, BundleException {
                try {
                    return tool.bring(update.toString(), null, bytes -> { }).isPresent();
                } catch (OsUpdateException e) {
                    throw new BundleException(e.getMessage());
                }
            }

            @Override
            public String board() {
                return tool.board();
            }

            @Override
            public String cannotTry() throws IOException {
                return tool.cannotTry();
            }

            @Override
            public boolean waits(String sha256) {
                return tool.waits(sha256);
            }
        };
        return new UsbImport(device.paths, new SettingsStore(device.paths, ServerFlags.UNKNOWN), content -> { }, List.of(machine.key.getPublic()), slot);
    }

    @Test
    void aCutBeforeTheRestartDoesNotLoseIt() throws Exception {
        assertThat(usb(machine.powerOn()).take(stick)).isEqualTo(Outcome.TRY_SYSTEM);
        LoaderEntry old = machine.powerOn();
        assertThat(old.slot()).as("the power was cut").isEqualTo(Slot.A);
        assertThat(usb(old).resume()).isEqualTo(Outcome.TRY_SYSTEM);
        tool(old).reboot();
        assertThat(usb(old).resume()).as("it has begun: the update's own journal goes on with it").isEqualTo(Outcome.NOTHING);
        LoaderEntry trial = machine.powerOn();
        assertThat(trial.slot()).isEqualTo(Slot.B);
        assertThat(usb(trial).resume()).isEqualTo(Outcome.NOTHING);
        fallBack(trial);
        assertThat(usb(machine.powerOn()).resume()).as("what fell back is not tried again by itself").isEqualTo(Outcome.NOTHING);
        assertThat(usb(machine.powerOn()).take(stick)).as("nor by the stick that is still there").isEqualTo(Outcome.NOTHING);
    }

    @Test
    void anOsImageFindsItWithoutTheStick() throws Exception {
        usb(machine.powerOn()).take(stick);
        tool(machine.powerOn()).reboot();
        fallBack(machine.powerOn());
        ObjectNode spec = Json.object().put("version", "2.0.0").put("attempt", 1);
        spec.putArray("images").addObject().put("board", TestImage.BOARD).put("bundle", NAME).put("sha256", Digests.sha256(second.build()));
        Updater updater = machine.updater(machine.powerOn());
        updater.fetch(OsImageSpec.of(spec, TestImage.BOARD, OsDevice.bundles(device.paths.data())).target(), bytes -> { }, () -> false);
        assertThat(machine.holds(Slot.B, second)).isTrue();
    }

    /** As when the server is fetching what the fleet repository names. */
    @Test
    void aSlotThatIsBusyIsNoRefusal() throws Exception {
        LoaderEntry booted = machine.powerOn();
        TestImage third = new TestImage("3.0.0", machine.key, 1 << 20);
        machine.updater(booted).fetch(TestMachine.target(third, new MemorySource(third.build()) {
            @Override
            public InputStream open(long offset) throws IOException {
                assertThatThrownBy(() -> usb(booted).take(stick)).isInstanceOf(SlotLock.BusyException.class);
                return super.open(offset);
            }
        }), bytes -> { }, () -> false);
        assertThat(machine.holds(Slot.B, third)).isTrue();
        assertThat(usb(booted).resume()).as("at the next boot, or when the stick is plugged in again").isEqualTo(Outcome.TRY_SYSTEM);
        assertThat(machine.holds(Slot.B, second)).isTrue();
    }

    /** The server waits for a network in the midst of a download, and the stick may bring the settings that mend it. */
    @Test
    void aDownloadWithoutHeadwayIsBrokenOffForAStick() throws Exception {
        LoaderEntry booted = machine.powerOn();
        TestImage third = new TestImage("3.0.0", machine.key, 1 << 20);
        CountDownLatch asked = new CountDownLatch(1);
        ImageSource unreachable = new MemorySource(third.build()) {
            @Override
            public InputStream open(long offset) throws IOException {
                asked.countDown();
                throw new IOException("no route to host");
            }

            @Override
            public boolean remote() {
                return true;
            }
        };
        FetchPolicy patient = new FetchPolicy(Duration.ofHours(1), Duration.ofHours(1), 8, TestMachine.CHECKPOINT);
        try (OsUpdates server = new OsUpdates(machine.updater(booted, patient, Duration.ZERO), () -> {
            throw new IllegalStateException("it does not come to a reboot");
        }, Duration.ZERO)) {
            server.start();
            server.want(TestMachine.target(third, unreachable));
            assertThat(asked.await(30, TimeUnit.SECONDS)).isTrue();
            OsTool tool = new OsTool(machine.updater(booted, patient, Duration.ofMinutes(1)), Json::object);
            try (Closeable _ = tool.goFirst()) {
                assertThat(usb(tool).take(stick)).isEqualTo(Outcome.TRY_SYSTEM);
                await().untilAsserted(() -> assertThat(server.status().error()).startsWith("another skerry process is updating the operating system just now"));
                tool.reboot();
            }
        }
        LoaderEntry trial = machine.powerOn();
        assertThat(trial.slot()).isEqualTo(Slot.B);
        assertThat(trial.osVersion()).isEqualTo("2.0.0");
        assertThat(machine.holds(Slot.B, second)).isTrue();
    }

    @Test
    void anotherBoardsIsRefused() throws Exception {
        TestImage other = new TestImage("2.0.0", machine.key, 1 << 20);
        other.manifest = node -> node.put("board", "raspberrypi4");
        Path bundle = stick.resolve(BundleManifest.FOLDER);
        Files.write(bundle.resolve("os").resolve(NAME), other.build());
        BundleWriter.write(bundle, "shop", Instant.parse("2026-05-01T12:00:00Z"), machine.key.getPrivate());
        assertThatThrownBy(() -> usb(machine.powerOn()).take(stick)).isInstanceOf(BundleException.class)
                .hasMessageContaining("os/" + NAME + ": is for the board raspberrypi4, this device is a generic-amd64");
        assertThat(usb(machine.powerOn()).resume()).isEqualTo(Outcome.NOTHING);
        assertThat(machine.names()).as("nothing was touched").containsExactly("skerry-a.conf");
    }

    private void fallBack(LoaderEntry trial) throws IOException {
        Updater fresh = machine.updater(trial);
        fresh.settle();
        fresh.giveUp("no driver");
        Updater back = machine.updater(machine.powerOn());
        assertThat(back.settle()).isEqualTo(Updater.Next.NOTHING);
        assertThat(back.running().version()).isEqualTo("1.0.0");
    }
}
