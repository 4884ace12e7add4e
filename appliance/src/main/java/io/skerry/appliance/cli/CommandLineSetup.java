package io.skerry.appliance.cli;

import io.quarkus.picocli.runtime.PicocliCommandLineFactory;
import io.skerry.appliance.UserError;
import io.skerry.appliance.config.CommonOptions;
import io.skerry.appliance.config.ConfigFile;
import io.skerry.appliance.config.Converters;
import io.skerry.appliance.config.LayeredDefaults;
import io.skerry.appliance.config.ServerOptions;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.nio.file.Path;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * How every command finds its values and reports what is wrong with them: one line on standard error, exit code not 0.
 * Arguments are parsed twice: once to learn which configuration file counts, then again on top of it.
 */
@ApplicationScoped
public class CommandLineSetup {
    @Produces
    CommandLine commandLine(PicocliCommandLineFactory factory) {
        return configure(factory.create());
    }

    public static CommandLine configure(CommandLine commandLine) {
        LayeredDefaults defaults = new LayeredDefaults(System.getenv());
        return Converters.register(commandLine)
                .setDefaultValueProvider(defaults)
                .setExecutionStrategy(first -> new CommandLine.RunLast().execute(onTopOfConfigFile(commandLine, first, defaults)))
                .setParameterExceptionHandler((e, args) -> {
                    CommandLine failed = e.getCommandLine();
                    failed.getErr().println("skerry: " + oneLine(e)
                            + " (see " + failed.getCommandSpec().qualifiedName() + " --help)");
                    return failed.getCommandSpec().exitCodeOnInvalidInput();
                })
                .setExecutionExceptionHandler((e, failed, parsed) -> {
                    if (e instanceof UserError) {
                        failed.getErr().println("skerry: " + oneLine(e));
                    } else {
                        failed.getErr().println("skerry: unexpected failure, please report it: " + e);
                        e.printStackTrace(failed.getErr());
                    }
                    return failed.getCommandSpec().exitCodeOnExecutionException();
                });
    }

    private static ParseResult onTopOfConfigFile(CommandLine commandLine, ParseResult first, LayeredDefaults defaults) {
        ParseResult last = first;
        while (last.hasSubcommand()) {
            last = last.subcommand();
        }
        OptionSpec config = last.commandSpec().findOption("--config");
        // A command that does not share the server's options may have a --config of another kind.
        if (config == null || last.commandSpec().findOption("--data-dir") == null || last.isUsageHelpRequested() || last.isVersionHelpRequested()) {
            return first;
        }
        Path named = config.getValue();
        try {
            defaults.use(ConfigFile.read(named == null ? Path.of(CommonOptions.DEFAULT_CONFIG) : named, ServerOptions.names(), named != null));
        } catch (UserError e) {
            throw new ParameterException(last.commandSpec().commandLine(), e.getMessage(), e);
        }
        return commandLine.parseArgs(first.originalArgs().toArray(String[]::new));
    }

    private static String oneLine(Throwable e) {
        return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
