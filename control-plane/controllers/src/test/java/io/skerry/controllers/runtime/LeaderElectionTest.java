package io.skerry.controllers.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.skerry.controllers.TestCluster;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaderElectionTest {
    private static final LeaderElection.Times QUICK = new LeaderElection.Times(Duration.ofMillis(1500), Duration.ofMillis(1000), Duration.ofMillis(200));

    @TempDir Path folder;
    private final AtomicInteger working = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final AtomicInteger terms = new AtomicInteger();

    private LeaderElection candidate(KubernetesClient client, String name) {
        return new LeaderElection(client, "kube-scheduler", name, QUICK, () -> {
            terms.incrementAndGet();
            most.accumulateAndGet(working.incrementAndGet(), Math::max);
            return working::decrementAndGet;
        });
    }

    private static long leading(List<LeaderElection> all) {
        return all.stream().filter(LeaderElection::isLeading).count();
    }

    @Test
    void oneAtATimeLeadsAndAnotherTakesOverWhenItStops() {
        try (TestCluster cluster = new TestCluster(folder, i -> List.of())) {
            List<LeaderElection> all = IntStream.range(0, 3).mapToObj(i -> candidate(cluster.client, "server-" + i)).toList();
            for (int round = 0; round < 3; round++) {
                Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> leading(all) == 1);
                LeaderElection leader = all.stream().filter(LeaderElection::isLeading).findFirst().orElseThrow();
                leader.close();
                assertThat(leader.isLeading()).isFalse();
            }
            assertThat(working).hasValue(0);
            assertThat(most).as("leaders at once").hasValue(1);
            assertThat(terms).hasValue(3);
        }
    }

    @Test
    void whoLosesTheLeaseStopsAndStandsAgain() {
        try (TestCluster cluster = new TestCluster(folder, i -> List.of()); LeaderElection only = candidate(cluster.client, "server-0")) {
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(only::isLeading);
            // Somebody else's, and held for a while: what a server that was frozen finds.
            Awaitility.await().ignoreExceptions().until(() -> cluster.client.resources(Lease.class).inNamespace("kube-system").withName("kube-scheduler").edit(lease -> {
                lease.getSpec().setHolderIdentity("other");
                lease.getSpec().setRenewTime(ZonedDateTime.now());
                lease.getSpec().setLeaseDurationSeconds(3);
                return lease;
            }) != null); // the holder renews it at the same time
            Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> !only.isLeading() && working.get() == 0);
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(only::isLeading);
            assertThat(terms).hasValue(2);
        }
        assertThat(working).hasValue(0);
    }
}
