package io.skerry.datastore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class WatchTaskTest {

    /** The lock's own wait uses up the wake-up of a close. */
    @Test
    void oneThatIsClosedWhileItWaitsForTheLockEnds() throws Exception {
        for (int round = 0; round < 20; round++) {
            View view = new View(DatastoreOptions.defaults(), 5, 0);
            WatchTask watch = new WatchTask(view, null, "/k/", 5, event -> { });
            view.lock.writeLock().lock();
            try {
                watch.start();
                await().pollInterval(Duration.ofMillis(2)).until(view.lock::hasQueuedThreads);
                watch.close();
                Thread.sleep(20); // it wakes, sees that the lock is still held, and waits for it again
            } finally {
                view.lock.writeLock().unlock();
            }
            watch.done().toCompletableFuture().get(10, TimeUnit.SECONDS);
            assertThat(view.watches).isEmpty();
        }
    }
}
