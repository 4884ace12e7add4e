package io.skerry.image.boot;

import io.skerry.image.layout.Slot;

/**
 * {@code autoboot.txt}, which tells a Raspberry Pi's boot loader the partition to boot from, always and at the one boot that was asked for
 * with {@code reboot "0 tryboot"} (Raspberry Pi documentation, "autoboot.txt").
 */
public final class Autoboot {
    /** On the first partition. At most 512 bytes, the boot loader reads no more. */
    public static final String FILE = "autoboot.txt";

    private Autoboot() {}

    /** Number of the slot's boot partition, as {@link io.skerry.image.layout.DiskLayout} lays them out. */
    public static int partition(Slot slot) {
        return slot == Slot.A ? 2 : 3;
    }

    /** @param slot booted from now on; the other one is what is tried */
    public static String render(Slot slot) {
        return "[all]\ntryboot_a_b=1\nboot_partition=" + partition(slot) + "\n[tryboot]\nboot_partition=" + partition(slot.other()) + "\n";
    }

    /** The slot that is booted when nothing is tried. @throws IllegalArgumentException when the text does not say */
    public static Slot parse(String text) {
        String section = "[all]";
        for (String line : text.split("\\R")) {
            String plain = line.strip();
            if (plain.startsWith("[")) {
                section = plain;
            } else if (section.equals("[all]") && plain.startsWith("boot_partition=")) {
                String number = plain.substring("boot_partition=".length()).strip();
                for (Slot slot : Slot.values()) {
                    if (number.equals(Integer.toString(partition(slot)))) {
                        return slot;
                    }
                }
                throw new IllegalArgumentException(FILE + ": boot_partition=" + number + " is no slot's");
            }
        }
        throw new IllegalArgumentException(FILE + " has no boot_partition= below [all]");
    }
}
