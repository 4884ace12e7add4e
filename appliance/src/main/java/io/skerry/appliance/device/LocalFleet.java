package io.skerry.appliance.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.RefSpec;

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
     * Takes over all branches of a bundle (git-bundle(1)), whatever they were here. A power cut leaves each branch as it was or as it is
     * in the bundle.
     */
    public void take(Path bundle) throws IOException {
        try (Repository repository = new FileRepositoryBuilder().setGitDir(folder.toFile()).setBare().build()) {
            if (!Files.exists(folder.resolve("HEAD"))) {
                repository.create(true);
            }
            try (Git git = new Git(repository)) {
                git.fetch().setRemote(bundle.toUri().toString()).setRefSpecs(new RefSpec("+refs/heads/*:refs/heads/*")).call();
            }
        } catch (GitAPIException | RuntimeException e) {
            throw new IOException("the Git bundle " + bundle.getFileName() + " cannot be read: " + e.getMessage(), e);
        }
    }
}
