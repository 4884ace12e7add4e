package io.skerry.gitops;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.GitOpsStatus.State;
import io.skerry.gitops.GitOpsStatus.TargetStatus;
import io.skerry.gitops.journal.Journal.Refusal;
import io.skerry.gitops.journal.Journal.Step;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SituationTest {

    @ParameterizedTest
    @CsvSource(nullValues = "-", textBlock = """
            '',  '',  -,        false, -,          true,  Progressing, waiting for the first commit
            new, '',  -,        true,  -,          true,  Progressing, checking commit new
            new, '',  -,        false, refused,    true,  Failed,      commit new is refused; nothing is applied
            new, new, APPLYING, false, -,          false, Progressing, applying commit new
            new, new, APPLIED,  false, -,          false, Progressing, waiting for commit new to become healthy
            new, new, HEALTHY,  false, -,          true,  Synced,      commit new is applied and healthy
            new, new, HEALTHY,  false, -,          false, Degraded,    commit new is applied but not healthy
            new, new, FAILED,   false, -,          false, Degraded,    commit new is applied but not healthy
            new, old, HEALTHY,  false, -,          true,  Progressing, checking commit new
            new, old, HEALTHY,  true,  -,          true,  Progressing, checking commit new
            new, old, HEALTHY,  false, refused,    true,  Failed,      commit new is refused; commit old stays applied
            new, old, HEALTHY,  true,  refused,    true,  Failed,      commit new is refused; commit old stays applied
            new, old, APPLYING, false, rolledback, false, Progressing, applying commit old
            new, old, HEALTHY,  false, rolledback, true,  RolledBack,  commit new did not become healthy; the device went back to old
            new, old, FAILED,   false, rolledback, false, Degraded,    commit old is applied but not healthy
            """)
    void givesStateAndMessage(String wanted, String current, Step step, boolean checking, String refusal, boolean healthy, State state, String message) {
        Optional<Refusal> refused = Optional.ofNullable(refusal).map(kind -> new Refusal(wanted, kind.equals("rolledback"), List.of(new Problem("a.yaml", 1, "bad"))));
        List<TargetStatus> targets = List.of(new TargetStatus("t", "p", 1, healthy ? 1 : 0, List.of()));
        GitOpsStatus status = new Situation(wanted, current, step, "old", checking, refused, List.of(), List.of(), "", targets, healthy, 0).status(GitOpsStatus.NOTHING);
        assertThat(status.state()).isEqualTo(state);
        assertThat(status.message()).isEqualTo(message);
        assertThat(status.errors()).hasSize(refusal == null ? 0 : 1);
        GitOpsStatus away = new Situation(wanted, current, step, "old", checking, refused, List.of(), List.of(), "no route", targets, healthy, 0).status(status);
        assertThat(away.state()).as("the repository being away changes no state").isEqualTo(state);
        assertThat(away.since()).isEqualTo(status.since());
        assertThat(away.errors()).hasSize(refusal == null ? 1 : 2);
    }

    /** An operating system that was not taken. */
    @Test
    void whatIsNotGoneBackFromIsToldButHidesNoRefusal() {
        List<Problem> lasting = List.of(new Problem("os.yaml", 1, "a kernel panic"));
        GitOpsStatus status = new Situation("new", "new", Step.HEALTHY, "new", false, Optional.empty(), List.of(), lasting, "", List.of(), true, 0).status(GitOpsStatus.NOTHING);
        assertThat(status.state()).isEqualTo(State.Degraded);
        assertThat(status.errors()).isEqualTo(lasting);
        Refusal refusal = new Refusal("next", true, List.of(new Problem("a.yaml", 1, "bad")));
        GitOpsStatus refused = new Situation("next", "new", Step.HEALTHY, "new", false, Optional.of(refusal), List.of(), lasting, "", List.of(), true, 0).status(status);
        assertThat(refused.state()).isEqualTo(State.RolledBack);
        assertThat(refused.errors()).extracting(Problem::file).containsExactly("a.yaml", "os.yaml");
    }
}
