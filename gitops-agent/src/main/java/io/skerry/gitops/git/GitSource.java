package io.skerry.gitops.git;

import io.skerry.gitops.kustomize.FileTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.stream.Stream;
import org.eclipse.jgit.api.FetchCommand;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.LsRemoteCommand;
import org.eclipse.jgit.api.TransportCommand;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.internal.storage.file.FileRepository;
import org.eclipse.jgit.internal.storage.file.GC;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.eclipse.jgit.transport.CredentialItem;
import org.eclipse.jgit.transport.CredentialsProvider;
import org.eclipse.jgit.transport.RefSpec;
import org.eclipse.jgit.transport.TagOpt;
import org.eclipse.jgit.transport.URIish;
import org.eclipse.jgit.transport.UsernamePasswordCredentialsProvider;

/**
 * A bare clone of the fleet repository's branch, its newest commit only. A clone that turns out broken is made anew. Not for several
 * threads at once.
 */
public final class GitSource implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(GitSource.class.getName());
    private static final String BRANCH = "refs/heads/fleet";
    /** A pack comes with each new commit; past this many they are made one and what no commit needs is thrown away. */
    private static final int PACKS = 20;

    private final GitRemote remote;
    private final Path directory;
    private Repository repository;
    private boolean lastFetchFailed;

    public GitSource(GitRemote remote, Path directory) {
        this.remote = remote;
        this.directory = directory;
        GitSettings.install();
    }

    /**
     * Brings the branch's newest commit here; nothing is written when it is here already.
     *
     * @return the commit's SHA-1 name
     * @throws GitException when the repository can't be reached or has no such branch
     */
    public String fetch() throws GitException {
        ObjectId wanted = remoteHead();
        try {
            if (wanted.equals(localHead()) && complete(wanted)) return wanted.name();
            fetchBranch();
            lastFetchFailed = false;
            return localHead().name();
        } catch (GitAPIException | IOException | RuntimeException e) {
            // The remote answered a moment ago. A network that broke since gets another chance; else the fault is in the clone.
            if (!lastFetchFailed && e instanceof GitAPIException) {
                lastFetchFailed = true;
                throw new GitException(explain(e), e);
            }
            LOG.log(Level.WARNING, "The clone in {0} is broken and is made anew: {1}", directory, e.getMessage());
            try {
                discard();
                fetchBranch();
                lastFetchFailed = false;
                return localHead().name();
            } catch (GitAPIException | IOException | RuntimeException again) {
                throw new GitException(explain(again), again);
            }
        }
    }

    /** The files of a commit that {@link #fetch} returned last. */
    public FileTree files(String commit) throws GitException {
        try {
            return new GitFileTree(open(), ObjectId.fromString(commit));
        } catch (IOException e) {
            throw new GitException("commit " + commit + " can't be read from the clone: " + e.getMessage(), e);
        }
    }

    private ObjectId remoteHead() throws GitException {
        try {
            LsRemoteCommand command = configure(Git.lsRemoteRepository().setRemote(remote.url()).setHeads(true));
            Collection<Ref> refs = command.call();
            for (Ref ref : refs) {
                if (ref.getName().equals("refs/heads/" + remote.branch())) return ref.getObjectId();
            }
            String known = String.join(", ", refs.stream().map(ref -> Repository.shortenRefName(ref.getName())).limit(5).toList());
            throw new GitException("the fleet repository " + shown() + " has no branch \"" + remote.branch() + "\"" + (known.isEmpty() ? "; it is empty" : "; it has " + known), null);
        } catch (GitAPIException | RuntimeException e) {
            throw new GitException(explain(e), e);
        }
    }

    private void fetchBranch() throws GitAPIException, IOException {
        FetchCommand fetch = configure(new Git(open()).fetch()).setRemote(remote.url()).setTagOpt(TagOpt.NO_TAGS).setDepth(1)
                .setRefSpecs(new RefSpec("+refs/heads/" + remote.branch() + ":" + BRANCH));
        fetch.call();
        if (localHead() == null) throw new IOException("the branch did not arrive");
        tidy();
    }

    private <C extends TransportCommand<C, ?>> C configure(C command) {
        remote.credentials().ifPresent(c -> command.setCredentialsProvider(new UsernamePasswordCredentialsProvider(c.username(), c.password())));
        if (remote.credentials().isEmpty()) command.setCredentialsProvider(new NoCredentials());
        return command.setTimeout((int) Math.max(1, remote.timeout().toSeconds()));
    }

    private ObjectId localHead() throws IOException {
        return open().resolve(BRANCH);
    }

    /** After a power cut a ref may name objects that never reached the disk. */
    private boolean complete(ObjectId commit) throws IOException {
        return open().getObjectDatabase().has(commit);
    }

    private Repository open() throws IOException {
        if (repository == null) {
            removeLocks();
            repository = new FileRepositoryBuilder().setGitDir(directory.toFile()).setBare().build();
            if (!Files.exists(directory.resolve("HEAD"))) {
                repository.create(true);
                // JGit would tidy after a fetch (see tidy()), and on a thread of its own; with that thread it writes a lock even if there is nothing to do.
                repository.getConfig().setInt("gc", null, "auto", 0);
                repository.getConfig().setBoolean("gc", null, "autoDetach", false);
                repository.getConfig().save();
            }
        }
        return repository;
    }

    /** Left by a process that died; nobody else uses this clone. */
    private void removeLocks() throws IOException {
        if (!Files.isDirectory(directory)) return;
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path lock : files.filter(file -> file.getFileName().toString().endsWith(".lock")).toList()) Files.delete(lock);
        }
    }

    private void tidy() throws IOException {
        Path packs = directory.resolve("objects/pack");
        try (Stream<Path> files = Files.list(packs)) {
            if (files.filter(file -> file.toString().endsWith(".pack")).count() <= PACKS) return;
        } catch (NoSuchFileException e) {
            return;
        }
        GC gc = new GC((FileRepository) open());
        gc.setExpireAgeMillis(0);
        gc.setPackExpireAgeMillis(0);
        try {
            gc.gc().get();
        } catch (Exception e) {
            LOG.log(Level.WARNING, "The clone in {0} could not be tidied: {1}", directory, e.getMessage());
        }
    }

    private void discard() throws IOException {
        close();
        if (!Files.exists(directory)) return;
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> {
                try {
                    Files.delete(file);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
    }

    private String explain(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) return "the fleet repository " + shown() + " can't be reached: the host name is not known";
            if (cause instanceof ConnectException) return "the fleet repository " + shown() + " can't be reached: " + cause.getMessage();
            if (cause instanceof SocketTimeoutException) return "the fleet repository " + shown() + " can't be reached: no answer in time";
            // What JGit makes of "dumb" HTTP where it asks for branches alone.
            if (cause instanceof NullPointerException && remote.url().startsWith("http")) {
                return "the fleet repository " + shown() + " can't be fetched: the server has the files but does not speak Git's protocol; put git-http-backend or a Git server there";
            }
        }
        String message = String.valueOf(failure.getMessage());
        Throwable root = failure;
        while (root.getCause() != null && root.getCause() != root) root = root.getCause();
        if (root.getMessage() != null && !message.contains(root.getMessage())) message += ": " + root.getMessage();
        if (message.contains("not authorized") || message.contains("Authentication is required")) {
            return "the fleet repository " + shown() + " refuses the credentials: check git user name and password or token";
        }
        return "the fleet repository " + shown() + " can't be fetched: " + message;
    }

    /** The URL without what may be a password. */
    private String shown() {
        return remote.url().replaceFirst("://[^/@]*@", "://");
    }

    @Override
    public void close() {
        if (repository != null) repository.close();
        repository = null;
    }

    /** Makes a server that wants credentials an error at once; JGit would else look for somebody to ask. */
    private static final class NoCredentials extends CredentialsProvider {

        @Override
        public boolean isInteractive() {
            return false;
        }

        @Override
        public boolean supports(CredentialItem... items) {
            return false;
        }

        @Override
        public boolean get(URIish uri, CredentialItem... items) {
            return false;
        }
    }
}
