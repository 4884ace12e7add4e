package io.skerry.appliance.config;

import java.time.Duration;
import picocli.CommandLine;

/** How the values of flags are read, wherever they stand. */
public final class Converters {
    private Converters() {}

    public static CommandLine register(CommandLine commandLine) {
        return commandLine.registerConverter(Duration.class, GoDuration::parse).registerConverter(ApiserverArg.class, ApiserverArg::parse)
                .registerConverter(ControllerManagerArg.class, ControllerManagerArg::parse)
                .setCaseInsensitiveEnumValuesAllowed(true);
    }
}
