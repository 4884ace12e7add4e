package io.skerry.scripts;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code scripts/bench}: measures one appliance with the demo fleet, from outside, by the kernel's own accounts. */
@Command(name = "scripts/bench", mixinStandardHelpOptions = true,
        description = "Measures one appliance with the demo fleet; prints the table that docs/benchmarks.md keeps. About 20 minutes.")
final class Bench implements Callable<Integer> {
    /** Apart from the demo's and the tests' appliances: all three can stand on one machine. */
    static final List<String> FLAGS = List.of("--bridge", "skerrybench0", "--cgroup-root", "skerrybench",
            "--cluster-cidr", "10.152.0.0/16", "--service-cidr", "10.153.0.0/16", "--cluster-dns", "10.153.0.10");

    @Option(names = "--write", description = "Put the table into docs/benchmarks.md.")
    boolean write;

    @Option(names = "--idle", paramLabel = "MINUTES", defaultValue = "5",
            description = "Idle minutes before memory is read; twice as many are watched for writes (default: ${DEFAULT-VALUE}).")
    int idleMinutes;

    @Option(names = "--own-disk", description = "Put the data folder on a loop device of its own and count what reaches it while idle; syncs take longer there.")
    boolean ownDisk;

    private final FigureTable table = new FigureTable("scripts/bench writes " + build(), "value");
    private LoopDisk disk;

    public static void main(String[] args) {
        System.exit(Report.execute(new Bench(), args));
    }

    @Override
    public Integer call() throws Exception {
        Path base = Files.createTempDirectory("skerry-bench-");
        DemoStack stack = new DemoStack(new Layout(base, Ports.free(), Ports.free(), Ports.free()), FLAGS);
        try {
            disk = ownDisk ? LoopDisk.mount(base.resolve("disk.img"), 8L << 30, stack.layout.dataDir()) : null;
            stack.startSurroundings();
            size();
            String first = "first start, empty data folder";
            long start = starts(stack, first);
            converged(stack, first, start);
            stack.skerry.stop();
            starts(stack, "second start, pods running");
            push(stack);
            idle(stack);
            api(stack);
        } finally {
            stack.down();
            if (disk != null) {
                disk.close();
            }
            Down.delete(base);
        }
        table.finish(machine(program()), write);
        return 0;
    }

    /** @return when the process was started, as System.nanoTime() has it */
    private long starts(DemoStack stack, String which) throws Exception {
        System.out.println("==> Measuring the " + which);
        long start = System.nanoTime();
        stack.skerry.start();
        await(() -> stack.kubectl.run("get", "--raw", "/readyz").out().equals("ok"));
        row(which + ": process start to `/readyz`", seconds(start));
        await(() -> stack.kubectl.run("get", "nodes", "-o", "jsonpath={.items[0].status.conditions[?(@.type=='Ready')].status}").out().equals("True"));
        row(which + ": to node Ready", seconds(start));
        return start;
    }

    private void converged(DemoStack stack, String which, long start) throws Exception {
        stack.awaitSynced(Duration.ofMinutes(4));
        row(which + ": to the demo converged", seconds(start));
    }

    private void push(DemoStack stack) throws Exception {
        System.out.println("==> Measuring a push");
        stack.fleet.edit("apps/web/overlays/demo/kustomization.yaml", "count: 2", "count: 3");
        stack.fleet.edit("apps/hello/helmchart.yaml", "greeting: ", "greeting: Once more, ");
        stack.fleet.commit("Another replica, another greeting");
        long start = System.nanoTime();
        stack.fleet.push();
        converged(stack, "push of a replica count and a chart value, interval 3 s", start);
    }

    private void size() throws IOException {
        Path program = SkerryServer.binary().orElse(Layout.checkout().resolve("appliance/target/quarkus-app"));
        try (Stream<Path> files = Files.walk(program)) {
            long bytes = files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
            row("program on disk" + (SkerryServer.binary().isPresent() ? "" : ", without the JVM"), FigureTable.mib(bytes));
        }
    }

    private void idle(DemoStack stack) throws Exception {
        System.out.println("==> Idle for " + idleMinutes + " minutes");
        long skerry = stack.skerry.process().handle().orElseThrow().pid();
        long containerd = stack.containerd().pid();
        int pods = stack.kubectl.out("get", "pods", "-A", "-o", "name").split("\n").length;
        Thread.sleep(Duration.ofMinutes(idleMinutes));
        ProcessFigures before = ProcessFigures.of(skerry);
        ProcessFigures engineBefore = ProcessFigures.of(containerd);
        row("pods running", String.valueOf(pods));
        row("skerry: RSS after " + idleMinutes + " idle minutes", FigureTable.mib(before.rss()));
        row("skerry: of it anonymous, which the kernel cannot drop", FigureTable.mib(before.anonymous()));
        row("containerd: RSS after " + idleMinutes + " idle minutes", FigureTable.mib(engineBefore.rss()));
        Thread.sleep(Duration.ofMinutes(1));
        row("skerry: CPU over an idle minute", percent(before, ProcessFigures.of(skerry)));
        row("containerd: CPU over an idle minute", percent(engineBefore, ProcessFigures.of(containerd)));
        System.out.println("==> Watching writes for " + 2 * idleMinutes + " minutes");
        long onDisk = disk == null ? 0 : disk.writtenBytes();
        long[] from = {ProcessFigures.of(skerry).writtenBytes(), ProcessFigures.of(containerd).writtenBytes()};
        Thread.sleep(Duration.ofMinutes(2L * idleMinutes));
        row("skerry: bytes written over " + 2 * idleMinutes + " idle minutes", FigureTable.kib(ProcessFigures.of(skerry).writtenBytes() - from[0]));
        row("containerd: bytes written over " + 2 * idleMinutes + " idle minutes", FigureTable.kib(ProcessFigures.of(containerd).writtenBytes() - from[1]));
        if (disk != null) {
            row("the data folder's disk: bytes written over " + 2 * idleMinutes + " idle minutes, journal included", FigureTable.kib(disk.writtenBytes() - onDisk));
        }
    }

    private void api(DemoStack stack) throws Exception {
        System.out.println("==> Measuring the API");
        stack.kubectl.out("create", "namespace", "bench");
        String maps = "/api/v1/namespaces/bench/configmaps";
        Duration time = Duration.ofSeconds(8);
        try (ApiLoad load = new ApiLoad(stack.layout)) {
            load.perSecond(4, Duration.ofSeconds(4), i -> load.post(maps, configMap("warm-" + i)));
            for (int clients : new int[] {1, 16}) {
                row("API: create a config map, " + clients + " clients, durable, per second", rate(load.perSecond(clients, time, i -> load.post(maps, configMap(clients + "-" + i)))));
                row("API: get, " + clients + " clients, per second", rate(load.perSecond(clients, time, i -> load.get(maps + "/" + clients + "-0"))));
                row("API: list 500, " + clients + " clients, per second", rate(load.perSecond(clients, time, i -> load.get(maps + "?limit=500"))));
            }
        }
    }

    private static ObjectNode configMap(String name) {
        ObjectNode map = Json.object();
        map.put("apiVersion", "v1").put("kind", "ConfigMap").putObject("metadata").put("name", name);
        map.putObject("data").put("key", "0123456789".repeat(50));
        return map;
    }

    private interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    private static void await(Condition condition) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!condition.holds()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("not reached within two minutes");
            }
            Thread.sleep(10);
        }
    }

    private void row(String figure, String value) {
        table.row(figure, value);
    }

    /** What is measured: each has a table of its own. */
    static String build() {
        return SkerryServer.binary().isPresent() ? "native" : "JVM";
    }

    static String program() {
        return SkerryServer.binary().isPresent() ? "native binary" : "JVM " + System.getProperty("java.vm.version");
    }

    /** The heading of a table. @param program what was measured */
    static String machine(String program) throws IOException {
        String model = Files.readAllLines(Path.of("/proc/cpuinfo")).stream().filter(line -> line.startsWith("model name"))
                .map(line -> line.substring(line.indexOf(':') + 2)).findFirst().orElse("unknown CPU");
        long memory = Long.parseLong(Files.readAllLines(Path.of("/proc/meminfo")).getFirst().replaceAll("\\D", "")) / 1024 / 1024;
        return "Measured on " + LocalDate.now() + ": " + Runtime.getRuntime().availableProcessors() + " cores of " + model + ", " + memory
                + " GiB, Linux " + System.getProperty("os.version") + "; " + program + ".";
    }

    private static String seconds(long since) {
        return String.format(Locale.ROOT, "%.2f s", (System.nanoTime() - since) / 1e9);
    }

    private static String rate(double perSecond) {
        return String.format(Locale.ROOT, "%.0f", perSecond);
    }

    private static String percent(ProcessFigures before, ProcessFigures after) {
        return String.format(Locale.ROOT, "%.2f %% of one core", (after.cpuTicks() - before.cpuTicks()) / 60.0);
    }
}
