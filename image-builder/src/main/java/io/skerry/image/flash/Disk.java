package io.skerry.image.flash;

import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What Linux knows of a block device, from sysfs(5) and proc(5): whether somebody uses it, and whether it is one that people flash.
 */
final class Disk {
    private static final int SECTOR = 512;

    private final Path sys;
    private final Path proc;
    private final String name;

    /**
     * @param sys where sysfs is mounted
     * @param proc where procfs is mounted
     * @param name the kernel's name, such as sdb or mmcblk0p1
     */
    Disk(Path sys, Path proc, String name) {
        this.sys = sys;
        this.proc = proc;
        this.name = name;
    }

    static Disk of(Path device) throws IOException {
        return new Disk(Path.of("/sys"), Path.of("/proc"), device.toRealPath().getFileName().toString());
    }

    String name() {
        return name;
    }

    private Path folder() {
        return sys.resolve("class/block").resolve(name);
    }

    /** Bytes. */
    long size() throws IOException {
        return Long.parseLong(text(folder(), "size", "0")) * SECTOR;
    }

    /** Maker and model, or the name of an SD card, for the person who is asked. */
    String model() throws IOException {
        String model = (text(folder(), "device/vendor", "") + " " + text(folder(), "device/model", "")).strip();
        return model.isEmpty() || model.startsWith("0x") ? text(folder(), "device/name", "unknown model") : model;
    }

    /**
     * @param fixedToo also disks that are built in
     * @throws ImageException saying why this must not be written to
     */
    void requireFlashable(boolean fixedToo) throws IOException {
        String device = "/dev/" + name;
        if (!Files.isDirectory(folder())) {
            throw new ImageException(device + " is not a block device that the kernel knows; see lsblk");
        }
        if (Files.exists(folder().resolve("partition"))) {
            throw new ImageException(device + " is a partition; name the whole disk (see lsblk)");
        }
        List<String> uses = uses();
        if (!uses.isEmpty()) {
            throw new ImageException(device + " is in use: " + String.join("; ", uses) + "; unmount it first, if it is the right one");
        }
        if (text(folder(), "ro", "0").equals("1")) {
            throw new ImageException(device + " is read-only; look for the card's write-protect switch");
        }
        if (size() == 0) {
            throw new ImageException(device + " has no medium; insert the card");
        }
        String block = text(folder(), "queue/logical_block_size", Integer.toString(SECTOR));
        if (!block.equals(Integer.toString(SECTOR))) {
            throw new ImageException(device + " has logical blocks of " + block + " bytes, and images have partition tables for " + SECTOR + ": no firmware would find them; "
                    + "use another disk, or set this one to " + SECTOR + " if it can be (nvme format, hdparm --set-sector-size)");
        }
        if (!fixedToo && !isRemovable()) {
            throw new ImageException(device + " (" + model() + ") is a fixed disk, not a card or stick; add --allow-fixed-disk when you are sure");
        }
    }

    /** A card or a stick: removable media, anything on USB, and SD (not eMMC) in a built-in reader, which says removable=0. */
    boolean isRemovable() throws IOException {
        return text(folder(), "removable", "0").equals("1") || text(folder(), "device/type", "").equals("SD")
                || folder().toRealPath().toString().contains("/usb");
    }

    /** Who uses the disk or anything on it: mounts, swap, RAID, LVM, encryption. */
    List<String> uses() throws IOException {
        Set<String> numbers = new HashSet<>();
        Set<String> names = new HashSet<>();
        List<String> found = new ArrayList<>();
        collect(name, numbers, names, found);
        for (String line : Files.readAllLines(proc.resolve("self/mountinfo"))) {
            // mountinfo: id, parent, major:minor, root, mount point, options, [tags], "-", type, source (proc_pid_mountinfo(5)).
            String[] words = line.split(" ");
            int dash = List.of(words).indexOf("-");
            String source = dash > 0 && dash + 2 < words.length ? words[dash + 2] : "";
            // A btrfs mount has a number of its own: there the source tells.
            if (numbers.contains(words[2]) || source.startsWith("/dev/") && names.contains(source.substring(5))) {
                found.add(words[4].replace("\\040", " ") + " is mounted from it");
            }
        }
        for (String line : Files.readAllLines(proc.resolve("swaps"))) {
            String device = line.split("\\s+")[0];
            if (device.startsWith("/dev/") && names.contains(device.substring(5))) {
                found.add(device + " is swap");
            }
        }
        return found.stream().distinct().toList();
    }

    /** The disk, its partitions, and all that is built on them. */
    private void collect(String block, Set<String> numbers, Set<String> names, List<String> found) throws IOException {
        if (!names.add(block)) {
            return;
        }
        Path folder = sys.resolve("class/block").resolve(block);
        numbers.add(text(folder, "dev", "none"));
        for (String child : children(folder)) {
            if (Files.exists(folder.resolve(child).resolve("partition"))) {
                collect(child, numbers, names, found);
            }
        }
        for (String holder : children(folder.resolve("holders"))) {
            found.add(holder + " (RAID, LVM or encryption) is built on " + block);
            collect(holder, numbers, names, found);
        }
    }

    private static List<String> children(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static String text(Path folder, String attribute, String otherwise) throws IOException {
        Path file = folder.resolve(attribute);
        return Files.isReadable(file) && Files.isRegularFile(file) ? Files.readString(file).strip() : otherwise;
    }
}
