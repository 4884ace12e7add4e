package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.image.ImageException;
import io.skerry.image.flash.OsList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code skerry image os-list}: the list by which Raspberry Pi Imager offers images. */
@Command(name = "os-list", mixinStandardHelpOptions = true, description = "Print an os_list.json for Raspberry Pi Imager (rpi-imager --repo URL).")
public final class ImageOsListCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "FILE", description = "Images for Raspberry Pis: .img.zst or .img.")
    List<Path> images;

    @Option(names = "--url", required = true, paramLabel = "URL", description = "The folder that the images will be published in.")
    String url;

    @Option(names = "--allow-secrets", description = "Also list images whose settings hold passwords or keys, which whoever downloads them has.")
    boolean allowSecrets;

    @Override
    public Integer call() {
        try {
            System.out.println(OsList.of(images, url, allowSecrets).toPrettyString());
            return 0;
        } catch (ImageException e) {
            throw new UserError(e.getMessage(), e);
        } catch (IOException e) {
            throw new UserError("cannot read the images: " + e.getMessage(), e);
        }
    }
}
