package io.skerry.datastore;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;

/** Prints writes a second at 1 and 64 writers, durable and lazy. Argument: a folder on the disk to measure, kept empty. */
final class DatastoreBench {

    private static final int SECONDS = 4;

    private DatastoreBench() {}

    public static void main(String[] args) throws Exception {
        Path folder = Files.createTempDirectory(args.length > 0 ? Path.of(args[0]) : Path.of("."), "bench");
        System.out.printf("%-8s %8s %12s%n", "writes", "writers", "a second");
        for (Durability durability : Durability.values()) {
            for (int writers : new int[] {1, 64}) {
                Path file = folder.resolve(durability + "-" + writers + ".db");
                try (Datastore store = SqliteDatastore.open(file)) {
                    run(store, writers, durability, 1); // warm up
                    System.out.printf("%-8s %8d %12d%n", durability, writers, run(store, writers, durability, SECONDS) / SECONDS);
                }
            }
        }
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private static long run(Datastore store, int writers, Durability durability, int seconds) throws InterruptedException {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        var count = new AtomicLong();
        var done = new CountDownLatch(writers);
        byte[] value = new byte[2000]; // a small pod
        for (int w = 0; w < writers; w++) {
            String key = "/registry/core/pods/default/pod-" + w;
            Thread.startVirtualThread(() -> {
                Stored last = store.get(key);
                while (System.nanoTime() < end) {
                    last = last == null ? store.create(key, value, durability) : store.update(key, value, last.modRevision(), durability);
                    count.incrementAndGet();
                }
                done.countDown();
            });
        }
        done.await();
        return count.get();
    }
}
