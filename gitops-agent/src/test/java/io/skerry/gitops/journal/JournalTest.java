package io.skerry.gitops.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.gitops.GitOpsStatus.Problem;
import io.skerry.gitops.journal.Journal.Refusal;
import io.skerry.gitops.journal.Journal.Revision;
import io.skerry.gitops.journal.Journal.Step;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {

    @TempDir
    Path folder;

    private static final ObjectKey A = new ObjectKey("v1", "ConfigMap", "default", "a", true);
    private static final ObjectKey B = new ObjectKey("apps/v1", "Deployment", "default", "b", false);

    private Journal open() throws Exception {
        return Journal.open(folder.resolve("journal.db"));
    }

    @Test
    void keepsTheLastKnownGoodRevisionThroughAFailedOne() throws Exception {
        try (Journal journal = open()) {
            Revision good = journal.begin("c1", new byte[] {1}, List.of(A));
            journal.step(good, Step.APPLIED, "");
            journal.step(good, Step.HEALTHY, "");
            journal.begin("c2", new byte[] {2}, List.of(B));
        }
        try (Journal journal = open()) {
            assertThat(journal.current().orElseThrow()).satisfies(current -> {
                assertThat(current.commit()).isEqualTo("c2");
                assertThat(current.step()).isEqualTo(Step.APPLYING);
                assertThat(current.content()).containsExactly(2);
            });
            assertThat(journal.inventory()).as("both may be in the cluster").containsExactlyInAnyOrder(A, B);
            Revision good = journal.lastKnownGood().orElseThrow();
            assertThat(good.commit()).isEqualTo("c1");
            Refusal refusal = new Refusal("c2", true, List.of(new Problem("f.yaml", 3, "bad")));
            journal.goBack(good, List.of(A), refusal);
            // Another commit comes while going back: the good one is still known.
            journal.begin("c3", new byte[] {3}, List.of(B));
            assertThat(journal.refusal()).as("a new commit is a new chance").isEmpty();
            assertThat(journal.lastKnownGood().orElseThrow().commit()).isEqualTo("c1");
            Revision current = journal.current().orElseThrow();
            assertThat(current.commit()).isEqualTo("c3");
            journal.step(current, Step.HEALTHY, "");
            assertThat(journal.lastKnownGood().orElseThrow().commit()).isEqualTo("c3");
            journal.forget(List.of(A));
            assertThat(journal.inventory()).containsExactly(B);
        }
    }

    @Test
    void remembersWhatIsRefusedAndLogsSteps() throws Exception {
        Refusal refusal = new Refusal("c1", false, List.of(new Problem("a.yaml", 7, "no such field"), new Problem("", 0, "else")));
        try (Journal journal = open()) {
            journal.fetched("c1");
            journal.fetched("c1");
            journal.refused(refusal);
        }
        try (Journal journal = open()) {
            assertThat(journal.wanted()).isEqualTo("c1");
            assertThat(journal.refusal()).isEqualTo(Optional.of(refusal));
            assertThat(journal.log(10)).extracting(Journal.Entry::step).containsExactly("fetched", "refused");
            for (int i = 0; i < 600; i++) journal.fetched("n" + i);
            assertThat(journal.log(10_000)).hasSize(500);
        }
    }

    @Test
    void dropsTheOldestMessagesOnlyPastTheLimitAndCountsThem() throws Exception {
        try (Journal journal = open()) {
            for (int i = 1; i <= 12; i++) {
                int number = i;
                assertThat(journal.enqueue(sequence -> ("m" + number + " is " + sequence).getBytes(StandardCharsets.UTF_8), 10).sequence()).isEqualTo(i);
            }
            assertThat(journal.waiting()).isEqualTo(10);
            assertThat(journal.dropped()).isEqualTo(2);
            assertThat(new String(journal.oldest().orElseThrow().payload(), StandardCharsets.UTF_8)).isEqualTo("m3 is 3");
            while (journal.oldest().isPresent()) journal.delivered(journal.oldest().get());
        }
        try (Journal journal = open()) {
            assertThat(journal.lastSequence()).isEqualTo(12);
            assertThat(journal.enqueue(sequence -> new byte[0], 10).sequence()).as("numbers are never given again").isEqualTo(13);
        }
    }

    @Test
    void putsADamagedJournalAsideAndBeginsAnew() throws Exception {
        try (Journal journal = open()) {
            journal.fetched("c1");
        }
        Files.write(folder.resolve("journal.db"), "this is no database, but it is long enough to be read as one".repeat(100).getBytes(StandardCharsets.UTF_8));
        try (Journal journal = open()) {
            assertThat(journal.wanted()).isEmpty();
            journal.fetched("c2");
        }
        assertThat(folder.resolve("journal.db.broken")).exists();
        assertThatThrownBy(() -> Journal.open(Path.of("/proc/journal.db"))).isInstanceOf(IOException.class).hasMessageContaining("/proc/journal.db can't be opened");
    }

    /** A child process fills and drains the outbox until it is killed; what it said was done has to be there, in order. */
    @Test
    void losesNothingWhenTheProcessIsKilled() throws Exception {
        Path file = folder.resolve("journal.db");
        long lastQueued = 0;
        long lastDelivered = 0;
        for (int round = 0; round < 3; round++) {
            Process child = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED", "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), Child.class.getName(), file.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
            try (BufferedReader lines = new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
                int seen = 0;
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                    if (line.startsWith("queued ")) lastQueued = Long.parseLong(line.substring(7));
                    if (line.startsWith("delivered ")) lastDelivered = Long.parseLong(line.substring(10));
                    // By its handle: Process.destroyForcibly would close the stream that is being read.
                    if (++seen == 200) child.toHandle().destroyForcibly();
                }
            }
            child.waitFor();
            try (Journal journal = Journal.open(file)) {
                assertThat(journal.lastSequence()).isGreaterThanOrEqualTo(lastQueued);
                long first = journal.oldest().orElseThrow().sequence();
                assertThat(first).as("the next to be delivered").isBetween(lastDelivered + 1, lastDelivered + 2);
                assertThat(journal.waiting()).as("no gap").isEqualTo(journal.lastSequence() - first + 1);
                assertThat(Files.size(file)).isPositive();
            }
        }
        assertThat(lastDelivered).isPositive();
    }

    /** Runs in the child process. */
    static final class Child {

        public static void main(String[] arguments) throws Exception {
            try (Journal journal = Journal.open(Path.of(arguments[0]))) {
                while (true) {
                    for (int i = 0; i < 2; i++) {
                        long sequence = journal.enqueue(number -> Long.toString(number).getBytes(StandardCharsets.UTF_8), 100_000).sequence();
                        System.out.println("queued " + sequence);
                    }
                    Journal.Message oldest = journal.oldest().orElseThrow();
                    if (!new String(oldest.payload(), StandardCharsets.UTF_8).equals(Long.toString(oldest.sequence()))) throw new IllegalStateException("a message without its content");
                    journal.delivered(oldest);
                    System.out.println("delivered " + oldest.sequence());
                }
            }
        }
    }
}
