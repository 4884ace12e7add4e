package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.scripts.RunningDevice.Made;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * The plug is pulled at moments of chance, and the device is there again with all that it had: by the dozen, during updates and during the first
 * boot, in which partitions grow, keys are made and images unpacked. {@code -Dskerry.cuts} says how often in each test, {@code -Dskerry.seed} at which moments.
 */
@Tag("image")
@Tag("full")
@ExtendWith(RunningDevice.class)
class PowerCutIT {
    private static final Duration PATIENCE = Duration.ofMinutes(25);
    private static final int UPDATE_CUTS = Integer.getInteger("skerry.cuts", 15);
    private static final int CUTS_OF_ONE_CARD = Integer.getInteger("skerry.cuts", 8);
    private static final int FRESH_CARDS = Integer.getInteger("skerry.cuts", 7);
    private static final String STATE = "/var/lib/skerry/";

    @TempDir
    Path folder;

    @Test
    void updatesGoOnAndNothingThatWasAcknowledgedIsLost(ImageDevice device, DemoStack stack, Made made) throws Exception {
        new PowerCuts("during updates", UPDATE_CUTS).whileUpdating(device, stack, made, "0.5.");
    }

    @Test
    void aFirstBootThatIsCutOffAgainAndAgainIsFinishedAtLast(DemoStack stack, Made made) throws Exception {
        PowerCuts cuts = new PowerCuts("of one card during its first boot", CUTS_OF_ONE_CARD);
        try (ImageDevice device = made.another(stack, folder, "cut-off")) {
            String cut = "";
            for (int number = 1; number <= CUTS_OF_ONE_CARD; number++) {
                device.guest.start();
                cut = cuts.cut(device, number, made.untilSynced());
            }
            device.guest.start();
            isWhole(device, cut);
            String identity = identity(device);
            device.guest.cutPower();
            device.guest.start();
            isWhole(device, "a cut right after the first boot");
            assertThat(identity(device)).isEqualTo(identity);
        }
    }

    @Test
    void aFirstBootThatIsCutOffOnceIsFinishedAtTheNext(DemoStack stack, Made made) throws Exception {
        PowerCuts cuts = new PowerCuts("each of a fresh card during its first boot", FRESH_CARDS);
        for (int number = 1; number <= FRESH_CARDS; number++) {
            try (ImageDevice device = made.another(stack, Files.createDirectory(folder.resolve("card-" + number)), "cut-off")) {
                device.guest.start();
                String cut = cuts.cut(device, number, made.untilSynced());
                device.guest.start();
                isWhole(device, cut);
            }
        }
    }

    /**
     * Its cluster serves with the keys that it handed out and runs the demo's pods, of images that were being unpacked; its own key is one, its settings
     * are taken, its data partition has its size and no error.
     */
    private static void isWhole(ImageDevice device, String after) throws Exception {
        device.awaitReadyz(PATIENCE);
        device.awaitSsh(PATIENCE);
        Kubectl kubectl = device.kubectl();
        device.awaitNodeReady(kubectl, PATIENCE);
        device.await("the demo", PATIENCE, () -> kubectl.run("rollout", "status", "deployment", "web", "-n", "demo", "--timeout=1s").exitCode() == 0
                && kubectl.run("wait", "--for=condition=Ready", "pods", "--all", "-n", "demo", "--timeout=1s").exitCode() == 0);
        assertThat(device.ssh.out("cat /run/skerry-device/status.json")).as(after).contains("\"hostname\":\"cut-off\"", "\"settings\":\"file\"", "\"problems\":[]");
        String publicKey = device.ssh.out("systemd-creds decrypt --name=identity.key " + STATE + "device/identity.cred - | openssl pkey -pubout");
        assertThat(publicKey).as(after).isEqualTo(device.ssh.out("cat " + STATE + "device/identity.pub"));
        assertThat(device.ssh.out("cat " + STATE + "device/machine-id")).as(after).matches("[0-9a-f]{32}\n").isEqualTo(device.ssh.out("cat /etc/machine-id"));
        assertThat(Long.parseLong(device.ssh.out("df -BM --output=size " + STATE + " | tail -n 1").replaceAll("\\D", ""))).as("MiB of data, " + after).isGreaterThan(5000);
        assertThat(device.ssh.out("journalctl -b -k --no-pager | grep -c 'EXT4-fs error' || true").strip()).as(after).isEqualTo("0");
        assertThat(device.ssh.out("systemctl --failed --no-legend --plain")).as(after).isEmpty();
    }

    private static String identity(ImageDevice device) throws Exception {
        return device.ssh.out("cd " + STATE + "; sha256sum device/machine-id device/identity.cred ssh/ssh_host_ed25519_key server/tls/server-ca.crt server/tls/client-ca.crt");
    }
}
