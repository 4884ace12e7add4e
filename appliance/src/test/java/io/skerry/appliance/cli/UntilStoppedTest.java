package io.skerry.appliance.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.skerry.appliance.UserError;
import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** In a process of its own, for a signal ends it. */
class UntilStoppedTest {
    /** Takes a while to start, and says where it is. */
    static final class Slow {
        public static void main(String[] arguments) throws Exception {
            UntilStopped.run(_ -> {
                System.out.println("starting");
                Thread.sleep(1000);
                System.out.println("started");
                return () -> System.out.println("closed");
            });
        }
    }

    @Test
    void aStopWhileStartingClosesWhatWasStarted() throws Exception {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx32m", "-cp",
                classes(UntilStopped.class) + File.pathSeparator + classes(Slow.class), Slow.class.getName()).redirectErrorStream(true).start();
        try (var output = process.inputReader()) {
            assertThat(output.readLine()).isEqualTo("starting");
            process.toHandle().destroy(); // SIGTERM; unlike Process.destroy leaves the output open
            assertThat(output.readLine()).isEqualTo("started");
            assertThat(output.readLine()).isEqualTo("closed");
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void whatGivesUpIsClosedAndSaysWhy() {
        List<String> closed = new ArrayList<>();
        assertThatThrownBy(() -> UntilStopped.run(giveUp -> {
            Thread.startVirtualThread(() -> {
                giveUp.accept(new UserError("the first reason"));
                giveUp.accept(new UserError("the second"));
            });
            return () -> closed.add("closed");
        })).isInstanceOf(UserError.class).hasMessage("the first reason");
        assertThat(closed).containsExactly("closed");
    }

    private static Path classes(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }
}
