package io.skerry.image.build;

import io.skerry.image.Digests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** The data partition as it is in the image: an empty ext4 that can grow with the card. */
final class DataImage {
    private DataImage() {}

    static void write(Path file, long size, String identity, long seconds) throws IOException {
        Files.deleteIfExists(file);
        UUID uuid = Digests.uuid(identity + " data");
        // Block and inode size as for large disks, and room in the group table to grow to 1 TiB without moving anything.
        Tool.find("mke2fs").with("SOURCE_DATE_EPOCH", Long.toString(seconds)).with("E2FSPROGS_FAKE_TIME", Long.toString(seconds))
                .run("-q", "-t", "ext4", "-L", io.skerry.image.layout.DeviceLayout.DATA_VOLUME, "-U", uuid.toString(), "-b", "4096", "-I", "256", "-i", "16384",
                        "-m", "1", "-E", "hash_seed=" + uuid + ",root_owner=0:0,resize=268435456,lazy_itable_init=0,lazy_journal_init=0",
                        "-J", "size=8", file.toString(), size / 1024 + "k");
    }
}
