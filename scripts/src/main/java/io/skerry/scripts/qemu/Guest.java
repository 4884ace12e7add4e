package io.skerry.scripts.qemu;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.skerry.machinery.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A device in QEMU: an image on a virtual disk, a serial console, a network behind which the host is 10.0.2.2. Its disk, its firmware's
 * variables and its console's log outlive {@link #cutPower} and are there again at the next {@link #start}.
 */
public final class Guest implements AutoCloseable {
    /** The host's loopback, as the guest sees it. */
    public static final String HOST = "10.0.2.2";
    private static final String MEMORY = "2048";

    private final Qemu qemu;
    private final Board board;
    private final Path folder;
    private final Path disk;
    private final Path variables;
    private final Map<Integer, Integer> forwards;
    private final Path stick;
    private final Path drive;
    private final boolean alone;
    private int sticks;
    private SoftwareTpm tpm;
    private Process process;
    private Console console;
    private Qmp qmp;

    private Guest(Builder builder) throws IOException, InterruptedException {
        this.qemu = builder.qemu;
        this.board = builder.board;
        this.folder = Files.createDirectories(builder.folder);
        this.forwards = Map.copyOf(builder.forwards);
        this.stick = builder.stick;
        this.drive = builder.drive;
        this.alone = builder.alone;
        this.disk = folder.resolve("disk.qcow2");
        this.variables = folder.resolve("efi-variables.fd");
        if (!Files.exists(disk)) {
            Overlay.create(qemu, builder.image, disk, builder.diskSize);
        }
        if (!Files.exists(variables)) {
            Files.copy(board.variables(qemu), variables);
        }
    }

    public static Builder on(Qemu qemu, Board board) {
        return new Builder(qemu, board);
    }

    /** Powers the guest on. */
    public void start() throws IOException, InterruptedException {
        if (qmp != null) {
            qmp.close();
        }
        Path socket = folder.resolve("qmp.sock");
        Files.deleteIfExists(socket);
        List<String> command = qemu.program(board.program());
        command.addAll(List.of("-nodefaults", "-no-user-config", "-display", "none", "-accel", "tcg,thread=multi"));
        command.addAll(board.machine());
        command.addAll(List.of("-smp", "2", "-m", MEMORY, "-serial", "stdio", "-qmp", "unix:" + socket + ",server=on,wait=off",
                "-drive", "if=pflash,format=raw,readonly=on,file=" + board.code(qemu),
                "-drive", "if=pflash,format=raw,file=" + variables,
                "-drive", "if=none,id=disk,format=qcow2,file=" + disk, "-device", "virtio-blk-pci,drive=disk,bootindex=0,serial=skerry-disk",
                "-netdev", "user,id=net" + (alone ? ",restrict=on" : "") + forwarding(), "-device", "virtio-net-pci,netdev=net,romfile=",
                "-device", "virtio-rng-pci", "-device", "i6300esb", "-action", "watchdog=reset", "-device", "qemu-xhci,id=usb"));
        if (board.hasTpm()) {
            tpm = SoftwareTpm.start(folder);
            command.addAll(tpm.options());
        }
        if (stick != null) {
            command.addAll(List.of("-drive", "if=none,id=stick,format=raw,file=" + stick, "-device", "usb-storage,id=stick,drive=stick,bus=usb.0,removable=on"));
        }
        if (drive != null) {
            command.addAll(List.of("-drive", "if=none,id=drive,format=raw,file=" + drive, "-device", "nvme,drive=drive,serial=skerry-drive"));
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("qemu.log").toFile()));
        builder.environment().putAll(qemu.environment());
        process = builder.start();
        console = new Console(process.getInputStream(), folder.resolve("console.log"));
        qmp = connect(socket);
    }

    /** QEMU makes its socket within milliseconds of its start; nothing tells when. */
    private Qmp connect(Path socket) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (true) {
            try {
                return Qmp.connect(socket);
            } catch (IOException e) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new IOException("QEMU does not run: " + Files.readString(folder.resolve("qemu.log")), e);
                }
                Thread.sleep(20);
            }
        }
    }

    private String forwarding() {
        StringBuilder out = new StringBuilder();
        new TreeMap<>(forwards).forEach((host, guest) -> out.append(",hostfwd=tcp:127.0.0.1:").append(host).append("-:").append(guest));
        return out.toString();
    }

    public Console console() {
        return console;
    }

    public Qmp qmp() {
        return qmp;
    }

    public Path folder() {
        return folder;
    }

    public Path disk() {
        return disk;
    }

    public boolean isRunning() {
        return process != null && process.isAlive();
    }

    /** Plugs a stick in while the guest runs. @return its name, for {@link #unplug} */
    public String plugIn(Path image) throws IOException {
        String name = "plugged" + ++sticks;
        ObjectNode drive = Json.object().put("node-name", name).put("driver", "raw");
        drive.putObject("file").put("driver", "file").put("filename", image.toString());
        qmp.run("blockdev-add", drive);
        qmp.run("device_add", Json.object().put("driver", "usb-storage").put("id", name).put("drive", name).put("bus", "usb.0").put("removable", true));
        return name;
    }

    /** Pulls a stick out. QEMU lets go of its file when the guest ends. */
    public void unplug(String name) throws IOException {
        qmp.run("device_del", Json.object().put("id", name));
    }

    /** As pulling the plug: what the guest has not flushed may be lost, as it may on a card. */
    public void cutPower() throws InterruptedException {
        if (process != null) {
            process.destroyForcibly();
            process.waitFor(30, TimeUnit.SECONDS);
        }
        if (tpm != null) {
            tpm.awaitEnd();
        }
    }

    @Override
    public void close() throws InterruptedException, IOException {
        cutPower();
        if (qmp != null) {
            qmp.close();
        }
    }

    /** What a guest is made of. */
    public static final class Builder {
        private final Qemu qemu;
        private final Board board;
        private final Map<Integer, Integer> forwards = new TreeMap<>();
        private Path folder;
        private Path image;
        private Path stick;
        private Path drive;
        private long diskSize = 8L << 30;
        private boolean alone;

        private Builder(Qemu qemu, Board board) {
            this.qemu = qemu;
            this.board = board;
        }

        /** Where the guest's own files are; a guest made in the same folder later has the same disk. */
        public Builder folder(Path value) {
            folder = value;
            return this;
        }

        /** The raw image that is on the disk at first; it is not written to. */
        public Builder image(Path value) {
            image = value;
            return this;
        }

        /** Bytes of the disk: as a card, it is larger than the image. */
        public Builder diskSize(long value) {
            diskSize = value;
            return this;
        }

        /** Forwards a TCP port of the host's loopback to the guest. */
        public Builder forward(int hostPort, int guestPort) {
            forwards.put(hostPort, guestPort);
            return this;
        }

        /** A raw image that is in a USB port from the start. */
        public Builder stick(Path value) {
            stick = value;
            return this;
        }

        /** A raw image on an NVMe drive, besides the guest's own disk. */
        public Builder drive(Path value) {
            drive = value;
            return this;
        }

        /** Nothing outside can be reached; forwarded ports still lead in. */
        public Builder alone() {
            alone = true;
            return this;
        }

        public Guest build() throws IOException, InterruptedException {
            return new Guest(this);
        }
    }
}
