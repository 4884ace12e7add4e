package io.skerry.appliance.os;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SituationTest {
    private static final Network OFFLINE = new Network(Map.of(), Set.of(), Set.of());

    @TempDir
    Path folder;

    @Test
    void theServerIsAskedEachTime() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        Thread server = Thread.startVirtualThread(() -> {
            try {
                Situation.answer(folder, () -> {
                    if (asked.incrementAndGet() == 1) {
                        throw new IllegalStateException("the caches are not filled yet");
                    }
                    return new Health("", "", "", true, true, asked.get() == 2, Set.of("Deployment demo/web"), OFFLINE);
                });
            } catch (InterruptedException e) {
                // The end of the test.
            }
        });
        try {
            assertThat(Situation.ask(folder, Duration.ofSeconds(2))).as("a server that cannot say").isEqualTo(Json.object());
            ObjectNode first = Situation.ask(folder, Duration.ofMinutes(1));
            assertThat(first.path("reachesFleet").asBoolean()).isTrue();
            assertThat(first.at("/unhealthy/0").asText()).isEqualTo("Deployment demo/web");
            assertThat(Situation.ask(folder, Duration.ofMinutes(1)).path("reachesFleet").asBoolean(true)).as("not the answer of before").isFalse();
            assertThat(asked).hasValue(3);
        } finally {
            server.interrupt();
            server.join();
        }
        assertThat(Situation.ask(folder, Duration.ofMillis(100))).as("no server runs").isEqualTo(Json.object());
        assertThat(folder).isEmptyDirectory();
    }
}
