package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.scripts.RunningDevice.Made;
import io.skerry.scripts.qemu.Board;
import io.skerry.scripts.qemu.Guest;
import io.skerry.scripts.qemu.Qemu;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Disks with the same labels as the device's own are there from power-on, and their names come before its own: a flashed card that was left in
 * a USB reader, down to the same GUIDs, and a drive with another flash of the image.
 */
@Tag("image")
@Tag("full")
@ExtendWith(RunningDevice.class)
class ForeignDiskIT {
    private static final Duration PATIENCE = Duration.ofMinutes(25);
    private static final long ROOM = 256L << 20;

    @TempDir
    Path folder;

    @Test
    void aDeviceKeepsToTheDiskThatItWasStartedFrom(Made made) throws Exception {
        Ssh ssh = Ssh.withKeyIn(folder.resolve("ssh"), Ports.free());
        Layout layout = new Layout(folder, Ports.free(), Ports.free(), Ports.free());
        Path card = made.image().flash("hostname: its-own\nssh: {keys: ['" + ssh.publicKey() + "']}\n", folder.resolve("card.img"));
        Path left = foreign(made, "left.img");
        Path drive = foreign(made, "drive.img");
        run("sfdisk --quiet --part-uuid " + drive + " 1 11111111-2222-3333-4444-555555555555");
        String before = run("sha256sum " + left + " " + drive);
        Guest guest = Guest.on(Qemu.find(), Board.GENERIC_AMD64).folder(folder.resolve("guest")).image(card).stick(left).drive(drive)
                .forward(layout.apiPort(), ImageDevice.API_PORT).forward(ssh.port(), ImageDevice.SSH_PORT).build();
        try (ImageDevice device = new ImageDevice(layout, folder, ssh, guest)) {
            device.guest.start();
            device.awaitSsh(PATIENCE);
            keepsToItsOwn(device);
            String id = device.ssh.out("cat /var/lib/skerry/device/machine-id");
            device.guest.cutPower();
            device.guest.start();
            device.awaitSsh(PATIENCE);
            keepsToItsOwn(device);
            assertThat(device.ssh.out("cat /etc/machine-id")).as("from its own data partition").isEqualTo(id);
        }
        assertThat(run("sha256sum " + left + " " + drive)).as("nothing is written to the others").isEqualTo(before);
    }

    private static void keepsToItsOwn(ImageDevice device) throws Exception {
        assertThat(device.ssh.out("lsblk --noheadings --pairs --output NAME,PARTLABEL"))
                .contains("NAME=\"vda5\" PARTLABEL=\"data\"", "NAME=\"sda5\" PARTLABEL=\"data\"", "NAME=\"nvme0n1p5\" PARTLABEL=\"data\"");
        assertThat(device.ssh.out("dmesg | grep 'root file system is on'")).contains("/dev/vda3 (root-a)");
        assertThat(device.ssh.out("findmnt -n -o SOURCE /var/lib/skerry; findmnt -n -o SOURCE /run/skerry-config").split("\\s+")).containsExactly("/dev/vda5", "/dev/vda2");
        assertThat(device.ssh.out("readlink -f /dev/skerry/*").split("\\s+")).containsExactlyInAnyOrder("/dev/vda1", "/dev/vda2", "/dev/vda3", "/dev/vda4", "/dev/vda5");
        assertThat(device.ssh.out("hostname").strip()).isEqualTo("its-own");
        // As large as the card, but for the other partitions.
        assertThat(Long.parseLong(device.ssh.out("df -B1 --output=size /var/lib/skerry | tail -n 1").strip())).isGreaterThan(5L << 30);
    }

    /** A flashed card, with room behind it into which its data partition would be grown. */
    private Path foreign(Made made, String name) throws Exception {
        Path card = made.image().flash("hostname: taken-over\n", folder.resolve(name));
        try (RandomAccessFile file = new RandomAccessFile(card.toFile(), "rw")) {
            file.setLength(file.length() + ROOM);
        }
        return card;
    }

    private static String run(String script) throws Exception {
        return Run.of(Map.of(), null, "", Duration.ofMinutes(5), List.of("sh", "-ec", "PATH=$PATH:/usr/sbin:/sbin; " + script)).orFail().out();
    }
}
