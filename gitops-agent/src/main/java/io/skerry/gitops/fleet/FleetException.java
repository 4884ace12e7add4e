package io.skerry.gitops.fleet;

import io.skerry.gitops.GitOpsStatus.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** A commit that this device can't use, with everything that is wrong with it. */
public final class FleetException extends Exception {

    private final transient List<Problem> problems;

    public FleetException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("; ")));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
