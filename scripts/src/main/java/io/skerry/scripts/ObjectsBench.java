package io.skerry.scripts;

import com.sun.management.ThreadMXBean;
import io.skerry.apiserver.ApiServer;
import io.skerry.apiserver.cache.Entry;
import io.skerry.apiserver.cache.WatchCache;
import io.skerry.datastore.Datastore;
import io.skerry.datastore.SqliteDatastore;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;

/** 10,000 pods: real processes that start with them, and within this process the API's caches alone and the lists that they make. */
final class ObjectsBench {
    private static final String PODS = WatchCache.prefix("", "pods") + "default/";
    private static final int COUNT = 10_000;

    private final FigureTable table;
    private final Path base;
    private final String maxHeap;
    private final byte[][] pods = new byte[COUNT][];

    /**
     * @param base    an empty folder on the disk that is measured
     * @param maxHeap how large the heap of a {@code skerry server} may grow, such as "1g"
     */
    ObjectsBench(FigureTable table, Path base, String maxHeap) {
        this.table = table;
        this.base = base;
        this.maxHeap = maxHeap;
    }

    void run() throws Exception {
        System.out.println("==> Measuring 10,000 pods");
        long bytes = 0;
        for (int i = 0; i < COUNT; i++) {
            pods[i] = Entry.encode(SamplePod.of(i));
            bytes += pods[i].length;
        }
        table.row("10,000 pods as JSON", FigureTable.mib(bytes), "");
        StartBench.Figures empty;
        try (EtcdServer etcd = new EtcdServer(base.resolve("empty-etcd"))) {
            empty = StartBench.etcd(etcd, PODS + "pod-00000", PODS, 0);
        }
        StartBench.Figures full;
        try (EtcdServer etcd = new EtcdServer(base.resolve("objects-etcd"))) {
            etcd.start();
            try (EtcdClient client = new EtcdClient(etcd.port())) {
                fill(client::put);
            }
            etcd.close();
            full = StartBench.etcd(etcd, PODS + "pod-00000", PODS, COUNT);
        }
        process("on the JVM", List.of(), Map.of("SKERRY_BINARY", "", "SKERRY_JAVA_OPTS", "-Xmx" + maxHeap), empty, full);
        if (SkerryServer.binary().isPresent()) {
            process("as native binary", List.of("-Xmx" + maxHeap), Map.of(), empty, full);
        } else {
            table.row("start with 10,000 pods, `skerry server` as native binary", "not measured: SKERRY_BINARY was not set", "");
        }
        inThisProcess(FigureTable.millis(full.again()));
    }

    private void process(String program, List<String> flags, Map<String, String> environment, StartBench.Figures emptyEtcd, StartBench.Figures fullEtcd) throws Exception {
        Path folder = Files.createTempDirectory("skerry-bench-"); // of a short name, as sockets are in it
        Layout layout = new Layout(folder, Ports.free(), 0, 0);
        SkerryServer server = SkerryServer.withoutFleet(layout, Stream.concat(Bench.FLAGS.stream(), flags.stream()).toList(), environment);
        StartBench.Figures empty;
        StartBench.Figures full;
        try {
            StartBench.prepare(server, layout);
            server.stop();
            empty = StartBench.skerry(server, layout, 0);
            server.stop();
            fillDatabase(layout.dataDir().resolve("server/db/state.db"));
            full = StartBench.skerry(server, layout, COUNT);
        } finally {
            server.killAll();
            Down.delete(folder);
        }
        table.row("start with 10,000 pods, `skerry server` " + program + ", heap up to " + maxHeap + ", and etcd: from the start of the process until it has answered a get of one",
                seconds(full.get()), seconds(fullEtcd.get()));
        table.row("the same: until it has also answered a list of all, skerry over TLS, etcd without", seconds(full.list()), seconds(fullEtcd.list()));
        String later = "the same: RSS of the process " + StartBench.SETTLE.toSeconds() + " s later; of it anonymous";
        table.row(later, memory(full), memory(fullEtcd));
        table.row("the same: the fastest of ten lists after that", FigureTable.millis(full.again()), FigureTable.millis(fullEtcd.again()));
        table.row("the same, compressed as kubectl and client-go ask for it", FigureTable.millis(full.gzip()), "");
        table.row("without any pods: until it has answered a get", seconds(empty.get()), seconds(emptyEtcd.get()));
        table.row(later, memory(empty), memory(emptyEtcd));
    }

    private static String memory(StartBench.Figures figures) {
        return FigureTable.mib(figures.memory().rss()) + "; " + FigureTable.mib(figures.memory().anonymous());
    }

    private static String seconds(long nanos) {
        return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
    }

    private void inThisProcess(String etcdList) throws Exception {
        Path file = base.resolve("objects/state.db");
        fillDatabase(file);
        long before = heap();
        long start = System.nanoTime();
        try (Datastore store = SqliteDatastore.open(file); ApiServer server = StoreBench.server(store)) {
            String loaded = FigureTable.millis(System.nanoTime() - start);
            long held = heap() - before;
            table.row("in this benchmark's warm JVM: opening the datastore with 10,000 pods and loading the API's caches", loaded, "");
            table.row("the same: Java heap that they hold, after a collection", FigureTable.mib(held), "");
            List<String[]> sent = ListTransfer.rows(server, base.resolve("tls"));
            table.row(sent.getFirst()[0], sent.getFirst()[1], etcdList);
            sent.subList(1, sent.size()).forEach(figure -> table.row(figure[0], figure[1], ""));
            String[] list = list(server);
            table.row("list of 10,000 pods, made by the API for a caller in the process", list[0], "");
            table.row("the same: bytes allocated", list[1], "");
        }
    }

    private void fillDatabase(Path database) throws Exception {
        try (Datastore store = SqliteDatastore.open(database)) {
            StoreBench.Target target = StoreBench.put(store);
            target.put(WatchCache.prefix("", "configmaps") + "default/" + SamplePod.OWNER, Entry.encode(SamplePod.owner()), 0);
            fill(target);
        }
    }

    private void fill(StoreBench.Target target) throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> work = new ArrayList<>();
            for (int w = 0; w < 64; w++) {
                int first = w;
                work.add(threads.submit(() -> {
                    for (int i = first; i < pods.length; i += 64) {
                        target.put(String.format("%spod-%05d", PODS, i), pods[i], 0);
                    }
                }));
            }
            for (Future<?> one : work) {
                one.get();
            }
        }
    }

    /** @return the shortest time of twenty lists, and what one allocates */
    private static String[] list(ApiServer server) throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long best = Long.MAX_VALUE;
        long allocated = Long.MAX_VALUE;
        for (int i = 0; i < 20; i++) {
            CountingResponse sink = new CountingResponse(null);
            long bytes = threads.getCurrentThreadAllocatedBytes();
            long from = System.nanoTime();
            StoreBench.send(server, "GET", "/api/v1/pods", null, null, sink);
            best = Math.min(best, System.nanoTime() - from);
            allocated = Math.min(allocated, threads.getCurrentThreadAllocatedBytes() - bytes);
            if (sink.bytes() < COUNT * 1000L) {
                throw new IOException("the list is too short: " + sink.bytes() + " bytes");
            }
        }
        return new String[] {FigureTable.millis(best), FigureTable.mib(allocated)};
    }

    private static long heap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }
}
