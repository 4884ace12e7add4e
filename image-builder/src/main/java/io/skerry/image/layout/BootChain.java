package io.skerry.image.layout;

/** How a board comes from power-on to the kernel, and how it is told to try a new slot once. */
public enum BootChain {
    /** UEFI, then systemd-boot with boot counting in the names of its entries (UAPI Boot Loader Specification, systemd-boot(7)). */
    EFI,
    /** The Raspberry Pi's own boot loader: {@code autoboot.txt} with {@code tryboot_a_b=1}. */
    TRYBOOT
}
