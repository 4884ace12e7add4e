package io.skerry.appliance.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.image.settings.ServerFlags;
import io.skerry.image.settings.Settings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On folders laid out as a device's. There is no card to grow, which the boot has to live with. */
class DeviceBootTest {
    private static final String NO_CARD = "growing the data partition: /dev/skerry/data";

    @TempDir
    Path folder;
    private Device device;

    @BeforeEach
    void device() throws Exception {
        device = new Device(folder);
    }

    private String boot() {
        ByteArrayOutputStream console = new ByteArrayOutputStream();
        new DeviceBoot(device.paths, ServerFlags.UNKNOWN, new PrintStream(console, true, StandardCharsets.UTF_8)).run();
        return console.toString(StandardCharsets.UTF_8);
    }

    @Test
    void aDeviceThatWasToldNothingHasANameAndKeys() throws Exception {
        assertThat(boot()).contains("this is skerry-10000000abcd1234, version 1.2.3, settings: the defaults");
        assertThat(device.read("/etc/hostname")).isEqualTo("skerry-10000000abcd1234\n");
        assertThat(device.read("/proc/sys/kernel/hostname")).isEqualTo("skerry-10000000abcd1234");
        Path key = device.paths.state().resolve("identity.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key))).isEqualTo("rw-------");
        byte[] first = Files.readAllBytes(key);
        assertThat(Files.readString(device.paths.state().resolve("machine-id"))).isEqualTo("0123456789abcdef0123456789abcdef\n");
        assertThat(device.paths.run().resolve("ssh")).doesNotExist();
        boot();
        assertThat(Files.readAllBytes(key)).isEqualTo(first);
        assertThat(device.report().path("problems")).extracting(node -> node.asText()).containsExactly(NO_CARD);
    }

    /** The initrd could not read the data partition, and systemd has made another id. */
    @Test
    void theIdThatIsKeptNamesTheDevice() throws Exception {
        Files.delete(device.paths.inRoot("/proc/device-tree/serial-number"));
        assertThat(boot()).contains("this is skerry-0123456789ab,");
        device.inRoot("/etc/machine-id", "fedcba9876543210fedcba9876543210\n");
        assertThat(boot()).contains("this is skerry-0123456789ab,");
        Path kept = device.paths.state().resolve("machine-id");
        assertThat(kept).hasContent("0123456789abcdef0123456789abcdef\n");
        Files.delete(kept);
        Files.write(kept, new byte[33]);
        assertThat(boot()).as("what is no id is not kept").contains("this is skerry-fedcba987654,");
        assertThat(kept).hasContent("fedcba9876543210fedcba9876543210\n");
    }

    @Test
    void settingsAreApplied() throws Exception {
        device.settings("""
                hostname: store-{serial}
                timezone: Europe/Berlin
                ssh: {keys: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ5eYQV3hQq1qzWn0xX8uBOeD0zC0rQ0o3bZ4jW5W1dS me']}
                enrolment: {token: abc}
                """);
        assertThat(boot()).contains("skerry: note: skerry.yaml:4: enrolment.token: ");
        assertThat(device.read("/etc/hostname")).isEqualTo("store-10000000abcd1234\n");
        assertThat(Files.readSymbolicLink(device.paths.inRoot("/etc/localtime"))).isEqualTo(Path.of("/usr/share/zoneinfo/Europe/Berlin"));
        assertThat(device.read("/etc/ssh/authorized_keys.d/root")).startsWith("ssh-ed25519 ");
        assertThat(device.paths.run().resolve("ssh")).exists();
        Path hostKey = device.paths.data().resolve("ssh/ssh_host_ed25519_key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(hostKey))).isEqualTo("rw-------");
        assertThat(device.report().path("settings").asText()).isEqualTo("file");
        assertThat(device.report().path("warnings").toString()).contains("skerry.yaml:4: enrolment.token");
    }

    @Test
    void brokenSettingsAreReportedOnTheConsole() throws Exception {
        device.settings("hostname: one\n");
        boot();
        device.settings("hostname: [one]\n");
        assertThat(boot()).contains("skerry: skerry.yaml:1: hostname: must be a host name", "settings: the last good ones");
        assertThat(device.read("/etc/hostname")).isEqualTo("one\n");
        assertThat(device.read("/run/issue.d/skerry.issue")).contains("! skerry.yaml:1: hostname");
    }

    @Test
    void aMissingDataPartitionIsSaidFirstAndNothingIsGrown() throws Exception {
        device.inRoot("/proc/self/mounts", "overlay / overlay rw 0 0\n");
        boot();
        assertThat(device.report().path("problems").get(0).asText()).startsWith("the data partition: is not mounted");
        assertThat(device.report().path("problems").toString()).doesNotContain("growing");
    }

    @Test
    void makersWhoDoNotCareLeaveTheNumberToTheNetworkCard() throws Exception {
        Files.delete(device.paths.inRoot("/proc/device-tree/serial-number"));
        device.inRoot("/sys/class/dmi/id/product_serial", "To Be Filled By O.E.M.\n");
        assertThat(SerialNumber.find(device.paths, "0123456789abcdef")).isEqualTo("0123456789ab");
        device.inRoot("/sys/class/net/cni0/address", "02:00:00:00:00:01\n");
        device.inRoot("/sys/class/net/eth0/address", "52:54:00:AB:CD:EF\n");
        Files.createDirectories(device.paths.inRoot("/sys/class/net/eth0/device"));
        assertThat(SerialNumber.find(device.paths, "0123456789abcdef")).isEqualTo("525400abcdef");
        device.inRoot("/sys/class/dmi/id/product_serial", "PF-12 345\n");
        assertThat(SerialNumber.find(device.paths, "0123456789abcdef")).isEqualTo("pf12345");
    }

    @Test
    void whatTheImageBringsIsLinkedAndUnlinked() throws Exception {
        Path from = Files.createDirectories(folder.resolve("image"));
        Path to = folder.resolve("images");
        Files.writeString(from.resolve("a.tar"), "a");
        Files.writeString(from.resolve("b.tar"), "b");
        Preloaded.link(from, to);
        Files.writeString(to.resolve("mine.tar"), "mine");
        Files.delete(from.resolve("a.tar"));
        Preloaded.link(from, to);
        try (var files = Files.list(to)) {
            assertThat(files.map(file -> file.getFileName().toString()).sorted()).containsExactly("b.tar", "mine.tar");
        }
        assertThat(Files.readString(to.resolve("b.tar"))).isEqualTo("b");
    }

    @Test
    void chartsAndContainerImagesOfTheImageAreWhereTheServerLooks() throws Exception {
        device.inRoot("/usr/lib/skerry/charts/web-1.0.0.tgz", "chart");
        device.inRoot("/usr/lib/skerry/images/web.tar", "image");
        boot();
        assertThat(device.paths.data().resolve("server/static/charts/web-1.0.0.tgz")).hasContent("chart");
        assertThat(device.paths.data().resolve("agent/images/web.tar")).hasContent("image");
    }

    @Test
    void anAccountOfTheSystemIsNobodysLogin() throws Exception {
        device.inRoot("/etc/passwd", "root:x:0:0::/root:/bin/sh\navahi:x:104:104::/run/avahi:/usr/sbin/nologin\nada:x:1000:1000::" + device.paths.data().resolve("home/ada") + ":/bin/bash\n");
        assertThat(Users.create(device.paths, List.of(new Settings.User("avahi", List.of(), List.of()), new Settings.User("ada", List.of(), List.of()))))
                .containsExactly("users: avahi: is an account of the system's own; give the user another name");
    }

    @Test
    void anInterfaceThatIsNotThereIsSaidWithThoseThatAre() throws Exception {
        Files.createDirectories(device.paths.inRoot("/sys/class/net/enp1s0/device"));
        Files.createDirectories(device.paths.inRoot("/sys/class/net/cni0"));
        device.settings("network: {interfaces: {eth0: {addresses: [192.0.2.10/24]}, 'e*': {dhcp: true}, enp1s0: {dhcp: true}, lan.42: {vlan: {id: 42, link: enp1s0}}}}\n");
        assertThat(boot()).contains("skerry: note: network.interfaces.eth0: there is no such interface; this device has enp1s0 so far");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(DeviceReport.print(device.paths, new PrintStream(out))).isFalse();
        assertThat(out.toString()).contains("network.interfaces.eth0: there is no such interface; this device has enp1s0").doesNotContain("lan.42", "e*");
        Files.createDirectories(device.paths.inRoot("/sys/class/net/eth0/device"));
        out.reset();
        DeviceReport.print(device.paths, new PrintStream(out));
        assertThat(out.toString()).as("a moment later").doesNotContain("no such interface");
    }

    @Test
    void newUsersGetNumbersThatNoHomeHas() throws Exception {
        Path homes = Files.createDirectories(folder.resolve("home"));
        assertThat(Users.next(homes)).isEqualTo(1000);
        Path home = Files.createDirectories(homes.resolve("old"));
        Files.setAttribute(home, "unix:uid", 1004);
        assertThat(Users.next(homes)).isEqualTo(1005);
        assertThat(Users.create(device.paths, List.of())).isEmpty();
    }
}
