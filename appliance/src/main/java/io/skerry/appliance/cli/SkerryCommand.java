package io.skerry.appliance.cli;

import io.quarkus.picocli.runtime.annotations.TopCommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@TopCommand
@Command(
        name = "skerry",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {ServerCommand.class, KubectlCommand.class, StatusCommand.class, KillAllCommand.class, SnapshotCommand.class, SecretsEncryptCommand.class, ImageCommand.class, OsCommand.class, DeviceCommand.class, HelpCommand.class},
        description = "A small Kubernetes for fleets of edge devices that keep to a Git repository.",
        footer = {"", "Configuration: flags, then SKERRY_* environment variables, then the configuration file",
            "(/etc/skerry/config.yaml, keys are the flags' names without the dashes)."})
public final class SkerryCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name a command, for example: skerry server");
    }
}
