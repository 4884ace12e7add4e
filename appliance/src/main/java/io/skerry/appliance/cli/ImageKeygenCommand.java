package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.image.ImageException;
import io.skerry.image.build.KeyFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skerry image keygen}: makes the key that signs images and OS updates. */
@Command(name = "keygen", mixinStandardHelpOptions = true,
        description = "Make an Ed25519 key that signs images and OS updates. Keep it off devices and out of repositories.")
public final class ImageKeygenCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "Gets the private key (PEM); the public key is put beside it, with .pub behind its name.")
    Path file;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        try {
            KeyFiles.generate(file);
        } catch (ImageException e) {
            throw new UserError(e.getMessage(), e);
        } catch (IOException e) {
            throw new UserError("cannot write the key " + file + ": " + e.getMessage(), e);
        }
        out.println("private key: " + file + " (for: skerry image build --key)");
        out.println("public key:  " + KeyFiles.publicKeyOf(file) + " (devices whose image was built with the key trust it)");
        return 0;
    }
}
