package io.skerry.scripts;

import static org.assertj.core.api.Assertions.assertThat;

import io.skerry.scripts.qemu.PiGuest;
import io.skerry.scripts.qemu.Qemu;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The Raspberry Pi 4's image from its SD card, without its boot loader and without a network (docs/hardware.md): kernel, initrd, verified root,
 * data partition, cluster, an update's installation, and the reboot that tries it as far as the firmware's mailbox. What it comes to is told on its serial line, by a unit that only this test's image has.
 */
@Tag("full")
@Tag("arm64")
class Pi4BootIT {
    private static final Duration PATIENCE = Duration.ofMinutes(60);
    /** Tags of the property mailbox (skerry_tryboot.c). */
    private static final String GET_REBOOT_FLAGS = "0x00030064", SET_REBOOT_FLAGS = "0x00038064";
    private static final String CONFIG = """
            hostname: pi
            build:
              files:
                - path: /usr/share/next.os.tar
                  source: %s
                - path: /usr/lib/systemd/system/tell.service
                  content: |
                    [Unit]
                    After=skerry.service
                    [Service]
                    ExecStart=/bin/sh -c 'until skerry status >/run/told; grep -q "is Ready" /run/told; do sleep 5; done; cat /run/told; findmnt -n -o SOURCE,FSTYPE /var/lib/skerry; uname -m; systemctl --failed --no-legend --plain | grep -v wait-online; echo told; skerry os update --no-reboot /usr/share/next.os.tar; mount -o ro /dev/skerry/boot-b /mnt && cat /mnt/cmdline.txt /mnt/vmlinuz /mnt/overlays/*; umount /mnt; echo all of it; skerry os reboot'
                    StandardOutput=journal+console
                    StandardError=journal+console
                - path: /usr/lib/systemd/system/multi-user.target.d/tell.conf
                  content: |
                    [Unit]
                    Wants=tell.service
            """;

    @TempDir
    Path folder;

    @Test
    void theNodeIsReady() throws Exception {
        Path key = ImageFile.key(folder.resolve("keys"));
        Path next = SmallOsUpdate.make("raspberrypi4", "0.2.0", key, Files.createDirectory(folder.resolve("next")));
        ImageFile image = ImageFile.buildForJvm("raspberrypi4", "0.1.0", folder.resolve("image"), key, CONFIG.formatted(next));
        Path card = image.flash("hostname: pi\n", folder.resolve("card.img"));
        try (PiGuest guest = new PiGuest(Qemu.find(), folder.resolve("guest"), card)) {
            guest.start();
            guest.console().await(Pattern.compile("skerry: this is pi, version 0\\.1\\.0, settings: skerry\\.yaml"), 0, PATIENCE);
            int ready = guest.console().await(Pattern.compile("node +pi is Ready"), 0, PATIENCE);
            int told = guest.console().await(Pattern.compile("told"), ready, PATIENCE);
            assertThat(guest.console().text().substring(ready)).contains("/dev/mmcblk", "ext4", "aarch64").doesNotContain(".service loaded failed");
            guest.console().await(Pattern.compile("all of it"), told, PATIENCE);
            assertThat(guest.console().text().substring(told)).as("the boot partition of the idle slot, which had no file system").contains("skerry.slot=b", "skerry.version=0.2.0", "a kernel of 0.2.0", "an overlay");
            // Then it is tried. QEMU's firmware does not know the flag; that it is asked to set it, after it was asked for it when the module was loaded, is all there is to see.
            List<String> requests = guest.awaitFirmwareRequest(SET_REBOOT_FLAGS, PATIENCE);
            assertThat(requests.indexOf(GET_REBOOT_FLAGS)).isNotNegative().isLessThan(requests.indexOf(SET_REBOOT_FLAGS));
        }
    }
}
