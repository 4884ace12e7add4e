package io.skerry.image.build;

import io.skerry.image.Digests;
import io.skerry.image.ImageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The root file system of a slot: a squashfs and, behind it in the same file, its dm-verity hash tree (veritysetup(8)).
 *
 * @param hash the tree's root, hexadecimal: it stands for every byte of the file system
 * @param hashOffset where the tree's superblock starts, bytes
 */
record RootImage(Path file, String hash, long hashOffset) {
    private static final int BLOCK = 4096;
    private static final Pattern ROOT_HASH = Pattern.compile("Root hash:\\s+([0-9a-f]{64})");

    /**
     * @param identity makes salt and UUID: the same for the same image
     * @param seconds time of every file, since 1970
     * @param limit of the slot's partition, bytes
     */
    static RootImage write(Path file, FileTree tree, String identity, long seconds, long limit) throws IOException {
        Files.deleteIfExists(file);
        // Level 15 makes an image 8 MB smaller than level 9 for 20 seconds more on two cores; 12 gains nothing.
        Tool.find("mksquashfs").with("SOURCE_DATE_EPOCH", Long.toString(seconds)).run(out -> tree.writeTar(out, seconds),
                List.of("-", file.toString(), "-tar", "-comp", "zstd", "-Xcompression-level", "15", "-b", "256K", "-root-mode", "0755", "-root-uid", "0",
                        "-root-gid", "0", "-no-progress", "-quiet", "-exit-on-error"));
        long hashOffset = (Files.size(file) + BLOCK - 1) / BLOCK * BLOCK;
        try (var channel = java.nio.channels.FileChannel.open(file, java.nio.file.StandardOpenOption.WRITE)) {
            if (Files.size(file) < hashOffset) {
                channel.write(java.nio.ByteBuffer.allocate(1), hashOffset - 1);
            }
        }
        UUID uuid = Digests.uuid(identity + " verity");
        String said = Tool.find("veritysetup").run("format", "--hash-offset=" + hashOffset, "--salt=" + Digests.sha256((identity + " salt").getBytes()),
                "--uuid=" + uuid, "--data-blocks=" + hashOffset / BLOCK, file.toString(), file.toString());
        Matcher found = ROOT_HASH.matcher(said);
        if (!found.find()) {
            throw new ImageException("veritysetup gave no root hash: " + said.strip());
        }
        long size = Files.size(file);
        if (size > limit) {
            throw new ImageException("the root file system is " + size / (1 << 20) + " MiB and the slot only " + limit / (1 << 20)
                    + " MiB: leave packages out, or make sizes.root larger (for all devices of the fleet: slots cannot grow later)");
        }
        return new RootImage(file, found.group(1), hashOffset);
    }
}
