package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrialVerdictTest {
    @TempDir
    Path folder;

    @Test
    void isHeardByWhoWaitsAndByWhoComesLate() throws Exception {
        Path file = folder.resolve("run/good");
        CompletableFuture<Boolean> waiting = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try {
                waiting.complete(TrialVerdict.await(file, Duration.ofMinutes(1)));
            } catch (Exception e) {
                waiting.completeExceptionally(e);
            }
        });
        assertThat(TrialVerdict.await(file, Duration.ofMillis(200))).as("nobody said so yet").isFalse();
        assertThat(waiting).isNotDone();
        TrialVerdict.good(file);
        assertThat(waiting.get(30, TimeUnit.SECONDS)).isTrue();
        assertThat(TrialVerdict.await(file, Duration.ZERO)).isTrue();
    }
}
