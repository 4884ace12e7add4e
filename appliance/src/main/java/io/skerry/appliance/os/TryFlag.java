package io.skerry.appliance.os;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;

/**
 * Whether this Raspberry Pi can boot a slot once: its kernel must hand the {@code tryboot} flag to the firmware when it restarts, the board must
 * keep it over the restart, and the boot loader in its EEPROM must know what to do with it. A reboot without one of them leads back to the old
 * slot and looks like a version that does not start.
 *
 * @param root of the file system in which {@code /sys}, {@code /dev} and {@code /proc/device-tree} are looked at
 */
record TryFlag(Path root) {
    /** overlays/common/modules/skerry_tryboot, which asks the firmware when it is loaded. */
    private static final String MODULE = "sys/module/skerry_tryboot";
    /** Only Raspberry Pi's own kernel has it; that one hands the flag on by itself (its drivers/firmware/raspberrypi.c). */
    private static final String VENDOR_KERNEL = "dev/vcio";
    /** Strings, each ended by a NUL, from the board to its SoC (Devicetree specification, 2.3.1). */
    private static final String COMPATIBLE = "proc/device-tree/compatible";
    /** Of the EEPROM's boot loader, seconds since 1970, 32 bits big-endian; Pi 4 and newer (Raspberry Pi documentation, "Device Trees"). */
    private static final String LOADER_BUILT = "proc/device-tree/chosen/bootloader/build-timestamp";
    /** The first one with {@code tryboot_a_b} and {@code [tryboot]} in autoboot.txt (rpi-eeprom, release notes). */
    private static final LocalDate FIRST_WITH_SLOTS = LocalDate.of(2022, 10, 18);

    TryFlag() {
        this(Path.of("/"));
    }

    /** @return what stands in the way and what to do; "" when nothing does */
    String problem() throws IOException {
        if (Arrays.asList(text(COMPATIBLE).split("\0")).contains("brcm,bcm2837")) {
            return "a Raspberry Pi 3 or Zero 2 W forgets over a restart that it shall try another slot; flash the card anew, or put it into a Raspberry Pi 4 or 5";
        }
        if (Files.exists(root.resolve(LOADER_BUILT))) {
            byte[] time = Files.readAllBytes(root.resolve(LOADER_BUILT));
            LocalDate built = LocalDate.ofInstant(Instant.ofEpochSecond(time.length < 4 ? 0 : ByteBuffer.wrap(time).getInt() & 0xffff_ffffL), ZoneOffset.UTC);
            if (built.isBefore(FIRST_WITH_SLOTS)) {
                return "the boot loader in this board's EEPROM is of " + built + " and knows of slots only from " + FIRST_WITH_SLOTS
                        + " on; start Raspberry Pi OS on it once and run rpi-eeprom-update -a";
            }
        }
        if (!Files.exists(root.resolve(MODULE)) && !Files.exists(root.resolve(VENDOR_KERNEL))) {
            return "this kernel cannot tell the firmware to try another slot: its module skerry_tryboot is not loaded (see journalctl -u systemd-modules-load);"
                    + " an image without that module has to be flashed anew once";
        }
        return "";
    }

    private String text(String name) throws IOException {
        Path file = root.resolve(name);
        return Files.exists(file) ? Files.readString(file, StandardCharsets.US_ASCII) : "";
    }
}
