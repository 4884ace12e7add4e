"""Contents of the partitions beside the root file system: FAT file systems made with mtools and the ext4 of the data partition."""

import glob
import os
import shutil
import subprocess
import uuid

from . import layout


def fat(image, size, label, tree, epoch):
    """Writes a FAT file system of size bytes with the folder tree's contents; every file gets the time epoch (Unix seconds).

    Needs mkfs.vfat (dosfstools) and mcopy (mtools). The volume's serial number comes from its label: an image rebuilt is the same.
    """
    for folder, folders, files in os.walk(tree):
        for name in folders + files:
            os.utime(os.path.join(folder, name), (epoch, epoch))
    if os.path.exists(image):
        os.remove(image)
    # FAT32 wherever it fits: firmware need read no other (UEFI 13.3), and a Pi's boot loader reads it.
    bits = "32" if size >= 33 << 20 else "16"
    cluster = "2" if size >= 128 << 20 else "1"
    environment = dict(os.environ, MTOOLS_SKIP_CHECK="1", SOURCE_DATE_EPOCH=str(epoch), TZ="UTC")
    subprocess.run(["mkfs.vfat", "--invariant", "-F", bits, "-s", cluster, "-S", "512", "-i", _uuid(label).hex[:8], "-n", label,
                    "-C", image, str(size // 1024)], check=True, stdout=subprocess.DEVNULL, env=environment)
    names = sorted(os.path.join(tree, name) for name in os.listdir(tree))
    if names:
        subprocess.run(["mcopy", "-i", image, "-s", "-p", "-m", *names, "::"], check=True, env=environment)


def data(image, size, epoch):
    """Writes the empty ext4 of the data partition, size in bytes; it is grown to the disk at first boot. Needs mke2fs (e2fsprogs)."""
    if os.path.exists(image):
        os.remove(image)
    identifier = str(_uuid(layout.DATA_VOLUME))
    # Block and inode size as for large disks, and room in the group table to grow to 1 TiB without moving anything.
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-L", layout.DATA_VOLUME, "-U", identifier, "-b", "4096", "-I", "256", "-i", "16384", "-m", "1",
                    "-E", f"hash_seed={identifier},root_owner=0:0,resize=268435456,lazy_itable_init=0,lazy_journal_init=0",
                    "-J", "size=8", image, f"{size // 1024}k"],
                   check=True, env=dict(os.environ, E2FSPROGS_FAKE_TIME=str(epoch), SOURCE_DATE_EPOCH=str(epoch)))


def esp_tree(tree, loader, kernel, initrd, entry):
    """Fills the folder tree as the EFI system partition: the loader under its fallback name, slot a's kernel, initrd and entry.

    loader is the path of systemd-boot's program, such as systemd-bootx64.efi.
    """
    name = os.path.basename(loader)
    if not (name.startswith("systemd-boot") and name.endswith(".efi")):
        raise ValueError(f"{loader}: not the name of a systemd-boot program, which is like systemd-bootx64.efi")
    _copy(loader, tree, "EFI/BOOT/" + name[len("systemd-"):].upper())
    _copy(kernel, tree, layout.kernel_folder("a") + "/linux")
    _copy(initrd, tree, layout.kernel_folder("a") + "/initrd")
    # Two seconds are enough for a person at the console to choose the other slot. The editor would let them add kernel arguments.
    _write(tree, "loader/loader.conf", "timeout 2\neditor no\nauto-entries no\nauto-firmware no\n")
    _write(tree, "loader/entries/" + layout.entry_name("a"), entry)


def boot_tree(tree, deploy, entries, initrd, command_line):
    """Fills the folder tree as a Raspberry Pi's boot partition of one slot.

    entries are pairs of a file under the folder deploy and its place in the tree, as in IMAGE_BOOT_FILES; cmdline.txt among them
    is replaced.
    """
    for source, place in entries:
        _copy(os.path.join(deploy, source), tree, place)
    _copy(initrd, tree, "initrd")
    _write(tree, "cmdline.txt", command_line + "\n")


def boot_entries(deploy, spec):
    """Pairs of a file under the folder deploy and its place on the boot partition, from the text of IMAGE_BOOT_FILES.

    Its words are FILE, FILE;PLACE, PATTERN or PATTERN;FOLDER, as for wic's bootimg-partition. Raises ValueError when a word is
    malformed or fits no file.
    """
    entries = []
    for word in spec.split():
        source, separator, place = word.partition(";")
        if not source or (separator and not place):
            raise ValueError(f"IMAGE_BOOT_FILES: \"{word}\" is not of the form FILE or FILE;PLACE")
        if "*" not in source:
            if not os.path.exists(os.path.join(deploy, source)):
                raise ValueError(f"IMAGE_BOOT_FILES: there is no {source} in {deploy}")
            entries.append((source, place or source))
            continue
        found = sorted(glob.glob(os.path.join(deploy, source)))
        if not found:
            raise ValueError(f"IMAGE_BOOT_FILES: nothing in {deploy} fits {source}")
        entries += [(os.path.relpath(path, deploy), os.path.join(place, os.path.basename(path))) for path in found]
    return entries


def config_tree(tree, settings=None, autoboot=None):
    """Fills the folder tree as the configuration partition. settings is the path of a skerry.yaml, autoboot the text of autoboot.txt."""
    os.makedirs(tree, exist_ok=True)
    if settings:
        _copy(settings, tree, layout.SETTINGS_FILE)
    if autoboot:
        _write(tree, "autoboot.txt", autoboot)


def _copy(source, tree, place):
    target = os.path.join(tree, place)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copyfile(source, target)


def _write(tree, place, text):
    target = os.path.join(tree, place)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def _uuid(name):
    return uuid.uuid5(uuid.NAMESPACE_OID, "skerry " + name)
