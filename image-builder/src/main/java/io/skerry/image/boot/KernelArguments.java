package io.skerry.image.boot;

import io.skerry.image.layout.Slot;
import java.util.List;

/**
 * The kernel's command line of one slot: what the initrd needs to open the root file system, and what the system must know of itself.
 *
 * @param rootHash of the dm-verity tree, hexadecimal
 * @param hashOffset where in the root partition the hash tree's superblock starts, bytes
 * @param extra of the board: consoles and the like; before ours, so that they cannot override them
 */
public record KernelArguments(Slot slot, String board, String version, String rootHash, long hashOffset, List<String> extra) {
    public static final String SLOT = "skerry.slot";
    public static final String BOARD = "skerry.board";
    public static final String VERSION = "skerry.version";
    public static final String ROOT_HASH = "roothash";

    public KernelArguments {
        extra = List.copyOf(extra);
    }

    /** The arguments, separated by single spaces; names are systemd's own (systemd-veritysetup-generator(8), systemd.volatile in kernel-command-line(7)). */
    public String render() {
        String partition = "PARTLABEL=" + slot.rootLabel();
        return String.join(" ", extra) + (extra.isEmpty() ? "" : " ")
                + ROOT_HASH + "=" + rootHash
                + " systemd.verity_root_data=" + partition
                + " systemd.verity_root_hash=" + partition
                + " systemd.verity_root_options=hash-offset=" + hashOffset
                + " root=/dev/mapper/root rootfstype=squashfs ro systemd.volatile=overlay"
                // A slot that cannot boot must give up by itself: only then is the other one tried.
                + " rd.shell=0 rd.emergency=reboot rd.timeout=20 panic=10 oops=panic"
                // So must a kernel that spins: after two minutes, twice the 60 s, as an emulated machine on a busy one stands still for longer
                // than the kernel's own 20 s and is healthy all the same.
                + " softlockup_panic=1 watchdog_thresh=60"
                // A power cut while the partition table is written leaves its backup; nobody is on site to answer fsck.
                + " gpt fsck.repair=yes"
                + " " + SLOT + "=" + slot.letter() + " " + BOARD + "=" + board + " " + VERSION + "=" + version;
    }

    /** The value of {@code name=value} in a command line such as /proc/cmdline; null when it is not there. The last one counts, as in the kernel. */
    public static String value(String commandLine, String name) {
        String found = null;
        for (String argument : commandLine.strip().split("\\s+")) {
            if (argument.startsWith(name + "=")) {
                found = argument.substring(name.length() + 1);
            }
        }
        return found;
    }
}
