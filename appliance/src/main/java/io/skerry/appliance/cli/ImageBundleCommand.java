package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.appliance.device.usb.BundleContents;
import io.skerry.appliance.server.KnownFlags;
import io.skerry.image.ImageException;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.bundle.BundleWriter;
import io.skerry.image.update.Ed25519Keys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.time.Instant;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skerry image bundle}: signs a folder that is then copied onto a USB stick as {@code skerry-bundle}. */
@Command(name = "bundle", mixinStandardHelpOptions = true, description = {"Sign a folder as a bundle for USB sticks.",
    "It may hold skerry.yaml, fleet.bundle (of 'git bundle'), images/NAME.tar and os/NAME.os.tar. Copy it onto the stick as 'skerry-bundle'."})
public final class ImageBundleCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "FOLDER", description = "The folder.")
    Path folder;

    @Option(names = "--key", required = true, paramLabel = "FILE", description = "Private key of 'skerry image keygen' whose public part the devices trust.")
    Path key;

    @Option(names = "--name", paramLabel = "NAME", description = "What devices call the bundle (default: the folder's name).")
    String name;

    @Override
    public Integer call() {
        if (!Files.isDirectory(folder)) {
            throw new UserError("the folder " + folder + " does not exist");
        }
        try {
            PrivateKey signer = Ed25519Keys.privateKey(key);
            String notes = BundleContents.check(folder, new KnownFlags());
            String shown = name != null ? name : folder.toAbsolutePath().normalize().getFileName().toString();
            BundleManifest manifest = BundleWriter.write(folder, shown, Instant.now(), signer);
            spec.commandLine().getOut().printf("%s: %d files, %d bytes, signed; copy it onto a stick as '%s'%n", folder, manifest.files().size(), manifest.size(), BundleManifest.FOLDER);
            spec.commandLine().getOut().print(notes);
            return 0;
        } catch (BundleException | ImageException e) {
            throw new UserError(e.getMessage(), e);
        } catch (IOException e) {
            throw new UserError("cannot make a bundle of " + folder + ": " + e.getMessage(), e);
        }
    }
}
