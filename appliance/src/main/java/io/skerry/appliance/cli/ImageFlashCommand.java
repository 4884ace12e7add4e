package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.appliance.server.KnownFlags;
import io.skerry.image.ImageException;
import io.skerry.image.flash.CardIdentity;
import io.skerry.image.flash.Flasher;
import io.skerry.image.settings.SettingsException;
import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code skerry image flash}: writes an image to a card and tells the card who it is. */
@Command(name = "flash", mixinStandardHelpOptions = true,
        description = {"Write an image to a card, verify it, and tell the card who it is.",
            "Only blocks that hold something are written (FILE.bmap); FILE.sha256 is compared before."},
        footer = {"", "Examples:", "  skerry image flash skerry-raspberrypi4.img.zst /dev/sdb --device store-0042 --label site=north",
            "  skerry image flash skerry-raspberrypi4.img.zst /dev/sdb --devices cards.csv    # many cards, one after the other"})
public final class ImageFlashCommand implements Callable<Integer> {
    @Spec
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "FILE", description = "The image: .img or .wic, or packed as .img.zst or .wic.zst.")
    Path image;

    @Parameters(index = "1", paramLabel = "DEVICE", description = "A whole disk such as /dev/sdb, a file outside of /dev, or a folder that gets one file a device.")
    Path target;

    @Option(names = "--device", paramLabel = "NAME", description = "The device's name; goes into the card's skerry.yaml.")
    String device;

    @Option(names = "--devices", paramLabel = "CSV", description = "Many devices: the first line names the columns, hostname, token, and labels; then a line a card.")
    Path devices;

    @Option(names = "--label", paramLabel = "KEY=VALUE", description = "A label of the device; may be repeated. Needs --device.")
    Map<String, String> labels = new TreeMap<>();

    @Option(names = "--token-file", paramLabel = "FILE", description = "Holds the device's own enrolment token. Needs --device.")
    Path tokenFile;

    @Option(names = "--config", paramLabel = "FILE", description = "A skerry.yaml to put on the card in place of the image's own.")
    Path config;

    @Option(names = "--key", paramLabel = "FILE", description = "Ed25519 public key (PEM) that must have signed the image (FILE.sig).")
    Path key;

    @Option(names = "--yes", description = "Don't ask.")
    boolean yes;

    @Option(names = "--allow-fixed-disk", description = "Also write to a disk that is neither a card nor a stick.")
    boolean allowFixedDisk;

    @Option(names = "--no-verify", description = "Don't read back what was written.")
    boolean noVerify;

    @Override
    public Integer call() {
        if (device == null && (!labels.isEmpty() || tokenFile != null)) {
            throw new UserError("--label and --token-file belong to one device: add --device NAME, or use --devices with a column for each");
        }
        if (device != null && devices != null) {
            throw new UserError("--device and --devices exclude each other");
        }
        Console console = System.console();
        Flasher.Person person = yes ? null : question -> console == null ? null : console.readLine("%s", question);
        Flasher.Job job = new Flasher.Job(image, target, config, key, allowFixedDisk, !noVerify);
        try {
            new Flasher(job, new KnownFlags(), System.out, console != null && console.isTerminal(), person).run(cards());
            return 0;
        } catch (ImageException e) {
            throw e.getCause() instanceof SettingsException wrong ? WrongSettings.error(wrong, spec) : new UserError(e.getMessage(), e);
        } catch (IOException e) {
            throw new UserError("cannot write " + target + ": " + e.getMessage() + (e instanceof java.nio.file.AccessDeniedException ? " (disks need root: try sudo)" : ""), e);
        }
    }

    private List<CardIdentity> cards() throws IOException {
        if (devices != null) {
            return CardIdentity.list(devices);
        }
        return device == null ? List.of() : List.of(new CardIdentity(device, labels, tokenFile == null ? Optional.empty() : Optional.of(Files.readString(tokenFile).strip())));
    }
}
