package io.skerry.datastore;

import java.nio.file.Path;

/** The process that {@link DatastoreCrashTest} kills: writes without end and prints what it was told is written. */
final class CrashWriter {

    private CrashWriter() {}

    /** Prints one line an acknowledged write: {@code D|L <writer> <number> <revision>}. */
    public static void main(String[] args) throws Exception {
        Datastore store;
        try {
            store = SqliteDatastore.open(Path.of(args[0]));
        } catch (DatastoreException e) {
            System.out.println("E " + e.getMessage());
            return;
        }
        for (int t = 0; t < 8; t++) {
            int writer = t;
            Thread.startVirtualThread(() -> write(store, "/d/" + writer, "D " + writer, Durability.DURABLE, 0));
        }
        Thread.startVirtualThread(() -> write(store, "/l/0", "L 0", Durability.LAZY, 1));
        Thread.currentThread().join();
    }

    private static void write(Datastore store, String key, String name, Durability durability, int pause) {
        Stored last = store.get(key);
        for (long i = last == null ? 0 : Long.parseLong(new String(last.value()).strip()) + 1; ; i++) {
            byte[] value = String.format("%-2000d", i).getBytes();
            last = last == null ? store.create(key, value, durability) : store.update(key, value, last.modRevision(), durability);
            String line = name + " " + i + " " + last.modRevision();
            synchronized (System.out) {
                System.out.println(line);
            }
            if (pause > 0) {
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException e) {
                    return;
                }
            }
        }
    }
}
