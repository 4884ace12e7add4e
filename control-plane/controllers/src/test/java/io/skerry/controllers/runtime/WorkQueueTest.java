package io.skerry.controllers.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WorkQueueTest {
    private static final Key A = new Key("", "a"), B = new Key("", "b");
    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1);

    @AfterEach void stop() {
        timer.shutdownNow();
    }

    @Test void aKeyAddedWhileItIsWorkedOnIsWorkedOnOnceMoreAndNeverTwiceAtATime() throws Exception {
        CountDownLatch started = new CountDownLatch(1), go = new CountDownLatch(1);
        AtomicInteger calls = new AtomicInteger(), atATime = new AtomicInteger(), most = new AtomicInteger();
        try (WorkQueue q = new WorkQueue("test", 4, timer, k -> {
            most.accumulateAndGet(atATime.incrementAndGet(), Math::max);
            calls.incrementAndGet();
            started.countDown();
            go.await();
            atATime.decrementAndGet();
        })) {
            q.add(A);
            assertThat(started.await(5, TimeUnit.SECONDS)).isTrue();
            for (int i = 0; i < 10; i++) q.add(A);
            Thread.sleep(50);
            assertThat(calls.get()).isEqualTo(1);
            go.countDown();
            await().untilAsserted(() -> assertThat(calls.get()).isEqualTo(2));
            Thread.sleep(50);
            assertThat(calls.get()).isEqualTo(2);
            assertThat(most.get()).isEqualTo(1);
        }
    }

    @Test void failuresComeBackLaterAndLaterAndDoNotHoldUpOthers() {
        ConcurrentLinkedQueue<Long> tries = new ConcurrentLinkedQueue<>();
        CountDownLatch other = new CountDownLatch(1);
        try (WorkQueue q = new WorkQueue("test", 1, timer, k -> {
            if (k.equals(B)) {
                other.countDown();
                return;
            }
            tries.add(System.nanoTime());
            if (tries.size() < 6) throw new IllegalStateException("not yet");
        })) {
            q.add(A);
            q.add(B);
            await().untilAsserted(() -> assertThat(tries).hasSize(6));
            assertThat(other.getCount()).isZero();
        }
        List<Long> t = List.copyOf(tries);
        assertThat(t.get(5) - t.get(4)).isGreaterThan(Duration.ofMillis(75).toNanos());
        assertThat(t.get(5) - t.get(0)).isGreaterThan(Duration.ofMillis(150).toNanos());
        assertThat(WorkQueue.backoff(1)).isEqualTo(Duration.ofMillis(5));
        assertThat(WorkQueue.backoff(18)).isEqualTo(Duration.ofMillis(655_360));
        assertThat(WorkQueue.backoff(19)).isEqualTo(Duration.ofSeconds(1000));
        assertThat(WorkQueue.backoff(1000)).isEqualTo(Duration.ofSeconds(1000));
    }

    @Test void requeueTakesTheShortestDelay() {
        ConcurrentLinkedQueue<Long> tries = new ConcurrentLinkedQueue<>();
        try (WorkQueue q = new WorkQueue("test", 1, timer, k -> {
            tries.add(System.nanoTime());
            if (tries.size() > 1) return;
            Requeue.after(Duration.ofMinutes(5));
            Requeue.after(Duration.ofMillis(100));
            Requeue.after(Duration.ofMinutes(1));
        })) {
            q.add(A);
            await().atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(tries).hasSize(2));
        }
        assertThat(tries.stream().mapToLong(Long::longValue).max().getAsLong() - tries.peek()).isGreaterThan(Duration.ofMillis(95).toNanos());
    }

    @Test void closingInterruptsWork() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        WorkQueue q = new WorkQueue("test", 1, timer, k -> {
            started.countDown();
            Thread.sleep(60_000);
        });
        q.add(A);
        started.await();
        long t = System.nanoTime();
        q.close();
        assertThat(System.nanoTime() - t).isLessThan(Duration.ofSeconds(5).toNanos());
    }
}
