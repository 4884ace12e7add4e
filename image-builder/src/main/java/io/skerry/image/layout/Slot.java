package io.skerry.image.layout;

/** One of the two places for an operating system. One runs, the other takes the next update. */
public enum Slot {
    A, B;

    /** @param letter {@code a} or {@code b}, as in {@code skerry.slot=} and in the partitions' labels */
    public static Slot of(String letter) {
        return switch (letter) {
            case "a" -> A;
            case "b" -> B;
            default -> throw new IllegalArgumentException("slot \"" + letter + "\" is neither a nor b");
        };
    }

    public String letter() {
        return this == A ? "a" : "b";
    }

    public Slot other() {
        return this == A ? B : A;
    }

    /** PARTLABEL of the partition with the slot's root file system: squashfs, then its dm-verity hash tree. */
    public String rootLabel() {
        return "root-" + letter();
    }

    /** PARTLABEL of the slot's FAT partition with firmware, kernel and initrd. Only on {@link BootChain#TRYBOOT} boards. */
    public String bootLabel() {
        return "boot-" + letter();
    }
}
