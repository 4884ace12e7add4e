package io.skerry.gitops;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.gitops.GitOpsStatus.OsStatus;
import io.skerry.gitops.git.GitSource;
import io.skerry.gitops.journal.Journal;
import io.skerry.gitops.mqtt.StatusReporter;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Keeps a device to its fleet repository: fetches the branch, builds this device's Targets, applies them, waits for their health, goes
 * back to the last-known-good commit when they don't get healthy, and reports over MQTT. A client of the API server and nothing else.
 */
public final class GitOpsAgent implements AutoCloseable {

    private final Journal journal;
    private final Reconciler reconciler;
    private final CommitPoller poller;
    private final Optional<StatusReporter> reporter;
    private final List<Consumer<GitOpsStatus>> listeners = new CopyOnWriteArrayList<>();

    /**
     * @param client acts as the user whose rights the agent has: it applies whatever the repository says, so usually an administrator;
     *               stays open when the agent is closed
     * @throws IOException when the agent's folder can't be used; says why
     */
    public GitOpsAgent(GitOpsConfig config, KubernetesClient client) throws IOException {
        this(config, client, Optional::empty);
    }

    /** @param os what the status tells of the operating system; asked for whenever the status is made, see {@link #osChanged} */
    public GitOpsAgent(GitOpsConfig config, KubernetesClient client, Supplier<Optional<OsStatus>> os) throws IOException {
        makePrivateFolder(config.dataDir());
        journal = Journal.open(config.dataDir().resolve("journal.db"));
        reporter = config.mqtt().map(mqtt -> new StatusReporter(config, mqtt, journal));
        reconciler = new Reconciler(config, journal, client, os, this::changed);
        poller = new CommitPoller(config, new GitSource(config.git(), config.dataDir().resolve("fleet.git")), reconciler::commit, reconciler::repository);
    }

    /** What is in the repository may be secret, so only the agent's user can look into the clone and the journal. */
    private static void makePrivateFolder(Path folder) throws IOException {
        try {
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        } catch (IOException e) {
            throw new IOException("the GitOps agent can't make its folder " + folder + ": " + (e instanceof AccessDeniedException ? "permission denied" : e.getMessage()), e);
        }
    }

    /** Starts the agent's threads and returns at once; a half-done commit is taken up again from the journal. */
    public void start() {
        reporter.ifPresent(StatusReporter::start);
        reconciler.start();
        poller.start();
    }

    /** Fetches now instead of at the next interval. */
    public void trigger() {
        poller.trigger();
    }

    /** Whether the fleet repository could be reached at the last fetch; false before the first. */
    public boolean reachesRepository() {
        return poller.reaches();
    }

    /** There is something new to tell of the operating system. */
    public void osChanged() {
        reconciler.refresh();
    }

    public GitOpsStatus status() {
        return reconciler.status();
    }

    public Verdict verdict() {
        return reconciler.verdict();
    }

    /** Tells of each change of the status, on the agent's thread: the listener shall return soon. */
    public void onStatus(Consumer<GitOpsStatus> listener) {
        listeners.add(listener);
    }

    private void changed(GitOpsStatus status) {
        reporter.ifPresent(r -> r.report(status));
        listeners.forEach(listener -> listener.accept(status));
    }

    /** Stops within seconds, without undoing anything. */
    @Override
    public void close() {
        poller.close();
        reconciler.close();
        reporter.ifPresent(StatusReporter::close);
        journal.close();
    }
}
