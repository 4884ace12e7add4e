package io.skerry.appliance.device.usb;

import io.skerry.image.ImageException;
import io.skerry.image.bundle.BundleException;
import io.skerry.image.bundle.BundleManifest;
import io.skerry.image.update.OsManifest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The operating systems of a bundle. One stick may serve devices of several boards: each takes what is for its own, and says what it left out. */
public final class BundleSystems {
    private final UsbImport.IdleSlot slot;
    private final KeptSystems kept;

    BundleSystems(UsbImport.IdleSlot slot, KeptSystems kept) {
        this.slot = slot;
        this.kept = kept;
    }

    /** Where one is: an interrupted run may have moved it already. */
    Path file(StagedBundle staged, String path) {
        return Files.exists(staged.file(path)) ? staged.file(path) : kept.file(path.substring(BundleManifest.OS.length()));
    }

    /**
     * Which of them this device does not take, by path, and why.
     *
     * @throws BundleException when a file is no operating system, or two are for one board
     */
    Map<String, String> leftOut(StagedBundle staged) throws IOException, BundleException {
        Map<String, Path> files = new TreeMap<>();
        staged.paths(BundleManifest.OS).forEach(path -> files.put(path, file(staged, path)));
        Map<String, String> out = new TreeMap<>();
        for (Map.Entry<String, String> each : boards(files).entrySet()) {
            String why = each.getKey().equals(slot.board()) ? slot.cannotTry() : "is for the board " + each.getKey() + ", this device is a " + slot.board();
            if (!why.isEmpty()) {
                out.put(each.getValue(), why);
            }
        }
        return out;
    }

    /**
     * Which file is for which board. Not to be trusted before the files' digests were checked.
     *
     * @param files update files, by their paths in the bundle
     * @return paths by board
     * @throws BundleException when a file is no operating system, or two are for one board
     */
    public static Map<String, String> boards(Map<String, Path> files) throws IOException, BundleException {
        Map<String, String> paths = new TreeMap<>();
        for (Map.Entry<String, Path> file : files.entrySet()) {
            try (InputStream in = Files.newInputStream(file.getValue())) {
                String board = OsManifest.first(in).board();
                String other = paths.put(board, file.getKey());
                if (other != null) {
                    throw new BundleException(other + " and " + file.getKey() + " are both for the board " + board + "; a device takes one, so leave the other out");
                }
            } catch (ImageException e) {
                throw new BundleException(file.getKey() + ": " + e.getMessage());
            } catch (NoSuchFileException e) {
                throw new BundleException(file.getKey() + ": its copy on the data partition is gone; plug in the stick again");
            }
        }
        return paths;
    }
}
