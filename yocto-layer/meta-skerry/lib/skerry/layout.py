"""Names, kernel arguments and boot entries of a device, the same as io.skerry.image.layout and io.skerry.image.boot in image-builder.

A device takes OS updates of either origin, so what is here must not differ from there: image-builder's YoctoLayerTest compares them.
"""

import re

SLOTS = ("a", "b")

# PARTLABELs.
ESP = "esp"
CONFIG = "config"
DATA = "data"

# Volume labels.
CONFIG_VOLUME = "SKERRY"
DATA_VOLUME = "skerry-data"

# Paths on the device.
DATA_DIR = "/var/lib/skerry"
CONFIG_DIR = "/run/skerry-config"
SETTINGS_FILE = "skerry.yaml"
RELEASE_FILE = "/usr/lib/skerry/release.json"
OS_TRUST_DIR = "/usr/lib/skerry/trust/os"
BINARY = "/usr/bin/skerry"

# autoboot.txt numbers partitions from 1: config, boot-a, boot-b.
TRYBOOT_PARTITION = {"a": 2, "b": 3}


def root_label(slot):
    """PARTLABEL of a slot's root file system: squashfs, then its dm-verity hash tree."""
    return "root-" + slot


def boot_label(slot):
    """PARTLABEL of a slot's FAT partition with firmware, kernel and initrd; only on Raspberry Pis."""
    return "boot-" + slot


def kernel_arguments(slot, board, version, root_hash, hash_offset, extra=()):
    """The kernel's command line of one slot.

    root_hash is hexadecimal, hash_offset counts bytes from the start of the root partition to the hash tree's superblock, extra are
    the board's own arguments such as consoles. Names are systemd's (systemd-veritysetup-generator(8), kernel-command-line(7)).
    """
    _check_slot(slot)
    partition = "PARTLABEL=" + root_label(slot)
    return " ".join([
        *extra,
        f"roothash={root_hash}",
        f"systemd.verity_root_data={partition}",
        f"systemd.verity_root_hash={partition}",
        f"systemd.verity_root_options=hash-offset={hash_offset}",
        "root=/dev/mapper/root rootfstype=squashfs ro systemd.volatile=overlay",
        # A slot that cannot boot must give up by itself: only then is the other one tried.
        "rd.shell=0 rd.emergency=reboot rd.timeout=20 panic=10 oops=panic",
        # So must a kernel that spins, but not one that an emulated machine on a busy one keeps waiting.
        "softlockup_panic=1 watchdog_thresh=60",
        # A power cut while the partition table is written leaves its backup; nobody is on site to answer fsck.
        "gpt fsck.repair=yes",
        f"skerry.slot={slot} skerry.board={board} skerry.version={version}",
    ])


def entry_name(slot):
    """File name in loader/entries of a slot that is known to be good; one to be tried has a counter (systemd-boot(7))."""
    _check_slot(slot)
    return f"skerry-{slot}.conf"


def kernel_folder(slot):
    """Folder of a slot's kernel and initrd on the EFI system partition."""
    return "skerry/" + slot


def loader_entry(slot, order, version, options):
    """Text of a systemd-boot entry (UAPI Boot Loader Specification, type 1). order rises with every update: the newest sorts first."""
    _check_slot(slot)
    folder = "/" + kernel_folder(slot)
    return (f"title Skerry {version} (slot {slot})\n"
            f"sort-key skerry\n"
            f"version {order}\n"
            f"linux {folder}/linux\n"
            f"initrd {folder}/initrd\n"
            f"options {options}\n")


def check_version(version):
    """Returns version, or raises ValueError: it becomes a word of the kernel's command line and of file names."""
    if not re.fullmatch(r"[0-9A-Za-z.~_-]{1,64}", version or ""):
        raise ValueError(f"SKERRY_VERSION is \"{version}\", must be up to 64 letters, digits, dots, hyphens, tildes and underscores, such as 1.4.0")
    return version


def autoboot(slot):
    """Text of autoboot.txt that boots a slot, and the other one once after `reboot "0 tryboot"`."""
    _check_slot(slot)
    other = "b" if slot == "a" else "a"
    return f"[all]\ntryboot_a_b=1\nboot_partition={TRYBOOT_PARTITION[slot]}\n[tryboot]\nboot_partition={TRYBOOT_PARTITION[other]}\n"


def _check_slot(slot):
    if slot not in SLOTS:
        raise ValueError(f"slot \"{slot}\" is neither a nor b")
