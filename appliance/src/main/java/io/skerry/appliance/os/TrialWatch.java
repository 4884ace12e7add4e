package io.skerry.appliance.os;

import io.skerry.appliance.os.OsJournal.Update;
import io.skerry.appliance.os.TrialLog.Stage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Sees to it that a version on trial comes to an end, in a process of its own from early in the boot: when the server cannot even start,
 * or starts over and over, there is nobody else to give up. It trusts nothing but the clock. (A kernel that hangs is the hardware
 * watchdog's; one that panics reboots by itself.)
 */
public final class TrialWatch {
    /** systemd-boot sets it when the entry that it booted has tries to count (systemd-boot(7), Boot Loader Interface). */
    static final String COUNTED = "sys/firmware/efi/efivars/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f";
    /** systemd-boot boots an entry that it cannot rename all the same (its config_entry_bump_counters()), over and over. */
    static final String UNCOUNTED = "the machine's firmware does not let the boot loader count this try (it cannot rename files on the EFI system partition),"
            + " so a version that does not start would be booted for ever";
    /** The Raspberry Pi's boot loader sets it to 1 in a boot with the tryboot flag. */
    static final String TRYBOOT = "proc/device-tree/chosen/bootloader/tryboot";
    /** Enough for the server to see where it is; it is in a step for longer only when it fetches, and then nothing is on trial. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /**
     * How long it waits.
     *
     * @param grace    more than the gate's own time, which begins when the server starts: so the gate, which knows more, is first
     * @param unknown  where the journal cannot say
     * @param shutdown for systemd to stop what runs
     */
    record Limits(Duration grace, Duration unknown, Duration shutdown) {
        static final Limits DEFAULT = new Limits(Duration.ofMinutes(5), Duration.ofMinutes(15), Duration.ofMinutes(3));
    }

    /** systemctl(1). */
    @FunctionalInterface interface Systemctl {
        /** @return what it printed */
        String run(String... arguments) throws IOException;
    }

    /** Finds the updater; it may be what is broken. */
    @FunctionalInterface interface Find {
        Updater updater() throws IOException;
    }

    @FunctionalInterface private interface Reason {
        String text() throws IOException;
    }

    private final Path root;
    private final Find find;
    private final Systemctl systemctl;
    private final Limits limits;
    private final PrintStream out;

    /** @param root of the file system in which the boot loader's word and {@link TrialVerdict} are looked for */
    TrialWatch(Path root, Find find, Systemctl systemctl, Limits limits, PrintStream out) {
        this.root = root;
        this.find = find;
        this.systemctl = systemctl;
        this.limits = limits;
        this.out = out;
    }

    /** Returns at once when this boot is no trial, else when it is decided. @param data the data folder */
    public static void run(Path data, PrintStream out) throws InterruptedException {
        new TrialWatch(Path.of("/"), () -> OsDevice.updater(data, PATIENCE).orElseThrow(() -> new IOException("this is no skerry image")), TrialWatch::system, Limits.DEFAULT, out).run();
    }

    private static String system(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("systemctl"));
        command.addAll(List.of(arguments));
        return Command.run(command.toArray(String[]::new));
    }

    void run() throws InterruptedException {
        Updater updater = null;
        OptionalInt counted = OptionalInt.empty();
        try {
            updater = find.updater();
            counted = updater.counted();
        } catch (IOException e) {
            out.println("skerry: whether this version is on trial cannot be read: " + e.getMessage());
        }
        if (counted.isEmpty() && !isSaidToBeTrial()) {
            return;
        }
        Duration timeout = updater == null ? limits.unknown() : begin(updater);
        if (counted.equals(OptionalInt.of(0))) {
            giveUp(updater, () -> UNCOUNTED);
            return;
        }
        out.println("skerry: this version is on trial, and kept only if it is healthy within " + timeout.toMinutes() + " min");
        try {
            if (TrialVerdict.await(TrialVerdict.file(root), timeout)) {
                return;
            }
        } catch (IOException e) {
            Thread.sleep(timeout);
        }
        Updater found = updater;
        giveUp(updater, () -> {
            String seen = found.lastSeen();
            return "no verdict within " + timeout.toMinutes() + " min; " + (seen.isEmpty() ? service() : "last seen: " + seen);
        });
    }

    /** What the boot loader hands on; nothing where its entry could not be renamed, or its variables cannot be read. */
    private boolean isSaidToBeTrial() {
        try {
            Path tryboot = root.resolve(TRYBOOT);
            byte[] flag = Files.exists(tryboot) ? Files.readAllBytes(tryboot) : new byte[4];
            return Files.exists(root.resolve(COUNTED)) || flag[flag.length - 1] == 1;
        } catch (IOException e) {
            return false;
        }
    }

    /** @return how long to wait */
    private Duration begin(Updater updater) {
        try {
            updater.note(Stage.USERSPACE, "");
            return updater.trialUpdate().map(Update::gate).orElse(OsImageSpec.DEFAULT_HEALTH_TIMEOUT).plus(limits.grace());
        } catch (IOException e) {
            out.println("skerry: this version is on trial, and its journal cannot be read: " + e.getMessage());
            return limits.unknown();
        }
    }

    private void giveUp(Updater updater, Reason reason) throws InterruptedException {
        try {
            if (updater != null) {
                if (!updater.onTrial()) {
                    // The server kept it, and was gone before it could say so here.
                    return;
                }
                updater.giveUp(reason.text());
                Thread.sleep(limits.shutdown());
            }
        } catch (IOException e) {
            out.println("skerry: " + e.getMessage());
        }
        out.println("skerry: this version is not kept; rebooting");
        try {
            systemctl.run("--force", "--force", "reboot");
        } catch (IOException e) {
            out.println("skerry: " + e.getMessage());
        }
    }

    /** What systemd knows of the server; that it knows nothing keeps no version. */
    private String service() {
        try {
            return "skerry.service: " + systemctl.run("show", "-p", "ActiveState,SubState,Result,NRestarts,ExecMainStatus", "skerry.service").replaceAll("\\R", " ");
        } catch (IOException e) {
            return "skerry.service: " + e.getMessage();
        }
    }
}
