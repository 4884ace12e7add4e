package io.skerry.appliance.device;

import io.skerry.image.bundle.BundleException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.errors.MissingBundlePrerequisiteException;
import org.eclipse.jgit.lib.ConfigConstants;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.FetchResult;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.TrackingRefUpdate;

/** Branches of a repository in one file (git-bundle(1), gitformat-bundle(5)). One that was made incrementally needs commits that it does not hold. */
public final class GitBundle {
    /** What errno(3) says of a disk; JGit passes it on as it passes on what is wrong with a bundle. */
    private static final Pattern DISK = Pattern.compile("No space left on device|Disk quota exceeded|Read-only file system|Input/output error|Too many open files");
    private static final Set<RefUpdate.Result> TAKEN = EnumSet.of(RefUpdate.Result.NEW, RefUpdate.Result.FORCED, RefUpdate.Result.FAST_FORWARD, RefUpdate.Result.NO_CHANGE);
    private static final String PREREQUISITE = "-";

    private final Path file;

    public GitBundle(Path file) {
        this.file = file;
    }

    /**
     * Takes over all its branches, whatever they are there. A power cut leaves each as it was or as it is here.
     *
     * @throws BundleException when it can never be taken: it is damaged, has no branch, or needs commits that the repository lacks
     * @throws IOException     when the disk is at fault; the next time it may do
     */
    void fetchInto(Repository repository) throws IOException, BundleException {
        repository.getConfig().setBoolean(ConfigConstants.CONFIG_CORE_SECTION, null, "fsyncreffiles", true);
        // Or JGit collects garbage in a thread that this process does not outlive.
        repository.getConfig().setBoolean(ConfigConstants.CONFIG_GC_SECTION, null, ConfigConstants.CONFIG_KEY_AUTODETACH, false);
        try (Git git = new Git(repository)) {
            FetchResult fetched = git.fetch().setRemote(file.toUri().toString()).setRefSpecs(new RefSpec("+" + Constants.R_HEADS + "*:" + Constants.R_HEADS + "*")).call();
            if (fetched.getAdvertisedRefs().stream().noneMatch(ref -> ref.getName().startsWith(Constants.R_HEADS))) {
                throw new BundleException(file.getFileName() + " holds no branch; make it with 'git bundle create " + file.getFileName() + " main'");
            }
            for (TrackingRefUpdate branch : fetched.getTrackingRefUpdates()) {
                if (!TAKEN.contains(branch.getResult())) {
                    throw new IOException("the Git bundle " + file.getFileName() + " cannot be taken: writing " + branch.getLocalName() + " ended in " + branch.getResult());
                }
            }
        } catch (GitAPIException | RuntimeException e) {
            for (Throwable cause = e; cause != null; cause = cause.getCause()) {
                if (cause instanceof MissingBundlePrerequisiteException) {
                    throw new BundleException(file.getFileName() + " goes on from commits that are not here; make it of everything, with 'git bundle create "
                            + file.getFileName() + " main'");
                }
                if (cause instanceof FileSystemException || DISK.matcher(String.valueOf(cause.getMessage())).find()) {
                    throw new IOException("the Git bundle " + file.getFileName() + " cannot be taken: " + cause.getMessage(), e);
                }
            }
            throw new BundleException("the Git bundle " + file.getFileName() + " cannot be read: " + e.getMessage());
        }
    }

    /**
     * Takes it as a trial, into a repository that is made for it.
     *
     * @param scratch does not exist, and is left behind
     * @param onto    the repository whose commits it may go on from
     */
    void tryOn(Path scratch, Optional<Path> onto) throws IOException, BundleException {
        FileRepositoryBuilder builder = new FileRepositoryBuilder().setGitDir(scratch.toFile()).setBare();
        onto.ifPresent(there -> builder.addAlternateObjectDirectory(there.resolve(Constants.OBJECTS).toFile()));
        try (Repository repository = builder.build()) {
            repository.create(true);
            if (onto.isPresent()) {
                // A prerequisite has to be reachable from a branch.
                for (Ref ref : refs(onto.get())) {
                    RefUpdate here = repository.updateRef("refs/here/" + ref.getName());
                    here.setNewObjectId(ref.getObjectId());
                    here.forceUpdate();
                }
            }
            fetchInto(repository);
        }
    }

    private static List<Ref> refs(Path folder) throws IOException {
        try (Repository repository = new FileRepositoryBuilder().setGitDir(folder.toFile()).setBare().build()) {
            return repository.getRefDatabase().getRefsByPrefix(Constants.R_HEADS);
        }
    }

    /**
     * What can be said of it without the repository that it is for.
     *
     * @param scratch does not exist, and is left behind
     * @return commits that it goes on from, which a device must have; of such a bundle only the checksum is looked at
     */
    public List<String> verify(Path scratch) throws IOException, BundleException {
        List<String> prerequisites = new ArrayList<>();
        long pack = header(prerequisites);
        if (prerequisites.isEmpty()) {
            tryOn(scratch, Optional.empty());
        } else {
            checksum(pack);
        }
        return prerequisites;
    }

    /** @return where the header ends and the pack begins, bytes */
    private long header(List<String> prerequisites) throws IOException, BundleException {
        long at = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            StringBuilder line = new StringBuilder();
            for (int read = in.read(); read >= 0 && line.length() < 4096; read = in.read()) {
                at++;
                if (read != '\n') {
                    line.append((char) read);
                    continue;
                }
                if (line.isEmpty()) {
                    return at;
                }
                if (line.toString().startsWith(PREREQUISITE)) {
                    prerequisites.add(line.substring(1).split(" ")[0]);
                }
                line.setLength(0);
            }
        }
        throw new BundleException(file + " is not a Git bundle; make it with 'git bundle create " + file.getFileName() + " main'");
    }

    /** A pack ends with the SHA-1 of what is before (gitformat-pack(5)). */
    private void checksum(long from) throws IOException, BundleException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            MessageDigest digest = MessageDigest.getInstance("SHA-1");
            byte[] trailer = new byte[digest.getDigestLength()];
            byte[] buffer = new byte[1 << 16];
            in.seek(from);
            for (long rest = in.length() - from - trailer.length; rest > 0; ) {
                int read = in.read(buffer, 0, (int) Math.min(buffer.length, rest));
                digest.update(buffer, 0, read);
                rest -= read;
            }
            if (in.length() - from < trailer.length || in.read(trailer) != trailer.length || !Arrays.equals(trailer, digest.digest())) {
                throw new BundleException("the Git bundle " + file + " is damaged: its checksum differs; make it again");
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
