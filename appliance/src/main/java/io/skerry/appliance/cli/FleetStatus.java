package io.skerry.appliance.cli;

import io.skerry.appliance.UserError;
import io.skerry.gitops.GitOpsStatus;
import io.skerry.gitops.journal.Journal;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** How the device stands against its fleet repository, read from the agent's journal: it says so even when no server runs. */
final class FleetStatus {
    private FleetStatus() {}

    /** @return false when the newest commit was refused or rolled back, or is not healthy yet */
    static boolean print(Path gitopsDir, PrintStream out) {
        Path file = gitopsDir.resolve("journal.db");
        if (!Files.exists(file)) {
            out.println("fleet    nothing is known of one: the settings name no fleet repository, or the server has not started yet");
            return true;
        }
        try (Journal journal = Journal.open(file)) {
            String wanted = journal.wanted();
            String good = journal.lastKnownGood().map(Journal.Revision::commit).orElse("");
            boolean synced = !wanted.isEmpty() && wanted.equals(good);
            out.printf("fleet    newest commit %s, last known good %s%s%n", shown(wanted), shown(good), synced ? "" : ": not in step");
            journal.refusal().ifPresent(refusal -> {
                out.printf("         %s was %s:%n", shown(refusal.commit()), refusal.rolledBack() ? "rolled back" : "refused");
                for (GitOpsStatus.Problem problem : refusal.problems()) {
                    out.println("         " + problem);
                }
            });
            if (journal.waiting() > 0) {
                out.printf("mqtt     %d status messages wait for the broker%n", journal.waiting());
            }
            return synced;
        } catch (IOException e) {
            throw new UserError("cannot read the agent's journal " + file + ": " + e.getMessage(), e);
        }
    }

    private static String shown(String commit) {
        return commit.isEmpty() ? "none" : commit.substring(0, Math.min(10, commit.length()));
    }
}
