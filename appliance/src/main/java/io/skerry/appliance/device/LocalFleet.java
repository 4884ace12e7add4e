package io.skerry.appliance.device;

import io.skerry.image.bundle.BundleException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;

/** The fleet repository of a device that never saw a network: filled from Git bundles, and kept to as if it were a remote one. */
public final class LocalFleet {
    private final Path folder;

    public LocalFleet(DevicePaths paths) {
        folder = paths.state().resolve("fleet.git");
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
        Files.createDirectories(folder);
        forRootAlone();
        try (Repository repository = new FileRepositoryBuilder().setGitDir(folder.toFile()).setBare().build()) {
            if (!Files.exists(folder.resolve("HEAD"))) {
                repository.create(true);
            }
            unlock();
            new GitBundle(bundle).fetchInto(repository);
        }
    }

    /** What is in a fleet's repository may be secret, and other users log in to a device. */
    void forRootAlone() throws IOException {
        if (Files.exists(folder)) {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
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
