package io.skerry.appliance.device.usb;

import io.skerry.appliance.device.DevicePaths;
import io.skerry.appliance.device.usb.UsbJournal.Archive;
import io.skerry.image.Digests;
import io.skerry.image.bundle.BundleManifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Archives of container images that bundles brought, in the folder from which the node imports: those of the newest bundle that had any. An
 * archive there keeps its images from garbage collection, so that earlier ones would fill the card; what a person put there is theirs and stays.
 */
final class BundleImages {
    private final Path folder;
    private final UsbJournal journal;

    BundleImages(DevicePaths paths, UsbJournal journal) {
        this.folder = paths.data().resolve("agent/images");
        this.journal = journal;
    }

    /** Moves them here, on the same file system: each is wholly here or wholly there. @return their paths in the bundle */
    List<String> take(StagedBundle staged) throws IOException {
        List<String> paths = staged.paths(BundleManifest.IMAGES);
        if (paths.isEmpty()) {
            return paths;
        }
        // Before they are moved: they are to be found even if the rest of this bundle is refused.
        Set<Archive> known = new LinkedHashSet<>(journal.archives());
        known.addAll(archives(staged));
        journal.archives(known);
        Files.createDirectories(folder);
        for (String path : paths) {
            if (Files.exists(staged.file(path))) {
                Files.move(staged.file(path), file(path.substring(BundleManifest.IMAGES.length())), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        StagedBundle.sync(folder);
        return paths;
    }

    /** Deletes those of earlier bundles, if this one has any: an image that a container uses stays, the others are garbage when room is short. */
    void prune(StagedBundle staged) throws IOException {
        Set<Archive> kept = archives(staged);
        if (kept.isEmpty()) {
            return;
        }
        Set<String> names = kept.stream().map(Archive::name).collect(Collectors.toSet());
        for (Archive each : journal.archives()) {
            if (!names.contains(each.name()) && isStill(each)) {
                Files.delete(file(each.name()));
            }
        }
        journal.archives(kept);
    }

    /** A person may have put another file of that name there. */
    private boolean isStill(Archive archive) throws IOException {
        Path file = file(archive.name());
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Digests.sha256(file).equals(archive.sha256());
    }

    private Path file(String name) {
        return folder.resolve(name);
    }

    private static Set<Archive> archives(StagedBundle staged) {
        return staged.paths(BundleManifest.IMAGES).stream().map(path -> new Archive(path.substring(BundleManifest.IMAGES.length()), staged.manifest().files().get(path).sha256()))
                .collect(Collectors.toCollection(LinkedHashSet::new));
    }
}
