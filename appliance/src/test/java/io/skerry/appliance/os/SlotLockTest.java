package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Between processes, some of which are killed (SIGKILL). */
class SlotLockTest {
    @TempDir
    Path folder;

    @Test
    void whatAKilledProcessAskedForIsForgotten() throws Exception {
        SlotLock server = new SlotLock(folder, Duration.ZERO);
        assertThat(server.isAsked()).isFalse();
        Process one = child("asks");
        Process other = child("asks");
        try {
            assertThat(server.isAsked()).isTrue();
            assertThat(server.isAsked()).as("to look takes nothing away").isTrue();
            one.destroyForcibly().waitFor();
            assertThat(server.isAsked()).as("by the other one").isTrue();
        } finally {
            one.destroyForcibly().waitFor();
            other.destroyForcibly().waitFor();
        }
        assertThat(server.isAsked()).isFalse();
    }

    @Test
    void aStepOfAnotherProcessIsWaitedForByWhoIsPatient() throws Exception {
        Process process = child("works");
        try {
            assertThatThrownBy(() -> new SlotLock(folder, Duration.ZERO).alone(() -> 1)).isInstanceOf(SlotLock.BusyException.class);
            CompletableFuture<Integer> waiting = CompletableFuture.supplyAsync(() -> {
                try {
                    return new SlotLock(folder, Duration.ofMinutes(1)).alone(() -> 1);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThatThrownBy(() -> waiting.get(1, TimeUnit.SECONDS)).isInstanceOf(java.util.concurrent.TimeoutException.class);
            process.destroyForcibly().waitFor();
            assertThat(waiting.get(30, TimeUnit.SECONDS)).isEqualTo(1);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private Process child(String does) throws IOException {
        Process process = ChildProcess.start(Child.class, folder.resolve("child.log"), folder.toString(), does);
        assertThat(process.inputReader().readLine()).isEqualTo(does);
        return process;
    }

    /** Until it is killed. */
    static final class Child {
        public static void main(String[] args) throws Exception {
            SlotLock lock = new SlotLock(Path.of(args[0]), Duration.ZERO);
            if (args[1].equals("asks")) {
                try (Closeable _ = lock.ask()) {
                    hold(args[1]);
                }
            } else {
                lock.alone(() -> hold(args[1]));
            }
        }

        private static int hold(String said) throws IOException {
            System.out.println(said);
            System.out.flush();
            return System.in.read();
        }
    }
}
