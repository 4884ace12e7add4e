package io.skerry.scripts;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.apiserver.ApiRequest;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.ApiServerConfig;
import io.skerry.apiserver.User;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.Durability;
import io.skerry.datastore.SqliteDatastore;
import io.skerry.machinery.json.Json;
import io.skerry.machinery.schema.TypeTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code scripts/bench --datastore}: the embedded datastore and the API server over it, beside a real etcd on the same disk in one run. */
@Command(name = "scripts/bench --datastore", mixinStandardHelpOptions = true,
        description = "Measures the datastore beside a real etcd; prints the table that docs/benchmarks.md keeps. About six minutes.")
final class StoreBench implements Callable<Integer> {
    private static final int WATCHES = 1000;
    private static final int WATCHED_WRITES = 100;
    private static final int ROUNDS = 3;

    @Option(names = "--write", description = "Put the table into docs/benchmarks.md.")
    boolean write;

    @Option(names = "--folder", paramLabel = "DIR", description = "On the disk that is measured (default: the checkout's .skerry).")
    Path folder;

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "5", description = "How long each round of writes takes (default: ${DEFAULT-VALUE}).")
    int seconds;

    @Option(names = "--max-heap", paramLabel = "SIZE", defaultValue = "512m",
            description = "How large the heap of a skerry server with 10,000 pods may grow (default: ${DEFAULT-VALUE}).")
    String maxHeap;

    private final FigureTable table = new FigureTable("scripts/bench --datastore writes", "skerry", "etcd");

    public static void main(String[] args) {
        System.exit(Report.execute(new StoreBench(), args));
    }

    /** A store under test; {@code put} returns the revision it has written. */
    interface Target {
        long put(String key, byte[] value, long expected);
    }

    @Override
    public Integer call() throws Exception {
        Path parent = folder != null ? folder : Layout.checkout().resolve(".skerry");
        Files.createDirectories(parent);
        Path base = Files.createTempDirectory(parent, "bench-");
        try {
            writes(base);
            stalls(base);
            heartbeats(base);
            watches(base);
            new ObjectsBench(table, base, maxHeap).run();
        } finally {
            Down.delete(base);
        }
        table.finish(Bench.machine("JVM " + System.getProperty("java.vm.version") + ", but where a row says otherwise"), write);
        return 0;
    }

    /** Rounds of the one and the other in turn, so that what else the machine does meets both. */
    private void writes(Path base) throws Exception {
        System.out.println("==> Measuring writes");
        try (Datastore store = SqliteDatastore.open(base.resolve("writes/state.db")); EtcdServer etcd = new EtcdServer(base.resolve("writes-etcd"))) {
            etcd.start();
            try (EtcdClient client = new EtcdClient(etcd.port())) {
                Target ours = put(store);
                for (int clients : new int[] {1, 64}) {
                    List<long[]> mine = new ArrayList<>();
                    List<long[]> theirs = new ArrayList<>();
                    load(ours, "/warm-" + clients, clients, 1);
                    load(client::put, "/warm-" + clients, clients, 1);
                    for (int round = 0; round < ROUNDS; round++) {
                        mine.add(load(ours, "/" + clients + "-" + round, clients, seconds));
                        theirs.add(load(client::put, "/" + clients + "-" + round, clients, seconds));
                    }
                    String what = "of 2,000 bytes, " + clients + (clients == 1 ? " client" : " clients");
                    table.row("durable writes " + what + ", per second", perSecond(mine), perSecond(theirs));
                    table.row("the same: 99 % of writes take at most", quantile(mine, 0.99), quantile(theirs, 0.99));
                    table.row("the same: the slowest write, checkpoints included", quantile(mine, 1), quantile(theirs, 1));
                }
            }
        }
    }

    static Target put(Datastore store) {
        return (key, value, expected) -> (expected == 0 ? store.create(key, value, Durability.DURABLE) : store.update(key, value, expected, Durability.DURABLE)).modRevision();
    }

    /** @return how long each write took, in nanoseconds */
    private static long[] load(Target target, String prefix, int clients, int seconds) throws Exception {
        long end = System.nanoTime() + seconds * 1_000_000_000L;
        byte[] value = new byte[2000]; // a small pod
        List<Future<long[]>> work = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int c = 0; c < clients; c++) {
                String key = "/registry/bench" + prefix + "/" + c;
                work.add(threads.submit(() -> {
                    long[] took = new long[1024];
                    int count = 0;
                    long revision = 0;
                    for (long now = System.nanoTime(); now < end; count++) {
                        revision = target.put(key, value, revision);
                        long after = System.nanoTime();
                        took = count == took.length ? Arrays.copyOf(took, 2 * count) : took;
                        took[count] = after - now;
                        now = after;
                    }
                    return Arrays.copyOf(took, count);
                }));
            }
            long[] all = new long[0];
            for (Future<long[]> one : work) {
                long[] more = one.get();
                int before = all.length;
                all = Arrays.copyOf(all, before + more.length);
                System.arraycopy(more, 0, all, before, more.length);
            }
            return all;
        }
    }

    private void stalls(Path base) throws Exception {
        System.out.println("==> Measuring stalls");
        int time = 6 * seconds;
        StallBench.Figures disk = StallBench.run(base.resolve("stalls"), time);
        Path memory = Files.createTempDirectory(Path.of("/dev/shm"), "skerry-bench-");
        StallBench.Figures none;
        try {
            none = StallBench.run(memory, time);
        } finally {
            Down.delete(memory);
        }
        String slowest = ": the slowest; how many over 100 ms";
        table.row(time + " s of writes by 8 clients, all history compacted after a second" + slowest, calls(disk.writes()), "");
        table.row("the same: syncs of another file on that disk meanwhile, 4 KiB each" + slowest, calls(disk.syncs()), "");
        table.row("the same in memory, where a sync takes nothing" + slowest, calls(none.writes()), "");
    }

    private void heartbeats(Path base) throws Exception {
        String what = "an hour of heartbeats of a node with ten pods, played: bytes written";
        if (!LoopDisk.available()) {
            table.row(what, "not measured: no loop devices here", "");
            return;
        }
        Path folder = base.resolve("disk");
        try (LoopDisk disk = LoopDisk.mount(base.resolve("disk.img"), 512L << 20, folder)) {
            HeartbeatBench.Written written = HeartbeatBench.hour(disk, folder);
            table.row(what + ", by the process", FigureTable.mib(written.process()), "");
            table.row("the same: at the block layer, the file system's journal included (ext4 on a loop device)", FigureTable.mib(written.device()), "");
        }
    }

    private static String calls(StallBench.Calls calls) {
        return FigureTable.millis(calls.slowest()) + "; " + calls.stalls() + " of " + calls.count();
    }

    private void watches(Path base) throws Exception {
        System.out.println("==> Measuring watches");
        String what = "write to event with 1,000 watches: 99 % within";
        String[] ours = new String[1];
        try (Datastore store = SqliteDatastore.open(base.resolve("watches/state.db")); EtcdServer etcd = new EtcdServer(base.resolve("watches-etcd"))) {
            ours[0] = watched(put(store), sink -> {
                for (int i = 0; i < WATCHES; i++) {
                    store.watch("/registry/bench/", store.revision(), event -> sink.accept(System.nanoTime()));
                }
            });
            etcd.start();
            try (EtcdClient client = new EtcdClient(etcd.port())) {
                table.row(what + ", at the store", ours[0], watched(client::put, sink -> client.watch("/registry/bench/", WATCHES, sink)));
            }
        }
        try (Datastore store = SqliteDatastore.open(base.resolve("api-watches/state.db")); ApiServer server = server(store);
             var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<CountingResponse> sinks = new ArrayList<>();
            Target api = (key, value, expected) -> {
                ObjectNode map = Json.object().put("apiVersion", "v1").put("kind", "ConfigMap");
                map.putObject("metadata").put("name", "watched");
                map.putObject("data").put("at", Long.toString(System.nanoTime())).put("filler", "0123456789".repeat(150));
                String path = "/api/v1/namespaces/default/configmaps";
                send(server, expected == 0 ? "POST" : "PUT", expected == 0 ? path : path + "/watched", null, Json.bytes(map), new CountingResponse(null));
                return 1;
            };
            String told = watched(api, sink -> {
                for (int i = 0; i < WATCHES; i++) {
                    CountingResponse one = new CountingResponse(sink);
                    sinks.add(one);
                    threads.submit(() -> send(server, "GET", "/api/v1/namespaces/default/configmaps", "watch=1&fieldSelector=metadata.name%3Dwatched", null, one));
                }
                for (CountingResponse one : sinks) {
                    one.awaitStart();
                }
            });
            table.row(what + ", at the API", told, "");
            sinks.forEach(CountingResponse::leave);
        }
    }

    private interface Watching {
        void open(LongConsumer sink) throws Exception;
    }

    private static String watched(Target target, Watching watching) throws Exception {
        long[] delays = new long[WATCHES * WATCHED_WRITES];
        AtomicInteger next = new AtomicInteger();
        AtomicLong began = new AtomicLong();
        AtomicReference<CountDownLatch> all = new AtomicReference<>();
        watching.open(at -> {
            delays[next.getAndIncrement() % delays.length] = at - began.get();
            all.get().countDown();
        });
        long revision = 0;
        for (int i = 0; i < WATCHED_WRITES; i++) {
            all.set(new CountDownLatch(WATCHES));
            began.set(System.nanoTime());
            revision = target.put("/registry/bench/watched", new byte[2000], revision);
            if (!all.get().await(20, TimeUnit.SECONDS)) {
                throw new IOException("write " + i + " reached only " + (WATCHES - all.get().getCount()) + " watches");
            }
        }
        Arrays.sort(delays);
        return FigureTable.millis(delays[(int) (delays.length * 0.99)]);
    }

    static ApiServer server(Datastore store) {
        return new ApiServer(ApiServerConfig.defaults(), store, TypeTable.builtin());
    }

    static void send(ApiServer server, String method, String path, String query, byte[] body, CountingResponse sink) {
        server.handle(new ApiRequest(method, path, query, name -> name.equals("Content-Type") && body != null ? "application/json" : null, body, User.master("bench")), sink);
        if (sink.status() >= 300) {
            throw new IllegalStateException(method + " " + path + " was answered with " + sink.status());
        }
    }

    private String perSecond(List<long[]> rounds) {
        return String.valueOf(rounds.stream().mapToLong(round -> round.length).sum() / (ROUNDS * seconds));
    }

    private static String quantile(List<long[]> rounds, double quantile) {
        long[] all = rounds.stream().flatMapToLong(Arrays::stream).sorted().toArray();
        return FigureTable.millis(all[(int) Math.min(all.length - 1L, (long) (all.length * quantile))]);
    }
}
