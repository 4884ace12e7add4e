package io.skerry.scripts;

import io.skerry.node.host.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code scripts/bench --flash}: what an idle appliance with ten pods writes, by the processes' own accounts and at the block layer. */
@Command(name = "scripts/bench --flash", mixinStandardHelpOptions = true,
        description = "Counts what an idle appliance with ten pods writes; prints the table that docs/benchmarks.md keeps. A little more than the time it is idle.")
final class FlashBench implements Callable<Integer> {
    private static final int PODS = 10;
    /** History is forgotten from five minutes on after it was written, a thousand writes a minute, and is then once more in the log. */
    private static final Duration SETTLE = Duration.ofMinutes(15);
    /** Of 2 KB each: more than the 4 MB of log that are moved into the database file at once. */
    private static final int USED_OBJECTS = 1000;
    private static final int REPORT_MINUTES = 10;

    @Option(names = "--write", description = "Put the table into docs/benchmarks.md.")
    boolean write;

    @Option(names = "--idle", paramLabel = "MINUTES", defaultValue = "60", description = "Idle minutes that are counted (default: ${DEFAULT-VALUE}).")
    int idleMinutes;

    private final FigureTable table = new FigureTable("scripts/bench --flash writes " + Bench.build(), "value");

    public static void main(String[] args) {
        System.exit(Report.execute(new FlashBench(), args));
    }

    @Override
    public Integer call() throws Exception {
        if (idleMinutes < 1) {
            throw new Report.Failure("--idle " + idleMinutes + " is too short; it must be 1 minute or more");
        }
        if (!LoopDisk.available()) {
            throw new Report.Failure("there are no loop devices here (/dev/loop-control), and what reaches a disk of its own cannot be counted");
        }
        Path base = Files.createTempDirectory("skerry-bench-");
        Layout layout = new Layout(base, Ports.free(), Ports.free(), Ports.free());
        DemoStack stack = new DemoStack(layout, SkerryServer.withDefaultInterval(layout, Bench.FLAGS));
        try (LoopDisk disk = LoopDisk.mount(base.resolve("disk.img"), 8L << 30, layout.dataDir())) {
            Mounts.tmpfs(layout.runDir(), "mode=0755"); // as /run is on a device
            try {
                start(stack);
                use(stack, base.resolve("used.yaml"));
                count(stack, disk);
            } finally {
                stack.down();
                Mounts.unmountBelow(layout.runDir());
            }
        } finally {
            Down.delete(base);
        }
        table.finish(Bench.machine(Bench.program()), write);
        return 0;
    }

    private static void start(DemoStack stack) throws Exception {
        System.out.println("==> Starting the demo with " + PODS + " pods");
        stack.startSurroundings();
        stack.fleet.edit("apps/web/overlays/demo/kustomization.yaml", "count: 2", "count: " + (PODS - 1)); // the Helm chart has the other
        stack.fleet.push("Ten pods");
        stack.skerry.start();
        stack.awaitSynced(Duration.ofMinutes(4));
        List<String> pods = pods(stack);
        if (pods.size() != PODS || !pods.stream().allMatch(pod -> pod.contains(" Running "))) {
            throw new IOException(PODS + " running pods were expected, and these are there:\n" + String.join("\n", pods));
        }
    }

    /** Makes and deletes objects: the log of a cluster that was in use is as long as it gets, and is written over from then on. */
    private static void use(DemoStack stack, Path file) throws Exception {
        StringBuilder list = new StringBuilder("apiVersion: v1\nkind: List\nitems:\n");
        for (int i = 0; i < USED_OBJECTS; i++) {
            list.append("- {apiVersion: v1, kind: ConfigMap, metadata: {name: used-").append(i).append(", labels: {used: ''}}, data: {text: ").append("x".repeat(2000)).append("}}\n");
        }
        Files.writeString(file, list);
        stack.kubectl.out("create", "-f", file.toString());
        stack.kubectl.out("delete", "--raw", "/api/v1/namespaces/default/configmaps?labelSelector=used"); // at once: object by object it takes minutes
    }

    /** Of each pod its uid, its phase and how often its containers were started again. */
    private static List<String> pods(DemoStack stack) throws IOException, InterruptedException {
        return stack.kubectl.out("get", "pods", "-A", "-o",
                "jsonpath={range .items[*]}{.metadata.uid} {.status.phase} {.status.containerStatuses[*].restartCount}{\"\\n\"}{end}").lines().toList();
    }

    private void count(DemoStack stack, LoopDisk disk) throws Exception {
        System.out.println("==> Idle for " + SETTLE.toMinutes() + " minutes, then counting for " + idleMinutes);
        Thread.sleep(SETTLE);
        Path snapshots = stack.layout.dataDir().resolve("server/db/snapshots");
        List<String> podsBefore = pods(stack);
        Processes processes = Processes.of(stack);
        long diskBefore = disk.writtenBytes();
        long snapshotsBefore = bytes(snapshots);
        Written before = processes.written();
        for (int minutes = 0; minutes < idleMinutes;) {
            int step = Math.min(REPORT_MINUTES, idleMinutes - minutes);
            Thread.sleep(Duration.ofMinutes(step));
            minutes += step;
            System.out.println("    after " + minutes + " minutes: skerry has written " + FigureTable.kib(processes.written().skerry() - before.skerry()));
        }
        Written after = processes.written();
        long taken = bytes(snapshots) - snapshotsBefore;
        long written = disk.writtenBytes() - diskBefore;
        List<String> podsAfter = pods(stack);
        table.row("pods, all running", String.valueOf(PODS));
        table.row("of them replaced or started again meanwhile", String.valueOf(podsBefore.stream().filter(pod -> !podsAfter.contains(pod)).count()));
        table.row("the data folder's disk: bytes written until the counting began", FigureTable.mib(diskBefore));
        table.row("minutes counted, from " + SETTLE.toMinutes() + " after its last change; its agent fetches every minute, as by default", String.valueOf(idleMinutes));
        table.row("skerry: bytes written", FigureTable.kib(after.skerry() - before.skerry()));
        table.row("containerd: bytes written", FigureTable.kib(after.containerd() - before.containerd()));
        table.row("the pods' shims: bytes written", FigureTable.kib(after.shims() - before.shims()));
        table.row("the data folder's disk: bytes written, the file system's journal included", FigureTable.kib(written));
        table.row("of these: snapshots, of which a new cluster takes its first after an hour and then one every twelve", FigureTable.kib(taken));
        table.row("the disk without snapshots, an hour" + (idleMinutes == 60 ? "" : " (extrapolated)"), FigureTable.kib((written - taken) * 60 / idleMinutes));
    }

    private static long bytes(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(file -> file.toFile().length()).sum();
        }
    }

    /** Bytes sent to storage since each process began (proc(5)). */
    private record Written(long skerry, long containerd, long shims) {}

    private record Processes(long skerry, long containerd, List<Long> shims) {
        static Processes of(DemoStack stack) throws IOException {
            return new Processes(stack.skerry.process().handle().orElseThrow().pid(), stack.containerd().pid(), stack.shims().stream().map(ProcessHandle::pid).toList());
        }

        Written written() throws IOException {
            long sum = 0;
            for (long shim : shims) {
                sum += ProcessFigures.of(shim).writtenBytes();
            }
            return new Written(ProcessFigures.of(skerry).writtenBytes(), ProcessFigures.of(containerd).writtenBytes(), sum);
        }
    }
}
