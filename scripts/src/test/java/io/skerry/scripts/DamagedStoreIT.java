package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A card that has garbled the cluster's state: the device takes its newest snapshot, says so, and comes back to its commit; its pods run on. */
@Tag("image")
@Tag("full")
@ExtendWith(RunningDevice.class)
class DamagedStoreIT {
    private static final Duration PATIENCE = Duration.ofMinutes(15);
    private static final String DATABASE = "/var/lib/skerry/server/db/state.db";

    @Test
    void theNewestSnapshotIsTakenAndPodsRunOn(ImageDevice device, DemoStack stack) throws Exception {
        Kubectl kubectl = device.kubectl();
        device.ssh.out("skerry snapshot save --name before-the-damage");
        kubectl.out("create", "configmap", "written-since");
        String pods = containers(kubectl);
        assertThat(pods).contains("containerd://");
        // What is in the log of writes would mend pages when it is played back.
        device.ssh.out("systemctl stop skerry && rm -f " + DATABASE + "-wal && dd if=/dev/urandom of=" + DATABASE
                + " bs=4096 seek=4 count=$(($(stat -c %s " + DATABASE + ") / 4096 - 4)) conv=notrunc && systemctl start skerry");
        device.awaitReadyz(PATIENCE);
        assertThat(device.ssh.out("skerry status || true")).contains("was replaced by a snapshot", DATABASE + ".replaced-");
        assertThat(device.ssh.out("journalctl -b -u skerry --no-pager")).contains("is damaged", "It was replaced by snapshot before-the-damage-");
        assertThat(kubectl.run("get", "configmap", "written-since").err()).contains("NotFound");
        device.awaitNodeReady(kubectl, PATIENCE);
        Files.writeString(stack.fleet.file("README.md"), "A fleet that goes on.\n");
        String commit = stack.fleet.push("Say that it goes on");
        try (StatusTopic status = new StatusTopic(stack.layout)) {
            device.awaitSynced(status, commit, PATIENCE);
        }
        assertThat(containers(kubectl)).as("the pods of before").contains(pods.split(" "));
    }

    private static String containers(Kubectl kubectl) throws Exception {
        return kubectl.out("get", "pods", "-n", "demo", "-o", "jsonpath={.items[*].status.containerStatuses[*].containerID}");
    }
}
