package io.skerry.gitops;

import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.GitOpsStatus.State;
import io.skerry.gitops.GitOpsStatus.TargetStatus;
import io.skerry.gitops.journal.Journal.Refusal;
import io.skerry.gitops.journal.Journal.Step;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the status is made of.
 *
 * @param wanted      the newest commit that was fetched
 * @param current     the commit that the cluster is brought or kept to; "" when there is none
 * @param step        how far that one is; null when there is none
 * @param good        the last-known-good commit
 * @param checking    whether a newer commit is looked at just now
 * @param refusal     why the wanted commit is not applied
 * @param trouble     what keeps the current step from being done
 * @param lasting     what is wrong with the current commit and is not gone back from
 * @param unreachable why the fleet repository can't be fetched; "" when it can
 * @param targets     of the current commit
 * @param healthy     whether all objects are healthy that have to be, but for what is lasting
 * @param dropped     status messages dropped
 */
record Situation(String wanted, String current, Step step, String good, boolean checking, Optional<Refusal> refusal, List<Problem> trouble,
        List<Problem> lasting, String unreachable, List<TargetStatus> targets, boolean healthy, long dropped) {

    /** The status now, given the one before. */
    GitOpsStatus status(GitOpsStatus before) {
        State state = state();
        List<Problem> errors = new ArrayList<>(refusal.map(Refusal::problems).orElse(trouble));
        errors.addAll(lasting);
        if (!unreachable.isEmpty()) errors.add(new Problem("", 0, unreachable));
        String applied = step == null || step == Step.APPLYING ? before.commitApplied() : current;
        String since = state == before.state() && !before.since().isEmpty() ? before.since() : Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
        return new GitOpsStatus(state, since, wanted, applied, good, message(state), targets, List.copyOf(errors), dropped);
    }

    private State state() {
        boolean newer = checking || step != null && !current.equals(wanted);
        if (newer && refusal.isEmpty()) return State.Progressing;
        if (step == null) return refusal.isPresent() ? State.Failed : State.Progressing;
        return switch (step) {
            case APPLYING, APPLIED -> State.Progressing;
            case FAILED -> State.Degraded;
            case HEALTHY -> !healthy || refusal.isEmpty() && !lasting.isEmpty() ? State.Degraded
                    : refusal.isEmpty() ? State.Synced : refusal.get().rolledBack() ? State.RolledBack : State.Failed;
        };
    }

    private String message(State state) {
        String text = switch (state) {
            case Synced -> targets.isEmpty() ? "no Target of the repository selects this device" : "commit " + shortName(current) + " is applied and healthy";
            case Failed -> "commit " + shortName(wanted) + " is refused; " + (step == null ? "nothing is applied" : "commit " + shortName(current) + " stays applied");
            case RolledBack -> "commit " + shortName(wanted) + " did not become healthy; the device went back to " + shortName(current);
            case Degraded -> "commit " + shortName(current) + " is applied but not healthy";
            case Progressing -> step == null && !checking ? "waiting for the first commit"
                    : checking || !current.equals(wanted) && refusal.isEmpty() ? "checking commit " + shortName(wanted)
                    : step == Step.APPLIED ? "waiting for commit " + shortName(current) + " to become healthy" : "applying commit " + shortName(current);
        };
        return unreachable.isEmpty() ? text : text + "; the fleet repository can't be reached";
    }

    static String shortName(String commit) {
        return commit.substring(0, Math.min(8, commit.length()));
    }
}
