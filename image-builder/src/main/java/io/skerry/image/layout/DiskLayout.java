package io.skerry.image.layout;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The partitions of a device's disk, in their order on it. A GUID partition table (UEFI 5.3); all offsets are multiples of 1 MiB.
 *
 * @param partitions the last one is the data partition, which the first boot grows to the end of the disk
 */
public record DiskLayout(BootChain boot, List<Partition> partitions) {
    private static final long MIB = 1 << 20;
    private static final String TYPE_ESP = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
    private static final String TYPE_BASIC_DATA = "EBD0A0A2-B9E5-4433-87C0-68B6B72699C7";
    private static final String TYPE_LINUX = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";

    /**
     * @param number from 1
     * @param label PARTLABEL
     * @param type GPT partition type
     * @param start bytes from the start of the disk
     * @param size bytes
     */
    public record Partition(int number, String label, String type, long start, long size) {
        public long end() {
            return start + size;
        }
    }

    /**
     * @param sizes bytes by {@code esp} or {@code boot}, {@code config}, {@code root}, {@code data}; whole MiB
     */
    public static DiskLayout of(BootChain boot, Map<String, Long> sizes) {
        List<Partition> partitions = new ArrayList<>();
        if (boot == BootChain.EFI) {
            add(partitions, DeviceLayout.ESP, TYPE_ESP, sizes.get("esp"));
            add(partitions, DeviceLayout.CONFIG, TYPE_BASIC_DATA, sizes.get("config"));
        } else {
            // The Pi's boot loader looks for autoboot.txt on the first partition.
            add(partitions, DeviceLayout.CONFIG, TYPE_BASIC_DATA, sizes.get("config"));
            add(partitions, Slot.A.bootLabel(), TYPE_BASIC_DATA, sizes.get("boot"));
            add(partitions, Slot.B.bootLabel(), TYPE_BASIC_DATA, sizes.get("boot"));
        }
        add(partitions, Slot.A.rootLabel(), TYPE_LINUX, sizes.get("root"));
        add(partitions, Slot.B.rootLabel(), TYPE_LINUX, sizes.get("root"));
        add(partitions, DeviceLayout.DATA, TYPE_LINUX, sizes.get("data"));
        return new DiskLayout(boot, List.copyOf(partitions));
    }

    private static void add(List<Partition> partitions, String label, String type, long size) {
        if (size <= 0 || size % MIB != 0) {
            throw new IllegalArgumentException("the size of partition " + label + " must be whole MiB, not " + size + " bytes");
        }
        long start = partitions.isEmpty() ? MIB : partitions.getLast().end();
        partitions.add(new Partition(partitions.size() + 1, label, type, start, size));
    }

    /** Of the whole image, bytes: the partitions, and 1 MiB for the second partition table at the end. */
    public long size() {
        return partitions.getLast().end() + MIB;
    }

    public Partition partition(String label) {
        return partitions.stream().filter(partition -> partition.label().equals(label)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no partition is labelled " + label));
    }
}
