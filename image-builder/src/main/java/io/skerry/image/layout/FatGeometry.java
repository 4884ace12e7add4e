package io.skerry.image.layout;

import java.util.List;

/** How mkfs.vfat(8) is to lay out a boot partition: the same on a new card and on a device that formats one. */
public final class FatGeometry {
    private FatGeometry() {}

    /**
     * FAT32 for boot partitions (UEFI 13.3), in small clusters because it needs many; what is too small for that is FAT16.
     *
     * @param size of the partition, bytes
     */
    public static List<String> options(long size) {
        boolean large = size >= 64L << 20;
        return List.of("-F", large ? "32" : "16", "-s", size >= 128L << 20 ? "2" : large ? "1" : "4", "-S", "512");
    }
}
