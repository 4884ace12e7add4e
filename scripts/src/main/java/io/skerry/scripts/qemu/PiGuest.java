package io.skerry.scripts.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * A Raspberry Pi 4 in QEMU ({@code raspi4b}) with an image on its SD card. QEMU plays no boot loader, so kernel, initrd, device tree and
 * command line are taken from the card's boot partition, as the firmware would. The device tree loses what QEMU does not have: a driver that
 * finds no device where the tree says there is one can stop the whole machine. The console is on the first serial line instead of the second.
 * There is no network.
 */
public final class PiGuest implements AutoCloseable {
    private static final String LOG = "qemu.log";
    private static final String TREE = "bcm2711-rpi-4-b.dtb";
    private static final long SECTOR = 512;
    /** Of the card, bytes: QEMU takes only powers of two. */
    private static final long CARD = 4L << 30;
    /** Buses whose devices are looked at one by one, and how the names of those begin that QEMU does not have. */
    private static final List<String> MISSING = List.of("/soc/hvs", "/soc/csi", "/soc/avs-monitor", "/soc/pixelvalve", "/soc/vec", "/soc/interrupt-controller@7ef00100",
            "/soc/hdmi", "/soc/i2c@7ef", "/soc/clock@7ef00000", "/scb/pcie", "/scb/ethernet", "/scb/usb", "/scb/gpu", "/gpu", "/emmc2bus/mmc@7e340000");
    /** What QEMU tells of each request to the firmware: {@code bcm2835_mbox_property mbox property tag:0x00038064 ...}. */
    private static final String MAILBOX = "bcm2835_mbox_property";
    private static final Pattern TAG = Pattern.compile(MAILBOX + " mbox property tag:(0x[0-9a-f]{8}) ");
    private static final String CARD_SLOT = "/soc/mmc@7e300000";
    /** On a board this one is the Bluetooth chip's. */
    private static final String SERIAL = "/soc/serial@7e201000";
    private static final String BOARDS_CONSOLE = "console=ttyS1,115200";
    private static final String CONSOLE = "console=ttyAMA0,115200";
    /** QEMU's takes the start of the watchdog for its end, and resets the machine at once; the kernel's own takes its place. */
    private static final String NO_WATCHDOG = " module_blacklist=bcm2835_wdt";

    private final Qemu qemu;
    private final Path folder;
    private final Path disk;
    private Process process;
    private Console console;

    /** @param image raw; it is not written to */
    public PiGuest(Qemu qemu, Path folder, Path image) throws IOException, InterruptedException {
        this.qemu = qemu;
        this.folder = Files.createDirectories(folder);
        this.disk = folder.resolve("card.qcow2");
        long boot = bootPartition(image);
        for (String name : List.of("vmlinuz", "initrd.img", "cmdline.txt", TREE)) {
            run("mcopy", "-n", "-o", "-i", image + "@@" + boot, "::/" + name, folder.resolve(name).toString());
        }
        withoutMissingDevices(folder.resolve(TREE));
        if (!Files.exists(disk)) {
            Overlay.create(qemu, image, disk, CARD);
        }
    }

    private static long bootPartition(Path image) throws IOException, InterruptedException {
        for (JsonNode partition : Json.parse(run("sfdisk", "--json", image.toString())).at("/partitiontable/partitions")) {
            if (partition.path("name").asText().equals("boot-a")) {
                return partition.path("start").asLong() * SECTOR;
            }
        }
        throw new IOException(image + " has no partition boot-a");
    }

    private static void withoutMissingDevices(Path tree) throws IOException, InterruptedException {
        for (String missing : MISSING) {
            int slash = missing.lastIndexOf('/');
            String bus = slash == 0 ? "/" : missing.substring(0, slash);
            for (String node : run("fdtget", "-l", tree.toString(), bus).split("\n")) {
                if (node.startsWith(missing.substring(slash + 1))) {
                    run("fdtput", "-t", "s", tree.toString(), (slash == 0 ? "" : bus) + "/" + node, "status", "disabled");
                }
            }
        }
        // On a board this is the Wi-Fi's, soldered on; QEMU has the card there.
        for (String property : run("fdtget", "-p", tree.toString(), CARD_SLOT).split("\n")) {
            if (property.equals("mmc-pwrseq") || property.equals("non-removable") || property.startsWith("pinctrl-")) {
                run("fdtput", "-d", tree.toString(), CARD_SLOT, property);
            }
        }
        run("fdtput", tree.toString(), CARD_SLOT, "broken-cd");
        for (String child : run("fdtget", "-l", tree.toString(), CARD_SLOT).split("\n")) {
            if (!child.isEmpty()) {
                run("fdtput", "-r", tree.toString(), CARD_SLOT + "/" + child);
            }
        }
        run("fdtput", "-r", tree.toString(), SERIAL + "/bluetooth");
    }

    public void start() throws IOException {
        String arguments = Files.readString(folder.resolve("cmdline.txt")).strip();
        if (!arguments.contains(BOARDS_CONSOLE)) {
            throw new IOException("the card's cmdline.txt has no " + BOARDS_CONSOLE + ": " + arguments);
        }
        List<String> command = qemu.program("qemu-system-aarch64");
        command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg,thread=multi", "-machine", "raspi4b", "-trace", MAILBOX,
                "-kernel", folder.resolve("vmlinuz").toString(), "-initrd", folder.resolve("initrd.img").toString(), "-dtb", folder.resolve(TREE).toString(),
                "-append", arguments.replace(BOARDS_CONSOLE, CONSOLE) + NO_WATCHDOG, "-drive", "if=sd,format=qcow2,file=" + disk,
                // The second, which is on the board's pins, asks for attention without end as soon as the kernel listens: QEMU's mini UART.
                "-serial", "stdio", "-serial", "null"));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve(LOG).toFile()));
        builder.environment().putAll(qemu.environment());
        process = builder.start();
        console = new Console(process.getInputStream(), folder.resolve("console.log"));
    }

    /** Waits until the kernel has made this request to the firmware. @return the tags of all requests so far, in their order */
    public List<String> awaitFirmwareRequest(String tag, Duration patience) throws IOException, InterruptedException {
        Instant end = Instant.now().plus(patience);
        while (true) {
            List<String> tags = TAG.matcher(Files.readString(folder.resolve(LOG))).results().map(found -> found.group(1)).toList();
            if (tags.contains(tag)) {
                return tags;
            }
            if (!process.isAlive() || Instant.now().isAfter(end)) {
                throw new IOException("the firmware was not asked for " + tag + (process.isAlive() ? " within " + patience : ", and QEMU has ended") + "; it was for " + tags);
            }
            Thread.sleep(Duration.ofSeconds(1));
        }
    }

    public Console console() {
        return console;
    }

    private static String run(String... command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("tool", ".log");
        try {
            List<String> words = new ArrayList<>(List.of(command));
            Qemu.await(new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(output.toFile()).start(), words, output);
            return Files.readString(output).strip();
        } finally {
            Files.deleteIfExists(output);
        }
    }

    @Override
    public void close() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly();
            process.waitFor(30, TimeUnit.SECONDS);
        }
    }
}
