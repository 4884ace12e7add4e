package io.skerry.appliance.device.usb;

import io.skerry.appliance.device.GitBundle;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.settings.ServerFlags;
import io.skerry.image.settings.SettingsException;
import io.skerry.image.settings.SettingsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Looks at a folder before it is signed: what no device would take is better found here than on a ladder in a shop. */
public final class BundleContents {
    private BundleContents() {}

    /**
     * @param folder of a bundle, as {@link BundleManifest} says
     * @param flags  what the settings' section {@code server} is checked by
     * @return lines for the signer, each with its end; "" when there is nothing to say
     * @throws BundleException naming the file that a device would refuse, and why
     */
    public static String check(Path folder, ServerFlags flags) throws IOException, BundleException {
        Path settings = folder.resolve(BundleManifest.SETTINGS);
        if (Files.exists(settings)) {
            try {
                SettingsFile.ofDevice(flags).parse(Files.readAllBytes(settings), settings.toString());
            } catch (SettingsException e) {
                throw new BundleException(e.getMessage());
            }
        }
        BundleSystems.boards(systems(folder));
        Path fleet = folder.resolve(BundleManifest.FLEET);
        if (!Files.exists(fleet)) {
            return "";
        }
        Path scratch = Files.createTempDirectory("skerry-bundle");
        try {
            List<String> needed = new GitBundle(fleet).verify(scratch.resolve("fleet.git"));
            return needed.isEmpty() ? "" : "note: " + BundleManifest.FLEET + " is incremental: it is for devices only that have the commits " + String.join(", ", needed)
                    + " from an earlier bundle; others refuse it\n";
        } finally {
            StagedBundle.discard(scratch);
        }
    }

    private static Map<String, Path> systems(Path folder) throws IOException {
        Map<String, Path> files = new TreeMap<>();
        if (Files.isDirectory(folder.resolve(BundleManifest.OS))) {
            try (Stream<Path> all = Files.list(folder.resolve(BundleManifest.OS))) {
                all.filter(file -> BundleManifest.isPath(BundleManifest.OS + file.getFileName())).forEach(file -> files.put(BundleManifest.OS + file.getFileName(), file));
            }
        }
        return files;
    }
}
