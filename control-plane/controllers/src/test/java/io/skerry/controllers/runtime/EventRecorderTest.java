package io.skerry.controllers.runtime;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.skerry.controllers.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventRecorderTest {
    @TempDir Path folder;
    private TestCluster cluster;
    private EventRecorder events;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of());
        events = cluster.informers.recorder("test-controller");
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private ConfigMap object(String name) {
        return cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + ", namespace: default}}");
    }

    private List<Event> written(String about) {
        return cluster.client.v1().events().inNamespace("default").list().getItems().stream().filter(e -> e.getInvolvedObject().getName().equals(about)).toList();
    }

    @Test void theSameAgainIsCounted() {
        ConfigMap a = object("a"), b = object("b");
        for (int i = 0; i < 4; i++) events.warning(a, "Broken", "it is broken");
        events.normal(a, "Broken", "it is broken");
        events.warning(b, "Broken", "it is broken");
        eventually(() -> {
            assertThat(written("a")).hasSize(2).anySatisfy(e -> {
                assertThat(e.getType()).isEqualTo("Warning");
                assertThat(e.getCount()).isEqualTo(4);
                assertThat(e.getSource().getComponent()).isEqualTo("test-controller");
                assertThat(e.getInvolvedObject().getUid()).isEqualTo(a.getMetadata().getUid());
                assertThat(e.getMetadata().getName()).startsWith("a.");
            });
            assertThat(written("b")).singleElement().satisfies(e -> assertThat(e.getCount()).isEqualTo(1));
        });
    }

    @Test void manyOfAKindAreOneAndTooManyAreNone() {
        ConfigMap a = object("a");
        for (int i = 0; i < 60; i++) events.warning(a, "Broken", "part " + i + " is broken");
        // Nine apart, then all in one; a burst of 25 in all.
        eventually(() -> {
            assertThat(written("a")).hasSize(10).anySatisfy(e -> {
                assertThat(e.getMessage()).startsWith("(combined from similar events): part ");
                assertThat(e.getCount()).isEqualTo(16);
            });
        });
        TestCluster.stays(() -> written("a").stream().mapToInt(Event::getCount).sum() == 25, Duration.ofMillis(300));
    }

    @Test void anExpiredEventIsWrittenAnew() {
        ConfigMap a = object("a");
        events.warning(a, "Broken", "it is broken");
        eventually(() -> assertThat(written("a")).hasSize(1));
        cluster.client.v1().events().inNamespace("default").withName(written("a").getFirst().getMetadata().getName()).delete();
        events.warning(a, "Broken", "it is broken");
        eventually(() -> assertThat(written("a")).singleElement().satisfies(e -> assertThat(e.getCount()).isEqualTo(1)));
    }
}
