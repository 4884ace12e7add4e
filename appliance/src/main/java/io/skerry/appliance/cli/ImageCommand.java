package io.skerry.appliance.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code skerry image}: what is done to images on a build machine or laptop, never on a device. */
@Command(name = "image", mixinStandardHelpOptions = true, description = "Build, check and write the OS image.",
        subcommands = {ImageBuildCommand.class, ImageKeygenCommand.class, ImageValidateCommand.class, ImageBundleCommand.class, ImageFlashCommand.class, ImageOsListCommand.class})
public final class ImageCommand implements Runnable {
    @Spec
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "name what to do with the image, for example: skerry image build");
    }
}
