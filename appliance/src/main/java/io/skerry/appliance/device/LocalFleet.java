package io.skerry.appliance.device;

import io.skerry.image.bundle.BundleException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.util.FileUtils;

/** The fleet repository of a device that never saw a network: filled from Git bundles, and kept to as if it were a remote one. */
public final class LocalFleet {
    private static final Set<PosixFilePermission> FOR_ROOT_ALONE = PosixFilePermissions.fromString("rwx------");

    private final Path folder;
    /** Where the first bundle is taken: the repository is there with all of it or not at all. */
    private final Path draft;

    public LocalFleet(DevicePaths paths) {
        folder = paths.state().resolve("fleet.git");
        draft = folder.resolveSibling("fleet.git.new");
    }

    /** The repository's URL, once a bundle came in. */
    public Optional<String> url() {
        return Files.exists(folder.resolve("HEAD")) ? Optional.of("file://" + folder.toAbsolutePath()) : Optional.empty();
    }

    /**
     * Takes over all branches of a bundle, as {@link GitBundle#fetchInto} says.
     *
     * @throws BundleException when it can never be taken
     */
    public void take(Path bundle) throws IOException, BundleException {
        if (url().isPresent()) {
            forRootAlone();
            unlock();
            try (Repository repository = open(folder)) {
                new GitBundle(bundle).fetchInto(repository);
            }
            return;
        }
        for (Path cut : List.of(draft, folder)) {
            FileUtils.delete(cut.toFile(), FileUtils.RECURSIVE | FileUtils.SKIP_MISSING);
        }
        Files.createDirectories(draft);
        Files.setPosixFilePermissions(draft, FOR_ROOT_ALONE);
        try (Repository repository = open(draft)) {
            repository.create(true);
            new GitBundle(bundle).fetchInto(repository);
        }
        try (Stream<Path> files = Files.walk(draft)) {
            for (Path each : files.toList()) {
                sync(each);
            }
        }
        Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
        sync(folder.getParent());
    }

    private static Repository open(Path folder) throws IOException {
        return new FileRepositoryBuilder().setGitDir(folder.toFile()).setBare().build();
    }

    private static void sync(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file)) {
            channel.force(true);
        }
    }

    /** What is in a fleet's repository may be secret, and other users log in to a device. */
    void forRootAlone() throws IOException {
        if (Files.exists(folder)) {
            Files.setPosixFilePermissions(folder, FOR_ROOT_ALONE);
        }
    }

    /** Nobody else writes here: a lock was left by a power cut. */
    private void unlock() throws IOException {
        List<Path> locks;
        try (Stream<Path> files = Files.walk(folder)) {
            locks = files.filter(file -> file.getFileName().toString().endsWith(".lock")).toList();
        }
        for (Path lock : locks) {
            Files.delete(lock);
        }
    }

    /**
     * Whether {@link #take} would take it. Nothing is changed here.
     *
     * @param scratch folder that does not exist, and is left behind
     */
    public void check(Path bundle, Path scratch) throws IOException, BundleException {
        new GitBundle(bundle).tryOn(scratch, url().map(_ -> folder));
    }
}
