package io.skerry.appliance.os;

import io.skerry.appliance.os.TrialLog.Stage;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Sees to it that a version on trial comes to an end, in a process of its own from early in the boot: when the server cannot even start,
 * or starts over and over, there is nobody else to give up. It trusts nothing but the clock. (A kernel that hangs is the hardware
 * watchdog's; one that panics reboots by itself.)
 */
public final class TrialWatch {
    /** systemd-boot sets it when the entry that it booted has tries to count (systemd-boot(7), Boot Loader Interface). */
    private static final Path COUNTED = Path.of("/sys/firmware/efi/efivars/LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");
    /** The Raspberry Pi's boot loader sets it to 1 in a boot with the tryboot flag. */
    private static final Path TRYBOOT = Path.of("/proc/device-tree/chosen/bootloader/tryboot");
    /** More than the gate's own time, which begins when the server starts: so the gate, which knows more, is first. */
    private static final Duration GRACE = Duration.ofMinutes(5), UNKNOWN = Duration.ofMinutes(15);

    private TrialWatch() {}

    /** Returns at once when this boot is no trial, else when it is decided. @param data the data folder */
    public static void run(Path data, PrintStream out) throws InterruptedException {
        if (!isTrial()) {
            return;
        }
        Duration timeout = UNKNOWN;
        Updater updater = null;
        try {
            updater = OsDevice.updater(data).orElseThrow(() -> new IOException("this is no skerry image"));
            updater.note(Stage.USERSPACE, "");
            timeout = updater.trialUpdate().map(update -> Duration.ofSeconds(update.healthTimeout())).orElse(OsImageSpec.DEFAULT_HEALTH_TIMEOUT).plus(GRACE);
        } catch (IOException e) {
            out.println("skerry: this version is on trial, and its journal cannot be read: " + e.getMessage());
        }
        out.println("skerry: this version is on trial, and kept only if it is healthy within " + timeout.toMinutes() + " min");
        try {
            if (TrialVerdict.await(timeout)) {
                return;
            }
        } catch (IOException e) {
            Thread.sleep(timeout);
        }
        giveUp(updater, timeout, out);
    }

    private static boolean isTrial() {
        try {
            byte[] tryboot = Files.exists(TRYBOOT) ? Files.readAllBytes(TRYBOOT) : new byte[4];
            return Files.exists(COUNTED) || tryboot[tryboot.length - 1] == 1;
        } catch (IOException e) {
            return false;
        }
    }

    private static void giveUp(Updater updater, Duration timeout, PrintStream out) throws InterruptedException {
        try {
            if (updater != null) {
                if (!updater.onTrial()) {
                    // The server kept it, and was gone before it could say so here.
                    return;
                }
                String seen = updater.lastSeen();
                updater.giveUp("no verdict within " + timeout.toMinutes() + " min" + (seen.isEmpty() ? "; " + service() : "; last seen: " + seen));
                // systemd is given time to stop what runs.
                Thread.sleep(Duration.ofMinutes(3));
            }
        } catch (IOException e) {
            out.println("skerry: " + e.getMessage());
        }
        out.println("skerry: this version came to no verdict; rebooting");
        try {
            Command.run("systemctl", "--force", "--force", "reboot");
        } catch (IOException e) {
            out.println("skerry: " + e.getMessage());
        }
    }

    /** What systemd knows of the server. */
    private static String service() throws IOException {
        return "skerry.service: " + Command.run("systemctl", "show", "-p", "ActiveState,SubState,Result,NRestarts,ExecMainStatus", "skerry.service").replaceAll("\\R", " ");
    }
}
