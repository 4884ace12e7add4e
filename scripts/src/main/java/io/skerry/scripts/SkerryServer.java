package io.skerry.scripts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** {@code skerry server} with a layout's folders, ports, fleet repository and broker. */
final class SkerryServer {
    static final String DEVICE = "demo-device";

    private final Layout layout;
    private final BackgroundProcess process;
    private final List<String> fleetFlags;
    private final List<String> extraFlags;
    private final Map<String, String> environment;

    /** Its agent looks at the fleet repository every three seconds, so that a push is seen to land. */
    SkerryServer(Layout layout, List<String> extraFlags) {
        this(layout, often(fleet(layout, layout.fleetUrl())), extraFlags, Map.of());
    }

    private SkerryServer(Layout layout, List<String> fleetFlags, List<String> extraFlags, Map<String, String> environment) {
        this.layout = layout;
        this.process = layout.process("skerry");
        this.fleetFlags = fleetFlags;
        this.extraFlags = extraFlags;
        this.environment = environment;
    }

    /** Its agent looks at the fleet repository as often as one does that is told nothing. */
    static SkerryServer withDefaultInterval(Layout layout, List<String> extraFlags) {
        return new SkerryServer(layout, fleet(layout, layout.fleetUrl()), extraFlags, Map.of());
    }

    /** As the usual one, and finds the fleet repository at another URL. */
    static SkerryServer ofFleet(Layout layout, String url, List<String> extraFlags) {
        return new SkerryServer(layout, often(fleet(layout, url)), extraFlags, Map.of());
    }

    /** With no fleet repository and no broker. @param environment added to this process' own */
    static SkerryServer withoutFleet(Layout layout, List<String> extraFlags, Map<String, String> environment) {
        return new SkerryServer(layout, List.of(), extraFlags, environment);
    }

    private static List<String> often(List<String> fleetFlags) {
        return Stream.concat(fleetFlags.stream(), Stream.of("--fleet-interval", "3s")).toList();
    }

    private static List<String> fleet(Layout layout, String url) {
        return List.of("--fleet-repo", url, "--device-name", DEVICE, "--device-label", "site=demo", "--mqtt-url", layout.mqttUrl());
    }

    static Path launcher() {
        return Layout.checkout().resolve("scripts/skerry");
    }

    /** The native binary that the launcher runs instead of the JVM's build: environment variable {@code SKERRY_BINARY}. */
    static Optional<Path> binary() {
        return Optional.ofNullable(System.getenv("SKERRY_BINARY")).filter(name -> !name.isEmpty()).map(Path::of);
    }

    BackgroundProcess process() {
        return process;
    }

    List<String> command() {
        List<String> command = new ArrayList<>(List.of(launcher().toString(), "server",
                "--data-dir", layout.dataDir().toString(),
                "--run-dir", layout.runDir().toString(),
                "--https-listen-port", String.valueOf(layout.apiPort())));
        command.addAll(fleetFlags);
        command.addAll(extraFlags);
        return command;
    }

    void start() throws IOException, InterruptedException {
        if (!process.isRunning()) {
            Files.createDirectories(layout.base());
            process.start(command(), environment);
        }
    }

    /** As an init system stops it: pods keep running. */
    void stop() throws IOException, InterruptedException {
        process.stop(Duration.ofSeconds(30));
    }

    void kill() throws IOException, InterruptedException {
        process.kill();
    }

    /** Ends skerry, its containerd and all pods, and takes back every mount, network namespace, rule and cgroup. */
    void killAll() throws IOException, InterruptedException {
        stop();
        List<String> command = new ArrayList<>(List.of(launcher().toString(), "killall",
                "--data-dir", layout.dataDir().toString(), "--run-dir", layout.runDir().toString()));
        command.addAll(extraFlags);
        Run.of(environment, null, "", Duration.ofMinutes(2), command).orFail();
    }
}
