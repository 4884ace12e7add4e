package io.skerry.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

class SchedulingQueueTest {
    private final SchedulingQueue queue = new SchedulingQueue();

    private static Pod pod(String name, int priority) {
        return new PodBuilder().withNewMetadata().withName(name).withUid(name).endMetadata().withNewSpec().withPriority(priority).endSpec().build();
    }

    private SchedulingQueue.Waiting take(Duration atMost) throws Exception {
        CompletableFuture<SchedulingQueue.Waiting> taken = new CompletableFuture<>();
        Thread t = Thread.ofVirtual().start(() -> {
            try {
                taken.complete(queue.take());
            } catch (InterruptedException e) {
                taken.cancel(false);
            }
        });
        try {
            return taken.get(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            t.interrupt();
            t.join();
            return null;
        }
    }

    private static String name(SchedulingQueue.Waiting w) {
        return w == null ? null : w.pod().getMetadata().getName();
    }

    @Test void importantPodsGoFirstThenOlderOnes() throws Exception {
        queue.put(pod("low1", 0), false);
        queue.put(pod("low2", 0), false);
        queue.put(pod("high", 1000), false);
        assertThat(name(queue.take())).isEqualTo("high");
        assertThat(name(queue.take())).isEqualTo("low1");
        assertThat(name(queue.take())).isEqualTo("low2");
    }

    @Test void onlyWhatMayHelpWakesAPodAndNotBeforeItsBackoffEnds() throws Exception {
        queue.put(pod("a", 0), false);
        queue.unschedulable(queue.take(), Set.of(ClusterEvent.POD_GONE));
        queue.happened(Set.of(ClusterEvent.NODE_LABELS));
        assertThat(take(Duration.ofMillis(1500))).isNull();
        long start = System.nanoTime();
        queue.happened(Set.of(ClusterEvent.POD_GONE));
        assertThat(name(take(Duration.ofMillis(200)))).isEqualTo("a"); // the second of backoff has passed while it waited
        assertThat(System.nanoTime() - start).isLessThan(Duration.ofMillis(200).toNanos());
    }

    @Test void whatHappensWhileAPodIsTriedIsNotMissed() throws Exception {
        queue.put(pod("a", 0), false);
        SchedulingQueue.Waiting w = queue.take();
        queue.happened(Set.of(ClusterEvent.POD_GONE));
        queue.unschedulable(w, Set.of(ClusterEvent.POD_GONE));
        assertThat(take(Duration.ofMillis(500))).isNull();
        assertThat(name(take(Duration.ofMillis(1500)))).isEqualTo("a");
    }

    @Test void aRemovedPodDoesNotComeBack() throws Exception {
        queue.put(pod("a", 0), false);
        SchedulingQueue.Waiting w = queue.take();
        queue.remove(w.pod());
        queue.failed(w);
        assertThat(take(Duration.ofMillis(1300))).isNull();
    }

    @Test void closingEndsTheWait() throws Exception {
        CompletableFuture<SchedulingQueue.Waiting> taken = CompletableFuture.supplyAsync(() -> {
            try {
                return queue.take();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        Thread.sleep(50);
        queue.close();
        assertThat(taken.get(5, TimeUnit.SECONDS)).isNull();
    }
}
