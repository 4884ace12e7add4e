package io.skerry.node.containerd;

import io.skerry.node.NodeConfig;
import io.skerry.node.cri.Cri;
import io.skerry.node.host.Host;
import java.io.File;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Writes containerd's configuration, starts it and starts it again when it dies; the shims, and so the pods, do not notice.
 * A containerd left over from a skerry that was killed is adopted when it runs with the configuration that would be written now.
 */
public final class ContainerdSupervisor implements AutoCloseable {
    private static final Logger LOG = System.getLogger(ContainerdSupervisor.class.getName());
    // From a slow card, beside all else that a first boot does, it takes a small board more than half a minute.
    private static final Duration START_LIMIT = Duration.ofMinutes(5), STOP_LIMIT = Duration.ofSeconds(10), LIVED = Duration.ofMinutes(1);
    private static final long MAX_BACKOFF_MILLIS = 30_000, LOG_BYTES_KEPT = 4 << 20;

    private final NodeConfig config;
    private final Host host;
    private final Runnable restarted;
    private volatile ProcessHandle process;
    private volatile boolean stopping;
    private Thread watcher;

    public ContainerdSupervisor(NodeConfig config, Host host) { this(config, host, () -> { }); }

    /** @param restarted called when containerd serves again after it had died */
    public ContainerdSupervisor(NodeConfig config, Host host, Runnable restarted) {
        this.config = config;
        this.host = host;
        this.restarted = restarted;
    }

    /**
     * Returns when CRI answers on {@link NodeConfig#containerdSocket()}.
     *
     * @throws IOException in one line: a missing program with the Debian package that has it, or why containerd would not start
     */
    public void start() throws IOException {
        requirePrograms();
        for (Path dir : List.of(config.containerdDir(), config.containerdStateDir(), config.cniConfDir(), config.registryConfigDir())) Files.createDirectories(dir);
        String snapshotter = chooseSnapshotter();
        String wanted = ContainerdConfig.toml(config, host, snapshotter);
        boolean same = Files.exists(configFile()) && Files.readString(configFile()).equals(wanted);
        Optional<ProcessHandle> left = running(config);
        if (left.isPresent() && same && answers()) {
            process = left.get();
            LOG.log(Level.INFO, "adopted containerd, process {0}", Long.toString(process.pid()));
        } else {
            left.ifPresent(ContainerdSupervisor::terminate);
            if (!same) writeAtomically(configFile(), wanted); // a full disk takes no writes
            launch();
        }
        watcher = Thread.ofVirtual().name("containerd-supervisor").start(this::watch);
    }

    /** The process id, for status and tests. */
    public long pid() { return process.pid(); }

    /** Stops containerd; shims and containers stay. */
    @Override
    public void close() {
        stopping = true;
        if (watcher != null) watcher.interrupt();
        if (process != null) terminate(process);
        try {
            Files.deleteIfExists(pidFile(config));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "pid file stays", e);
        }
    }

    /** The containerd that a skerry of this run folder has started and that still runs. */
    public static Optional<ProcessHandle> running(NodeConfig config) {
        try {
            long pid = Long.parseLong(Files.readString(pidFile(config)).strip());
            String cmdline = Files.readString(Path.of("/proc", Long.toString(pid), "cmdline"), StandardCharsets.ISO_8859_1);
            // the pid may have gone to somebody else since: only a process with our configuration file is ours
            return cmdline.contains(configFile(config).toString()) ? ProcessHandle.of(pid) : Optional.empty();
        } catch (IOException | NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Moves the end of a log that has grown large to containerd.log.1. Containerd appends, so it goes on at the start of the emptied file. */
    public void trimLog() throws IOException {
        Path log = log();
        if (!Files.exists(log) || Files.size(log) <= LOG_BYTES_KEPT) return;
        try (var from = FileChannel.open(log, StandardOpenOption.READ, StandardOpenOption.WRITE);
                var to = FileChannel.open(log.resolveSibling("containerd.log.1"), StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            from.transferTo(from.size() - LOG_BYTES_KEPT, LOG_BYTES_KEPT, to);
            from.truncate(0);
        }
    }

    static void terminate(ProcessHandle handle) {
        handle.destroy();
        try {
            handle.onExit().get(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            handle.destroyForcibly();
        } catch (ExecutionException e) {
            LOG.log(Level.DEBUG, "waiting for containerd to end", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void requirePrograms() throws IOException {
        require("containerd", "containerd");
        require("containerd-shim-runc-v2", "containerd");
        require("ctr", "containerd");
        require("runc", "runc");
        require("mount", "mount");
        if (ContainerdConfig.cniBinDir(config).isEmpty())
            throw new IOException("no CNI plugins (bridge, loopback) in " + config.cniBinDirs() + ": install the package containernetworking-plugins");
    }

    private static void require(String program, String debianPackage) throws IOException {
        if (Host.which(program).isEmpty()) throw new IOException("the program " + program + " is not on this machine: install the package " + debianPackage);
    }

    /** What once held images must go on holding them: the choice is kept in the data folder. */
    private String chooseSnapshotter() throws IOException {
        Path root = config.containerdDir();
        if (Files.isDirectory(root.resolve("io.containerd.snapshotter.v1.overlayfs/snapshots"))) return "overlayfs";
        if (Files.isDirectory(root.resolve("io.containerd.snapshotter.v1.native/snapshots"))
                && Files.exists(configFile()) && Files.readString(configFile()).contains("snapshotter = \"native\"")) return "native";
        if (Overlay.works(root)) return "overlayfs";
        LOG.log(Level.WARNING, "overlayfs does not work on {0}: container images are copied instead, which takes more space", root);
        return "native";
    }

    static void adapt(Map<String, String> environment, String nodeIp) {
        environment.merge("PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin", (mine, system) -> mine + ":" + system); // runc is in sbin
        environment.remove("NOTIFY_SOCKET"); // containerd would tell systemd that we are ready
        for (String name : List.of("NO_PROXY", "no_proxy")) environment.computeIfPresent(name, (same, direct) -> direct + "," + nodeIp); // a registry on this machine
    }

    private void launch() throws IOException {
        trimLog();
        Path log = log();
        var builder = new ProcessBuilder(Host.which("containerd").orElseThrow().toString(), "--config", configFile().toString());
        adapt(builder.environment(), config.nodeIp());
        builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        long logStart = Files.exists(log) ? Files.size(log) : 0;
        Process started = builder.start();
        process = started.toHandle();
        writeAtomically(pidFile(config), started.pid() + "\n");
        Instant limit = Instant.now().plus(START_LIMIT);
        while (!answers()) {
            if (!started.isAlive()) throw new IOException("containerd ended with exit code " + started.exitValue() + " at its start: " + lastWords(log, logStart) + " (all of it in " + log + ")");
            if (Instant.now().isAfter(limit)) {
                terminate(process);
                throw new IOException("containerd does not answer on " + config.containerdSocket() + " after " + START_LIMIT.toSeconds() + " s: see " + log);
            }
            try {
                Thread.sleep(10); // there is no event for a socket that starts to answer
            } catch (InterruptedException e) {
                terminate(process);
                throw new IOException("interrupted while containerd started", e);
            }
        }
    }

    private boolean answers() {
        if (!Files.exists(config.containerdSocket())) return false;
        try (var cri = new Cri(config.containerdSocket())) {
            return cri.answers();
        }
    }

    private void watch() {
        long backoff = 0;
        while (!stopping) {
            Instant since = Instant.now();
            try {
                process.onExit().get();
                if (stopping) return;
                LOG.log(Level.WARNING, "containerd has died; pods keep running, starting it again");
                if (Duration.between(since, Instant.now()).compareTo(LIVED) > 0) backoff = 0;
                Thread.sleep(backoff);
                backoff = Math.clamp(backoff * 2, 500, MAX_BACKOFF_MILLIS);
                launch();
                restarted.run();
            } catch (InterruptedException e) {
                return;
            } catch (ExecutionException | IOException e) {
                if (stopping) return;
                LOG.log(Level.ERROR, "{0}; trying again in {1} ms", e.getMessage(), Long.toString(backoff));
            }
        }
    }

    private static String lastWords(Path log, long from) throws IOException {
        try (var in = Files.newInputStream(log)) {
            in.skipNBytes(from);
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
            return lines.isEmpty() ? "it said nothing" : lines.getLast();
        }
    }

    private static void writeAtomically(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Path part = file.resolveSibling(file.getFileName() + ".part");
        Files.writeString(part, text);
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private Path log() { return config.containerdDir().resolve("containerd.log"); }

    private Path configFile() { return configFile(config); }

    private static Path configFile(NodeConfig config) { return config.agentDir().resolve("etc/containerd/config.toml"); }

    private static Path pidFile(NodeConfig config) { return config.containerdStateDir().resolve("containerd.pid"); }
}
