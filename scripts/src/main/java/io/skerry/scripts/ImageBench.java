package io.skerry.scripts;

import io.skerry.scripts.qemu.Board;
import io.skerry.scripts.qemu.Qemu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code scripts/bench --image}: builds the image and measures it in QEMU, from outside. */
@Command(name = "scripts/bench --image [--java]", mixinStandardHelpOptions = true,
        description = "Measures the image for generic-amd64 and a device in QEMU (emulated without KVM); prints the table that docs/benchmarks.md keeps.")
final class ImageBench implements Callable<Integer> {
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    /** A line of {@code skerry image build}, such as {@code [ 2/8] Fetching 166 packages     0.1 s}. */
    private static final Pattern STEP = Pattern.compile("\\[ *\\d+/\\d+] (?<what>\\S.*?) +(?<seconds>[\\d.]+) s");

    @Option(names = "--write", description = "Put the table into docs/benchmarks.md.")
    boolean write;

    @Option(names = "--idle", paramLabel = "MINUTES", defaultValue = "20", description = "Idle minutes that are watched for writes (default: ${DEFAULT-VALUE}).")
    int idleMinutes;

    private final boolean isNative = SkerryServer.binary().isPresent();
    private final FigureTable table = new FigureTable("scripts/bench --image " + (isNative ? "" : "--java ") + "writes", "value");

    public static void main(String[] args) {
        System.exit(Report.execute(new ImageBench(), args));
    }

    @Override
    public Integer call() throws Exception {
        Path base = Files.createTempDirectory("skerry-image-bench-");
        DemoStack stack = new DemoStack(new Layout(base, Ports.free(), Ports.free(), Ports.free()), List.of());
        try {
            stack.startSurroundings();
            measure(stack, base);
        } finally {
            stack.git.stop();
            stack.broker.stop();
            Down.delete(base);
        }
        table.finish("Measured on " + LocalDate.now() + ": image for generic-amd64, " + (isNative ? "native binary" : "Java of its own")
                + "; QEMU without KVM on " + Runtime.getRuntime().availableProcessors() + " cores.", write);
        return 0;
    }

    private void measure(DemoStack stack, Path base) throws Exception {
        System.out.println("==> Building the image");
        Path images = stack.layout.dataDir().resolve("agent/images");
        Path key = ImageFile.key(base.resolve("keys"));
        long start = System.nanoTime();
        ImageFile image = isNative ? ImageFile.build(Board.GENERIC_AMD64, "0.1.0", base.resolve("image"), key, images)
                : ImageFile.buildForJvm(Board.GENERIC_AMD64.id(), "0.1.0", base.resolve("image"), key, ImageFile.demo(images));
        table.row("image: build, with what was cached before", seconds(start));
        for (String line : image.log()) {
            Matcher step = STEP.matcher(line);
            if (step.lookingAt()) {
                table.row("image: build: " + step.group("what").toLowerCase(Locale.ROOT), step.group("seconds") + " s");
            }
        }
        table.row("image: compressed", FigureTable.mib(Files.size(image.image())));
        table.row("image: OS update file", FigureTable.mib(Files.size(image.osUpdate())));
        Ssh ssh = Ssh.withKeyIn(base.resolve("ssh"), Ports.free());
        start = System.nanoTime();
        Path card = image.flash(ImageDevice.settings(stack.layout, ssh), base.resolve("card.img"));
        table.row("image: flash to a file, with reading back", seconds(start));
        table.row("image: unpacked", FigureTable.mib(Files.size(card)));
        try (ImageDevice device = new ImageDevice(stack.layout, Qemu.find(), Board.GENERIC_AMD64, base.resolve("device"), card, ssh)) {
            Kubectl kubectl = boot(device, stack, "first boot");
            table.row("first boot: bytes written to disk until then", FigureTable.mib(device.guest.qmp().bytesWritten("disk")));
            // As an operator would: what is running ends in order.
            device.ssh.run("systemctl poweroff");
            device.await("an end", Duration.ofMinutes(3), () -> !device.guest.isRunning());
            boot(device, stack, "second boot");
            kubectl.out("get", "nodes");
            idle(device);
            table.row("memory of skerry (RSS)", rss(device, "-p $(systemctl show -p MainPID --value skerry)"));
            table.row("memory of containerd (RSS)", rss(device, "-C containerd"));
            table.row("memory of the whole device, in use", device.ssh.out("free -m | awk '/^Mem/ {print $3}'").strip() + " MiB");
        }
    }

    /** Powers on and measures to the end. @return kubectl for the device */
    private Kubectl boot(ImageDevice device, DemoStack stack, String which) throws Exception {
        System.out.println("==> Measuring the " + which);
        try (StatusTopic status = new StatusTopic(stack.layout)) {
            long start = System.nanoTime();
            device.guest.start();
            device.awaitReadyz(PATIENCE);
            table.row(which + ": power-on to `/readyz`", seconds(start));
            device.awaitSsh(PATIENCE);
            Kubectl kubectl = device.kubectl();
            device.awaitNodeReady(kubectl, PATIENCE);
            table.row(which + ": to node Ready", seconds(start));
            String commit = stack.fleet.head();
            device.awaitSynced(status, commit, PATIENCE);
            table.row(which + ": to the demo converged", seconds(start));
            return kubectl;
        }
    }

    private void idle(ImageDevice device) throws IOException, InterruptedException {
        System.out.println("==> Idle for " + idleMinutes + " minutes");
        Thread.sleep(Duration.ofMinutes(2));
        long before = device.guest.qmp().bytesWritten("disk");
        Thread.sleep(Duration.ofMinutes(idleMinutes));
        long written = device.guest.qmp().bytesWritten("disk") - before;
        table.row("idle: bytes written to disk over " + idleMinutes + " minutes", FigureTable.kib(written));
        table.row("idle: that is, an hour" + (idleMinutes == 60 ? "" : " (extrapolated)"), FigureTable.kib(written * 60 / idleMinutes));
    }

    private static String rss(ImageDevice device, String which) throws IOException, InterruptedException {
        return FigureTable.mib(1024 * Long.parseLong(device.ssh.out("ps -o rss= " + which + " | awk '{sum += $1} END {print sum}'").strip()));
    }

    private static String seconds(long since) {
        return String.format(Locale.ROOT, "%.1f s", (System.nanoTime() - since) / 1e9);
    }
}
