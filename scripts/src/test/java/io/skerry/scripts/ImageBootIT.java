package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.skerry.machinery.json.Json;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** An image that was built, flashed and powered on is a device: firmware, boot loader, verified root, cluster, fleet. All real but the machine. */
@Tag("image")
@ExtendWith(RunningDevice.class)
class ImageBootIT {
    @Test
    void theConsoleTellsWhoItIs(ImageDevice device) throws Exception {
        assertThat(device.console().text()).contains("skerry: this is " + SkerryServer.DEVICE + ", version " + RunningDevice.VERSION + ", settings: skerry.yaml")
                .doesNotContain("Kernel panic").doesNotContain("emergency mode");
    }

    @Test
    void nothingHasFailed(ImageDevice device) throws Exception {
        assertThat(device.ssh.out("systemctl --failed --no-legend --plain")).isEmpty();
        assertThat(device.ssh.out("systemctl is-system-running --wait").strip()).isEqualTo("running");
    }

    @Test
    void theRootIsVerifiedReadOnlyAndOverlaidInMemory(ImageDevice device) throws Exception {
        assertThat(device.ssh.out("cat /proc/cmdline")).contains("roothash=").contains("skerry.slot=a").contains("skerry.board=generic-amd64");
        assertThat(device.ssh.out("cat /sys/block/dm-0/dm/uuid")).startsWith("CRYPT-VERITY-");
        assertThat(device.ssh.out("findmnt -n -o FSTYPE /").strip()).isEqualTo("overlay");
        assertThat(device.ssh.run("dd if=/dev/zero of=/dev/dm-0 count=1 conv=notrunc").exitCode()).isNotZero();
        assertThat(device.ssh.out("swapon --show --noheadings")).isEmpty();
        assertThat(device.ssh.out("stat -f -c %T /sys/fs/cgroup").strip()).isEqualTo("cgroup2fs");
    }

    @Test
    void theDataPartitionHasGrownToTheCard(ImageDevice device) throws Exception {
        long disk = Long.parseLong(device.ssh.out("lsblk -b -d -n -o SIZE /dev/vda").strip());
        long data = Long.parseLong(device.ssh.out("df -B1 --output=size /var/lib/skerry | tail -n 1").strip());
        long others = Long.parseLong(device.ssh.out("lsblk -b -n -o SIZE,PARTLABEL /dev/vda | awk '$2 && $2 != \"data\" {sum += $1} END {print sum}'").strip());
        assertThat(data).isGreaterThan((disk - others) * 9 / 10);
    }

    @Test
    void passwordsOpenNothing(ImageDevice device) throws Exception {
        assertThat(device.ssh.out("sshd -T | grep -i '^passwordauthentication'").strip()).isEqualToIgnoringCase("passwordauthentication no");
        assertThat(device.ssh.out("awk -F: '$2 !~ /^[!*]/ {print $1}' /etc/shadow")).isEmpty();
    }

    @Test
    void sshListensOnTheNetworkAlone(ImageDevice device) throws Exception {
        assertThat(device.ssh.out("systemctl list-units --all --type=socket --no-legend --plain 'sshd-*'")).isEmpty();
        assertThat(device.ssh.run("test -e /run/ssh-unix-local/socket").exitCode()).isNotZero();
    }

    @Test
    void theTpmKeepsTheDevicesKey(ImageDevice device) throws Exception {
        assertThat(device.ssh.out("ls /var/lib/skerry/device")).contains("identity.cred").contains("identity.pub").doesNotContain("identity.key");
        assertThat(device.ssh.out("systemd-creds decrypt --name=identity.key /var/lib/skerry/device/identity.cred - 2>/dev/null")).startsWith("-----BEGIN PRIVATE KEY-----");
        assertThat(device.ssh.run("systemd-creds decrypt --name=another /var/lib/skerry/device/identity.cred -").exitCode()).isNotZero();
    }

    @Test
    void theDemoFleetHasConverged(ImageDevice device, DemoStack stack) throws Exception {
        Kubectl kubectl = device.kubectl();
        assertThat(kubectl.out("get", "nodes", "-o", "jsonpath={.items[*].metadata.name}")).isEqualTo(SkerryServer.DEVICE);
        JsonNode deployments = Json.parse(kubectl.out("get", "deployments", "-n", "demo", "-o", "json")).get("items");
        assertThat(deployments).hasSize(2).allSatisfy(deployment -> assertThat(deployment.at("/status/readyReplicas").asInt()).isEqualTo(deployment.at("/spec/replicas").asInt()));
        String address = kubectl.out("get", "service", "hello", "-n", "demo", "-o", "jsonpath={.spec.clusterIP}/{.spec.ports[0].port}");
        // There is no HTTP client on a device.
        assertThat(device.ssh.out("timeout 60 bash -c 'exec 3<>/dev/tcp/" + address + "; printf \"GET / HTTP/1.0\\r\\n\\r\\n\" >&3; cat <&3'")).contains("200 OK");
    }

    @Test
    void aPushFromTheHostConverges(ImageDevice device, DemoStack stack) throws Exception {
        Kubectl kubectl = device.kubectl();
        int replicas = Integer.parseInt(kubectl.out("get", "deployment", "web", "-n", "demo", "-o", "jsonpath={.spec.replicas}"));
        stack.fleet.edit("apps/web/overlays/demo/kustomization.yaml", "count: " + replicas, "count: " + (replicas + 1));
        String commit = stack.fleet.push("Another replica");
        try (StatusTopic status = new StatusTopic(stack.layout)) {
            device.awaitSynced(status, commit, Duration.ofMinutes(3));
        }
        assertThat(kubectl.out("get", "deployment", "web", "-n", "demo", "-o", "jsonpath={.status.readyReplicas}")).isEqualTo(String.valueOf(replicas + 1));
    }

    @Test
    void execAndLogsWorkFromTheHost(ImageDevice device) throws Exception {
        Kubectl kubectl = device.kubectl();
        String pod = kubectl.out("get", "pods", "-n", "demo", "-l", "app.kubernetes.io/name=hello", "-o", "jsonpath={.items[0].metadata.name}");
        List<String> who = List.of(kubectl.out("exec", "-n", "demo", pod, "--", "hostname").strip().split("\\s+"));
        assertThat(who).containsExactly(pod);
        kubectl.out("logs", "-n", "demo", pod);
    }

    /** On cgroup v2, which the hosts of other tests may not have. */
    @Test
    void aRunningPodIsResized(ImageDevice device) throws Exception {
        Kubectl kubectl = device.kubectl();
        String image = kubectl.out("get", "deployment", "hello", "-n", "demo", "-o", "jsonpath={.spec.template.spec.containers[0].image}");
        kubectl.runWithInput("""
                apiVersion: v1
                kind: Pod
                metadata: {name: sized, namespace: default}
                spec:
                  terminationGracePeriodSeconds: 1
                  containers:
                  - {name: main, image: "%s", imagePullPolicy: Never, command: [sleep, "1000"], resources: {requests: {cpu: 20m, memory: 16Mi}, limits: {cpu: 200m, memory: 64Mi}}}
                """.formatted(image), "apply", "-f", "-").orFail();
        try {
            kubectl.out("wait", "pod/sized", "--for=condition=Ready", "--timeout=120s");
            List<String> limits = List.of("exec", "sized", "--", "cat", "/sys/fs/cgroup/cpu.max", "/sys/fs/cgroup/memory.max");
            assertThat(kubectl.out(limits.toArray(String[]::new)).lines()).containsExactly("20000 100000", "67108864");
            kubectl.out("patch", "pod", "sized", "--subresource", "resize", "-p",
                    "{\"spec\":{\"containers\":[{\"name\":\"main\",\"resources\":{\"requests\":{\"cpu\":\"30m\"},\"limits\":{\"cpu\":\"300m\",\"memory\":\"96Mi\"}}}]}}");
            kubectl.out("wait", "pod/sized", "--for=jsonpath={.status.containerStatuses[0].resources.limits.memory}=96Mi", "--timeout=60s");
            assertThat(kubectl.out(limits.toArray(String[]::new)).lines()).containsExactly("30000 100000", "100663296");
            assertThat(kubectl.out("get", "pod", "sized", "-o", "jsonpath={.status.containerStatuses[0].restartCount}")).isEqualTo("0");
        } finally {
            kubectl.out("delete", "pod", "sized");
        }
    }

    @Test
    void theHardwareWatchdogIsFed(ImageDevice device) throws Exception {
        assertThat(device.ssh.out("cat /sys/class/watchdog/watchdog0/identity").strip()).contains("6300ESB");
        assertThat(device.ssh.out("systemctl show -p RuntimeWatchdogUSec --value").strip()).isNotEqualTo("0");
        assertThat(device.ssh.out("cat /sys/class/watchdog/watchdog0/state").strip()).isEqualTo("active");
    }
}
