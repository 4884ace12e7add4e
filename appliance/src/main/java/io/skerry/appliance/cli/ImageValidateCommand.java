package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.appliance.server.KnownFlags;
import io.skerry.image.settings.JsonSchema;
import io.skerry.image.settings.Problem;
import io.skerry.image.settings.Settings;
import io.skerry.image.settings.SettingsException;
import io.skerry.image.settings.SettingsFile;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skerry image validate}: what a device or an image build would say of a settings file, before anything is flashed. */
@Command(name = "validate", mixinStandardHelpOptions = true, description = "Check a skerry.yaml or image.yaml; exit code 1 when something is wrong.")
public final class ImageValidateCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "FILE", description = "The settings file. One named image.yaml may have the section 'build'.")
    Path file;

    @Option(names = "--build", description = "Take the file for an image.yaml whatever it is named.")
    boolean build;

    @Option(names = "--schema", description = "Print the JSON Schema of skerry.yaml (with --build: of image.yaml), for editors.")
    boolean schema;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (schema) {
            out.println(JsonSchema.of(build).toPrettyString());
            return 0;
        }
        if (file == null) {
            throw new ParameterException(spec.commandLine(), "name the settings file, for example: skerry image validate skerry.yaml");
        }
        boolean forBuild = build || file.getFileName().toString().equals("image.yaml");
        try {
            SettingsFile reader = forBuild ? SettingsFile.ofImage(new KnownFlags()) : SettingsFile.ofDevice(new KnownFlags());
            Settings settings = reader.read(file);
            settings.warnings().forEach(warning -> out.println(warning + " (only a note)"));
            out.println(file + " is right");
            return 0;
        } catch (SettingsException e) {
            for (Problem problem : e.problems()) {
                spec.commandLine().getErr().println(problem);
            }
            return 1;
        } catch (NoSuchFileException e) {
            throw new UserError("the settings file " + file + " does not exist", e);
        } catch (IOException e) {
            throw new UserError("cannot read the settings file " + file + ": " + e.getMessage(), e);
        }
    }
}
