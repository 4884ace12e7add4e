package io.skerry.appliance.device;

import io.skerry.image.bundle.BundleException;
import io.skerry.image.layout.DeviceLayout;
import io.skerry.image.settings.Problem;
import io.skerry.image.settings.ServerFlags;
import io.skerry.image.settings.Settings;
import io.skerry.node.host.Command;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What happens at each boot before the network comes up, in this order: clock, data partition, machine id, keys, settings, users, what
 * the image brings along. Every step may be cut off anywhere and is taken up again at the next boot. A step that fails is reported and
 * keeps no other from being taken: a device that starts with less can be helped from afar, one that does not start cannot.
 */
public final class DeviceBoot {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    /** One of the steps. */
    private interface Step {
        void take() throws IOException, BundleException;
    }

    private final DevicePaths paths;
    private final PrintStream console;
    private final SettingsStore store;
    private final List<String> problems = new ArrayList<>();
    private Optional<Release> release = Optional.empty();
    private String machineId = "";
    private String hostname = "";

    /** @param serverFlags what the settings' section {@code server} is checked by */
    public DeviceBoot(DevicePaths paths, ServerFlags serverFlags, PrintStream console) {
        this.paths = paths;
        this.console = console;
        this.store = new SettingsStore(paths, serverFlags);
    }

    /** Never fails; what went wrong is on the console and in the {@link DeviceReport}. */
    public void run() {
        step("the image", () -> release = Release.read(paths));
        step("the data partition", () -> {
            if (!paths.isDataMounted()) {
                throw new IOException("is not mounted on " + paths.data() + ": the card may be damaged; nothing is kept and the cluster does not start");
            }
        });
        step("the clock", () -> new DeviceClock(paths).advance(release.map(Release::buildDate)));
        if (problems.isEmpty()) {
            step("growing the data partition", () -> {
                if (DataPartition.grow()) {
                    console.println("skerry: the data partition was grown to the end of the card");
                }
            });
        }
        step("the machine's id", () -> machineId = MachineId.keep(paths));
        step("the device's key", () -> DeviceKey.ensure(paths, Tpm.find(paths)));
        SettingsStore.Chosen chosen = store.choose();
        problems.addAll(chosen.problems());
        apply(chosen.settings());
        report(chosen);
    }

    private void apply(Settings settings) {
        String pattern = settings.hostname().orElse("skerry-{serial}");
        String name = pattern.replace("{serial}", SerialNumber.find(paths, machineId));
        hostname = name.substring(0, Math.min(63, name.length())).replaceAll("-+$", "");
        for (SystemFile file : SystemFiles.of(settings, hostname, localFleet(settings))) {
            step(file.path(), () -> file.write(paths));
        }
        step("the host name", () -> Files.writeString(paths.inRoot("/proc/sys/kernel/hostname"), hostname));
        problems.addAll(Users.create(paths, settings.users()));
        step("the ssh server", () -> SshHost.prepare(paths, settings));
        step("the image's container images", () -> Preloaded.link(paths.inRoot(DeviceLayout.PRELOADED_IMAGES_DIR), paths.data().resolve("agent/images")));
        step("the image's charts", () -> Preloaded.link(paths.inRoot(DeviceLayout.PRELOADED_CHARTS_DIR), paths.data().resolve("server/static/charts")));
        if (settings.journalForward().isPresent()) {
            step("the journal", () -> systemctl("try-restart", "systemd-journald.service"));
        }
        settings.network().interfaces().stream().filter(each -> each.wifi().isPresent()).forEach(each ->
                step("Wi-Fi", () -> systemctl("start", "wpa_supplicant@" + each.name() + ".service")));
    }

    /** A repository on the device itself, for one that was told of none: from a bundle, or the image's first commit. */
    private Optional<String> localFleet(Settings settings) {
        if (settings.fleet().isPresent()) {
            return Optional.empty();
        }
        LocalFleet fleet = new LocalFleet(paths);
        Path first = paths.inRoot(DeviceLayout.FLEET_BUNDLE);
        // Earlier versions left it open.
        step("the fleet repository", fleet::forRootAlone);
        if (fleet.url().isEmpty() && Files.exists(first)) {
            step("the image's first fleet commit", () -> fleet.take(first));
        }
        return fleet.url();
    }

    /** Only asks: this runs before most of what it asks for, and systemd keeps the order. */
    private static void systemctl(String verb, String unit) throws IOException {
        Command.run(LIMIT, "systemctl", "--no-block", verb, unit);
    }

    private void report(SettingsStore.Chosen chosen) {
        List<String> warnings = chosen.settings().warnings().stream().map(Problem::toString).toList();
        List<String> interfaces = NamedInterfaces.of(chosen.settings().network());
        DeviceReport report = new DeviceReport(hostname, release.map(Release::version).orElse("unknown"), chosen.source(), List.copyOf(problems), warnings, interfaces);
        try {
            report.write(paths);
        } catch (IOException e) {
            console.println("skerry: the report of this boot cannot be written: " + e.getMessage());
        }
        problems.forEach(problem -> console.println("skerry: " + problem));
        warnings.forEach(warning -> console.println("skerry: note: " + warning));
        NamedInterfaces.missing(paths, interfaces).forEach(each -> console.println("skerry: note: " + each + " so far"));
        console.println("skerry: this is " + hostname + ", version " + report.version() + ", settings: " + switch (chosen.source()) {
            case FILE -> "skerry.yaml";
            case LAST_GOOD -> "the last good ones";
            case EARLIER -> "earlier ones, for this version refuses the last good ones";
            case DEFAULTS -> "the defaults";
        });
    }

    private void step(String what, Step step) {
        try {
            step.take();
        } catch (IOException | BundleException | RuntimeException e) {
            problems.add(what + ": " + e.getMessage());
        }
    }
}
