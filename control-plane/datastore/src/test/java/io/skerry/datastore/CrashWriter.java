package io.skerry.datastore;

import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The process that tests kill: writes without end, and writes down what it was told is written. */
final class CrashWriter {

    private CrashWriter() {}

    /** The command line of one on a file. */
    static ProcessBuilder command(Path file, Path acknowledged) {
        return new ProcessBuilder(ProcessHandle.current().info().command().orElseThrow(), "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", "-Dorg.sqlite.tmpdir=" + System.getProperty("org.sqlite.tmpdir", System.getProperty("java.io.tmpdir")),
            "-cp", System.getProperty("java.class.path"), CrashWriter.class.getName(), file.toString(), acknowledged.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    }

    /** Writes one line an acknowledged write, {@code D|L <writer> <number> <revision> .}, and one a failed write, {@code X <message>}. */
    public static void main(String[] args) throws Exception {
        try (var out = new FileOutputStream(args[1], true)) {
            Datastore store;
            try {
                store = SqliteDatastore.open(Path.of(args[0]));
            } catch (DatastoreException e) {
                tell(out, "E " + e.getMessage());
                return;
            }
            for (int t = 0; t < 8; t++) {
                int writer = t;
                Thread.startVirtualThread(() -> write(store, out, "/d/" + writer, "D " + writer, Durability.DURABLE, 0));
            }
            Thread.startVirtualThread(() -> write(store, out, "/l/0", "L 0", Durability.LAZY, 1));
            Thread.currentThread().join();
        }
    }

    private static void tell(FileOutputStream out, String line) {
        try {
            synchronized (out) {
                out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            Runtime.getRuntime().halt(1);
        }
    }

    private static void write(Datastore store, FileOutputStream out, String key, String name, Durability durability, int pause) {
        long i = -1;
        while (true) {
            try {
                Stored last = store.get(key); // also after a failure, which may have written or not
                i = Math.max(i + 1, last == null ? 0 : Long.parseLong(new String(last.value()).strip()) + 1);
                byte[] value = String.format("%-2000d", i).getBytes();
                last = last == null ? store.create(key, value, durability) : store.update(key, value, last.modRevision(), durability);
                tell(out, name + " " + i + " " + last.modRevision() + " .");
                if (pause > 0) {
                    Thread.sleep(pause);
                }
            } catch (DatastoreException e) {
                tell(out, "X " + e.getMessage());
                try {
                    Thread.sleep(20);
                } catch (InterruptedException x) {
                    return;
                }
            } catch (InterruptedException e) {
                return;
            }
        }
    }
}
