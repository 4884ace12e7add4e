package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.appliance.config.ServerOptions;
import io.skerry.appliance.device.DeviceBoot;
import io.skerry.appliance.device.DeviceClock;
import io.skerry.appliance.device.DevicePaths;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skerry device}: what the units of an image run. On any other machine it would change what is not skerry's. */
@Command(name = "device", hidden = true, mixinStandardHelpOptions = true, description = "What the units of an image run.",
        subcommands = {DeviceCommand.Boot.class, DeviceCommand.SaveClock.class})
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
            new DeviceBoot(device(), ServerOptions.names(), System.out).run();
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

    private static DevicePaths device() {
        DevicePaths paths = DevicePaths.system();
        if (!paths.isImage()) {
            throw new UserError("this machine does not run a skerry image, and 'skerry device' would change its settings");
        }
        return paths;
    }
}
