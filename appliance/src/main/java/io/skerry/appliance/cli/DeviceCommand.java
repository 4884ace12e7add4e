package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.appliance.device.ConfigPartition;
import io.skerry.appliance.device.DeviceBoot;
import io.skerry.appliance.device.DeviceClock;
import io.skerry.appliance.device.DevicePaths;
import io.skerry.appliance.device.SettingsStore;
import io.skerry.appliance.device.usb.BundleKeys;
import io.skerry.appliance.device.usb.Stick;
import io.skerry.appliance.device.usb.UsbImport;
import io.skerry.appliance.os.OsTool;
import io.skerry.appliance.os.OsUpdateException;
import io.skerry.appliance.server.KnownFlags;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.layout.DeviceLayout;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skerry device}: what the units of an image run. On any other machine it would change what is not skerry's. */
@Command(name = "device", hidden = true, mixinStandardHelpOptions = true, description = "What the units of an image run.",
        subcommands = {DeviceCommand.Boot.class, DeviceCommand.SaveClock.class, DeviceCommand.Usb.class})
public final class DeviceCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name what to do; all of it is for the units of an image");
    }

    /** {@code skerry-device.service}. */
    @Command(name = "boot", mixinStandardHelpOptions = true, description = "Set the clock, grow the data partition, apply the settings.")
    public static final class Boot implements Callable<Integer> {
        @Override
        public Integer call() {
            new DeviceBoot(device(), new KnownFlags(), System.out).run();
            return 0;
        }
    }

    /** {@code skerry-clock.service}. */
    @Command(name = "save-clock", mixinStandardHelpOptions = true, description = "Keep the present time on the data partition.")
    public static final class SaveClock implements Callable<Integer> {
        @Override
        public Integer call() {
            try {
                new DeviceClock(device()).save();
                return 0;
            } catch (IOException e) {
                throw new UserError("cannot keep the time: " + e.getMessage(), e);
            }
        }
    }

    /** {@code skerry-usb@.service}, and {@code skerry-usb-resume.service} without a device. */
    @Command(name = "usb", mixinStandardHelpOptions = true, description = "Take settings or a bundle from a USB stick, or go on with what a power cut interrupted.")
    public static final class Usb implements Callable<Integer> {
        @Parameters(arity = "0..1", paramLabel = "DEVICE", description = "The stick's file system, such as /dev/sdb1.")
        Path stick;

        @Override
        public Integer call() {
            DevicePaths paths = device();
            try (OtherSlot slot = new OtherSlot(paths)) {
                UsbImport usb = new UsbImport(paths, new SettingsStore(paths, new KnownFlags()), ConfigPartition.of(paths), BundleKeys.load(paths.trust()), slot);
                UsbImport.Outcome outcome = stick == null ? usb.resume() : take(usb, paths);
                if (outcome != UsbImport.Outcome.NOTHING) {
                    System.out.println("skerry: what the USB stick brought is taken" + (outcome == UsbImport.Outcome.DONE ? "" : "; restarting"));
                }
                switch (outcome) {
                    case RESTART -> io.skerry.node.host.Command.run(Duration.ofMinutes(1), "systemctl", "--no-block", "reboot");
                    case TRY_SYSTEM -> {
                        io.skerry.node.host.Command.run(Duration.ofMinutes(5), DeviceLayout.BINARY, "os", "reboot");
                        usb.tried();
                    }
                    default -> { }
                }
                return 0;
            } catch (BundleException e) {
                // The stick is at fault, not the unit that looked at it.
                System.out.println("skerry: " + e.getMessage());
                return 0;
            } catch (IOException e) {
                throw new UserError("the USB stick could not be taken: " + e.getMessage(), e);
            }
        }

        private UsbImport.Outcome take(UsbImport usb, DevicePaths paths) throws IOException, BundleException {
            if (Stick.isSystemDisk(paths, stick)) {
                return UsbImport.Outcome.NOTHING;
            }
            try (Stick mounted = Stick.mount(stick, paths.run())) {
                return usb.take(mounted.folder());
            }
        }
    }

    private static final class OtherSlot implements UsbImport.IdleSlot, Closeable {
        private final DevicePaths paths;
        /** From the first system on, until the restart into it has begun: a server that fetches another would overwrite it. */
        private Closeable first;

        OtherSlot(DevicePaths paths) {
            this.paths = paths;
        }

        @Override
        public boolean install(Path update) throws IOException, BundleException {
            OsTool tool = OsTool.open(paths.data());
            if (first == null) {
                first = tool.goFirst();
            }
            try {
                return tool.bring(update.toString(), null, bytes -> { }).isPresent();
            } catch (OsUpdateException e) {
                throw new BundleException(e.getMessage());
            }
        }

        @Override
        public void close() throws IOException {
            if (first != null) {
                first.close();
            }
        }

        @Override
        public String board() {
            return OsTool.open(paths.data()).board();
        }

        @Override
        public String cannotTry() throws IOException {
            return OsTool.open(paths.data()).cannotTry();
        }

        @Override
        public boolean waits(String sha256) {
            return OsTool.open(paths.data()).waits(sha256);
        }
    }

    private static DevicePaths device() {
        DevicePaths paths = DevicePaths.system();
        if (!paths.isImage()) {
            throw new UserError("this machine does not run a skerry image, and 'skerry device' would change its settings");
        }
        return paths;
    }
}
