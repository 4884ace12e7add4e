package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;

/** A real process with many objects in its database, from its start on: when it answers, and the memory that it holds then. */
final class StartBench {
    /** By then a server has loaded what its controllers watch, too, and what an answer took is given back. */
    static final Duration SETTLE = Duration.ofSeconds(20);
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int LISTS = 10;

    private StartBench() {}

    /**
     * @param get    nanoseconds from the start of the process until it had answered with one object
     * @param list   nanoseconds from the start of the process until it had answered with all of them after that
     * @param memory of the process, {@link #SETTLE} later
     * @param again  nanoseconds of the fastest of ten lists after that
     * @param gzip   the same of ten that are compressed, as kubectl and client-go ask for them; 0 if they cannot be
     */
    record Figures(long get, long list, ProcessFigures memory, long again, long gzip) {}

    /** The first start on an empty data folder, which makes certificates and much else; returns when the API answers. */
    static void prepare(SkerryServer server, Layout layout) throws IOException, InterruptedException {
        server.start();
        awaitAnswer(server, layout, "/api/v1/namespaces/default");
    }

    /**
     * A later start. curl asks, over TLS. What curl and the script that starts the server take is in the figures.
     *
     * @param pods how many are in its database
     */
    static Figures skerry(SkerryServer server, Layout layout, int pods) throws IOException, InterruptedException {
        long start = System.nanoTime();
        server.start();
        Curl curl = awaitAnswer(server, layout, "/api/v1/namespaces/default" + (pods == 0 ? "" : "/pods/pod-00000"));
        long get = System.nanoTime() - start;
        String all = layout.apiUrl() + "/api/v1/pods";
        long bytes = curl.get(all, 1, false).bytes();
        long list = System.nanoTime() - start;
        if (bytes < pods * 1000L) {
            throw new IOException("the list is too short: " + bytes + " bytes");
        }
        Thread.sleep(SETTLE);
        if (Files.readString(server.process().log()).contains("OutOfMemoryError")) {
            throw new Report.Failure("skerry's heap is too small for " + pods + " pods: give it more with --max-heap");
        }
        ProcessFigures memory = ProcessFigures.of(server.process().handle().orElseThrow(() -> ended(server)).pid());
        return new Figures(get, list, memory, curl.get(all, LISTS, false).fastest(), curl.get(all, LISTS, true).fastest());
    }

    private static Curl awaitAnswer(SkerryServer server, Layout layout, String path) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        // a look at the port costs the starting server next to nothing, a curl does
        Ports.awaitOpen(layout.apiPort(), server.process(), PATIENCE);
        Curl curl = new Curl(layout.dataDir().resolve("server/tls"));
        Run answer = curl.run(layout.apiUrl() + path);
        while (answer.exitCode() != 0) {
            if (!server.process().isRunning()) {
                throw ended(server);
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("no answer within " + PATIENCE.toSeconds() + " s: " + answer.err().strip());
            }
            Thread.sleep(5);
            answer = curl.run(layout.apiUrl() + path);
        }
        return curl;
    }

    private static IOException ended(SkerryServer server) {
        try {
            return new IOException("skerry has ended; its log ends:\n" + server.process().lastWords());
        } catch (IOException e) {
            return e;
        }
    }

    /**
     * A client in this process asks, over gRPC without TLS.
     *
     * @param one    key of an object
     * @param prefix of all keys
     * @param count  how many there are
     */
    static Figures etcd(EtcdServer etcd, String one, String prefix, int count) throws IOException, InterruptedException {
        long start = System.nanoTime();
        etcd.start();
        try (EtcdClient client = new EtcdClient(etcd.port())) {
            int found = client.range(one);
            long get = System.nanoTime() - start;
            int all = client.range(prefix);
            long list = System.nanoTime() - start;
            if (found != Math.min(1, count) || all != count) {
                throw new IOException("etcd has " + all + " objects instead of " + count);
            }
            Thread.sleep(SETTLE);
            ProcessFigures memory = ProcessFigures.of(etcd.pid());
            long again = Long.MAX_VALUE;
            for (int i = 0; i < LISTS; i++) {
                long from = System.nanoTime();
                client.range(prefix);
                again = Math.min(again, System.nanoTime() - from);
            }
            return new Figures(get, list, memory, again, 0);
        }
    }
}
