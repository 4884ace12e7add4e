package io.skerry.controllers.runtime;

import static io.skerry.controllers.TestCluster.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.skerry.controllers.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InformersTest {
    @TempDir Path folder;
    private TestCluster cluster;

    @BeforeEach void start() {
        cluster = new TestCluster(folder, i -> List.of());
    }

    @AfterEach void stop() {
        cluster.close();
    }

    private ConfigMap map(String name, String value) {
        return cluster.apply("{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + ", namespace: default}, data: {v: '" + value + "'}}");
    }

    @Test void aTypeHasOneCacheAndNewcomersHearOfWhatIsThere() {
        map("a", "1");
        assertThat(cluster.informers.of(ConfigMap.class)).isSameAs(cluster.informers.of(ConfigMap.class));
        assertThat(cluster.informers.get(ConfigMap.class, "default", "a").getData()).containsEntry("v", "1");
        List<String> heard = Collections.synchronizedList(new ArrayList<>());
        cluster.informers.subscribe(ConfigMap.class, (before, after) -> heard.add(
            (before == null ? "+" : after == null ? "-" : "~") + (after == null ? before : after).getMetadata().getName()));
        eventually(() -> assertThat(heard).contains("+a"));
        map("a", "2");
        map("b", "1");
        cluster.client.configMaps().inNamespace("default").withName("a").delete();
        eventually(() -> assertThat(heard.stream().filter(h -> !h.contains("kube")).toList()).containsExactly("+a", "~a", "+b", "-a"));
    }

    @Test void aWrittenObjectIsSeenOnReturn() {
        for (int i = 0; i < 50; i++) {
            String value = "" + i;
            ConfigMap written = cluster.informers.awaitSeen(map("a", value));
            assertThat(cluster.informers.get(ConfigMap.class, Key.of(written)).getData()).containsEntry("v", value);
        }
        ConfigMap last = cluster.informers.get(ConfigMap.class, "default", "a");
        cluster.client.configMaps().inNamespace("default").withName("a").delete();
        cluster.informers.awaitDeletionSeen(last);
        assertThat(cluster.informers.get(ConfigMap.class, "default", "a")).isNull();
    }

    @Test void findsByOwnerAndNamespaceAndKeepsNoManagedFields() {
        ConfigMap owner = map("a", "1");
        Secret s = cluster.apply("{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: default, ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: a, uid: "
            + owner.getMetadata().getUid() + "}]}}");
        assertThat(s.getMetadata().getManagedFields()).isNotEmpty();
        eventually(() -> assertThat(cluster.informers.ownedBy(Secret.class, owner.getMetadata().getUid())).singleElement()
            .satisfies(o -> assertThat(o.getMetadata().getManagedFields()).isEmpty()));
        assertThat(cluster.informers.inNamespace(Secret.class, "default")).hasSize(1);
        assertThat(cluster.informers.inNamespace(Secret.class, "kube-system")).isEmpty();
    }

    @Test void aControllerThatCannotStartYetHoldsUpNobody() {
        AtomicInteger tries = new AtomicInteger();
        List<String> seen = Collections.synchronizedList(new ArrayList<>());
        class Recording implements Controller {
            private final String name;

            Recording(String name) { this.name = name; }

            @Override public String name() { return name; }

            @Override public List<Watch<?>> watches() { return List.of(Watch.self(ConfigMap.class)); }

            @Override public Set<Class<? extends HasMetadata>> writes() { return Set.of(); }

            @Override public void reconcile(Key key) { seen.add(name + " " + key.name()); }
        }
        Controller late = new Recording("late") {
            @Override public void prepare() {
                if (tries.incrementAndGet() < 4) throw new IllegalStateException("its CRD is not served yet");
            }
        };
        try (ControllerManager m = new ControllerManager(cluster.informers, List.of(late, new Recording("prompt")))) {
            m.start();
            map("a", "1");
            eventually(() -> assertThat(seen).contains("prompt a", "late a"));
            assertThat(seen.indexOf("prompt a")).isLessThan(seen.indexOf("late a"));
            assertThat(tries.get()).isEqualTo(4);
        }
        int count = seen.size();
        map("b", "1");
        TestCluster.stays(() -> seen.size() == count, Duration.ofMillis(200));
    }
}
