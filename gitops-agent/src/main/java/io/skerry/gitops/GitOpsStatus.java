package io.skerry.gitops;

import java.util.List;
import java.util.Optional;
import java.util.Map;

/**
 * The state of the device against the fleet repository: what {@code skerry status} prints and what goes over MQTT (docs/mqtt.md).
 * Commits are full SHA-1 names, "" when there is none yet; times are RFC 3339 UTC.
 *
 * @param since           when the device came into this state
 * @param commitWanted    the branch's newest commit that was fetched
 * @param commitApplied   the commit whose objects are in the cluster
 * @param lastKnownGood   the newest commit all of whose objects became healthy
 * @param droppedMessages status messages that were dropped because the outbox was full, since the journal was made
 * @param os              the operating system; empty on a machine whose system skerry does not update
 */
public record GitOpsStatus(State state, String since, String commitWanted, String commitApplied, String lastKnownGood, String message,
        List<TargetStatus> targets, List<Problem> errors, long droppedMessages, Optional<OsStatus> os) {

    public enum State {
        /** Nothing fetched yet, or a commit is being applied, or its objects are becoming healthy. */
        Progressing,
        /** The newest commit is applied and healthy. */
        Synced,
        /** The newest commit was refused before anything was changed; the device runs the commit it ran before. */
        Failed,
        /** The newest commit's objects did not become healthy; the device was put back to the last-known-good commit. */
        RolledBack,
        /**
         * The newest commit's objects are unhealthy and there is no last-known-good commit to go back to, or going back failed, or they became unhealthy
         * later; or the operating system that it names was not taken, which is not gone back from.
         */
        Degraded
    }

    public record TargetStatus(String name, String path, int objects, int healthy, List<ObjectStatus> unhealthy) {}

    /** An object that is not (yet) healthy; health is one of kstatus' words: InProgress, Failed, Terminating, NotFound. */
    public record ObjectStatus(String apiVersion, String kind, String namespace, String name, String health, String message) {}

    /** What is wrong, and where in the repository: file "" and line 0 when it is in no file. */
    public record Problem(String file, int line, String message) {
        @Override
        public String toString() {
            return file.isEmpty() ? message : line > 0 ? file + ":" + line + ": " + message : file + ": " + message;
        }
    }

    /**
     * The operating system of a device that updates itself (docs/os-update.md).
     *
     * @param version    that runs
     * @param slot       a or b
     * @param state      Idle, Downloading, Installed, Rebooting or OnTrial
     * @param wanted     the version that an update in progress leads to; "" when there is none
     * @param lastUpdate how the last update ended: Kept, FellBack or Refused; "" when there was none
     * @param message    the last update's version and, unless it was kept, why not; "" when there was none
     */
    public record OsStatus(String version, String slot, String state, String wanted, String lastUpdate, String message) {}

    GitOpsStatus(State state, String since, String commitWanted, String commitApplied, String lastKnownGood, String message, List<TargetStatus> targets,
            List<Problem> errors, long droppedMessages) {
        this(state, since, commitWanted, commitApplied, lastKnownGood, message, targets, errors, droppedMessages, Optional.empty());
    }

    GitOpsStatus with(Optional<OsStatus> system) {
        return new GitOpsStatus(state, since, commitWanted, commitApplied, lastKnownGood, message, targets, errors, droppedMessages, system);
    }

    static final GitOpsStatus NOTHING = new GitOpsStatus(State.Progressing, "", "", "", "", "waiting for the first fetch", List.of(), List.of(), 0);
}
