package io.skerry.image.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.skerry.image.boot.LoaderEntry;
import io.skerry.image.layout.BootChain;
import io.skerry.image.layout.DiskLayout;
import io.skerry.image.layout.Slot;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which disk the initrd takes the system from, and whose id it gives the machine: its own words in its own shell, with real partition tables and file
 * systems, in a root whose /sys is made up.
 */
class InitScriptTest {
    private static final long MIB = 1 << 20;
    private static final DiskLayout LAYOUT = DiskLayout.of(BootChain.EFI, Map.of("esp", 64 * MIB, "config", 32 * MIB, "root", 8 * MIB, "data", 16 * MIB));
    private static final String USB = "pci0000:00/0000:00:14.0/usb1/1-4/1-4:1.0/host0/target0:0:0/0:0:0:0/block/sda";
    private static final String NVME = "pci0000:00/0000:00:1d.0/0000:03:00.0/nvme/nvme0/nvme0n1";
    private static final String CARD = "platform/emmc2bus/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0";
    private static final String VIRTUAL = "pci0000:00/0000:00:01.0/virtio0/block/vda";
    private static final int AT_ONCE = 0;
    /** Tries, two a second. */
    private static final int TWO_SECONDS = 4;
    private static final int HALF_OF_THE_TIME = 20;
    private static final String ID = "0123456789abcdef0123456789abcdef";
    /** With an argument sync(1) is fsync(2) of that file. */
    private static final String KEEP = "mkdir device; echo " + ID + " >device/machine-id; sync device/machine-id; ";

    @TempDir
    Path root;

    @BeforeEach
    void shell() throws Exception {
        Files.createDirectories(root.resolve("bin"));
        // Debian's busybox-static needs no libraries.
        Tool.find("sh").run("-c", "cp \"$(command -v busybox)\" " + root.resolve("bin/busybox"));
        Tool.find("chroot").run(root.toString(), "/bin/busybox", "--install", "/bin");
        Files.createDirectories(root.resolve("dev"));
    }

    /** @param device its folder below /sys/devices; @param seed of its GUIDs: an image's copies have the same ones */
    private void disk(String device, String seed) throws Exception {
        String name = device.substring(device.lastIndexOf('/') + 1);
        DiskImage.create(root.resolve("dev").resolve(name), LAYOUT, seed);
        for (DiskLayout.Partition each : LAYOUT.partitions()) {
            String partition = name + (Character.isDigit(name.charAt(name.length() - 1)) ? "p" : "") + each.number();
            Path folder = Files.createDirectories(root.resolve("sys/devices").resolve(device).resolve(partition));
            Files.writeString(folder.resolve("uevent"), "DEVNAME=" + partition + "\nDEVTYPE=partition\nPARTN=" + each.number() + "\nPARTNAME=" + each.label() + "\n");
            Files.writeString(folder.resolve("partition"), each.number() + "\n");
            Path link = Files.createDirectories(root.resolve("sys/class/block")).resolve(partition);
            Files.createSymbolicLink(link, Path.of("../../devices").resolve(device).resolve(partition));
        }
    }

    /** systemd-boot's variable: four bytes of attributes, then UTF-16 with a zero at its end. @param disk whose first partition it came from */
    private void startedByEfiFrom(String disk) throws Exception {
        String guid = new ObjectMapper().readTree(Tool.find("sfdisk").run("--json", root.resolve("dev").resolve(disk).toString())).at("/partitiontable/partitions/0/uuid").asText();
        byte[] text = ("\6\0" + guid + "\0").getBytes(StandardCharsets.UTF_16LE);
        Path folder = Files.createDirectories(root.resolve("sys/firmware/efi/efivars"));
        Files.write(folder.resolve("LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"), text);
    }

    private void startedByRaspberryPi(int mode) throws Exception {
        Files.write(Files.createDirectories(root.resolve("proc/device-tree/chosen/bootloader")).resolve("boot-mode"), new byte[] {0, 0, 0, (byte) mode});
    }

    private static String words(String from, String to) throws Exception {
        String init = Files.readString(Path.of("../overlays/common/initrd/init"));
        return init.substring(init.indexOf(from), init.indexOf(to));
    }

    /** The partitions that would be tried. */
    private List<String> candidates(int tries) throws Exception {
        String said = Tool.find("chroot").run(root.toString(), "/bin/busybox", "sh", "-c", "export PATH=/bin\n" + words("efivars=", "# Of a slot") + words("ask_loader() {", "# The watchdog resets")
                + "mount() { :; }\numount() { :; }\nmodprobe() { :; }\nlabel=root-a\ntimeout=" + HALF_OF_THE_TIME + "\ntries=" + tries + "\nask_loader\ncandidates\necho $chosen");
        return said.isBlank() ? List.of() : List.of(said.strip().split(" "));
    }

    @Test
    void efiSaysWhichDiskItIs() throws Exception {
        disk(NVME, "another image");
        disk(VIRTUAL, "this image");
        startedByEfiFrom("vda");
        assertThat(candidates(AT_ONCE)).containsExactly("vda3");
        assertThat(candidates(HALF_OF_THE_TIME)).containsExactly("vda3");
    }

    @Test
    void ofCopiesTheOneThatIsNotOnUsbCounts() throws Exception {
        disk(USB, "this image");
        disk(VIRTUAL, "this image");
        startedByEfiFrom("vda");
        assertThat(candidates(HALF_OF_THE_TIME)).containsExactly("vda3");
    }

    @Test
    void aDiskOnUsbIsGivenTimeToBeOutdone() throws Exception {
        disk(USB, "this image");
        startedByEfiFrom("sda");
        assertThat(candidates(AT_ONCE)).isEmpty();
        assertThat(candidates(TWO_SECONDS)).containsExactly("sda3");
        disk(NVME, "another image");
        assertThat(candidates(TWO_SECONDS)).as("the loader's word counts more").containsExactly("sda3");
    }

    @Test
    void aDiskThatTheLoaderDidNotNameIsTheLastResort() throws Exception {
        disk(USB, "one image");
        disk(NVME, "another image");
        disk(VIRTUAL, "this image");
        startedByEfiFrom("vda");
        for (DiskLayout.Partition each : LAYOUT.partitions()) {
            Files.delete(root.resolve("sys/class/block/vda" + each.number()));
        }
        assertThat(candidates(HALF_OF_THE_TIME - 1)).isEmpty();
        assertThat(candidates(HALF_OF_THE_TIME)).containsExactly("nvme0n1p3");
    }

    @Test
    void aRaspberryPiSaysWhatKindOfDiskItIs() throws Exception {
        disk(USB, "this image");
        disk(CARD, "this image");
        disk(NVME, "this image");
        startedByRaspberryPi(1);
        assertThat(candidates(AT_ONCE)).containsExactly("mmcblk0p3");
        startedByRaspberryPi(4);
        assertThat(candidates(AT_ONCE)).isEmpty();
        assertThat(candidates(TWO_SECONDS)).containsExactly("sda3");
        startedByRaspberryPi(6);
        assertThat(candidates(AT_ONCE)).containsExactly("nvme0n1p3");
    }

    @Test
    void withoutAWordFromTheLoaderAnyDiskButUsbIsTakenAtOnce() throws Exception {
        disk(USB, "this image");
        disk(CARD, "this image");
        assertThat(candidates(AT_ONCE)).containsExactly("mmcblk0p3");
    }

    /** What the boot loader is told when the slot cannot be started; null for nothing. */
    private byte[] toldToLoader(String label) throws Exception {
        Files.createDirectories(root.resolve("sys/firmware/efi/efivars"));
        Tool.find("chroot").run(root.toString(), "/bin/busybox", "sh", "-c", "export PATH=/bin\n" + words("efivars=", "fail() {")
                + "mount() { :; }\numount() { :; }\nsay() { :; }\nlabel=" + label + "\nleave_slot");
        Path variable = root.resolve("sys/firmware/efi/efivars/LoaderEntryOneShot-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f");
        return Files.exists(variable) ? Files.readAllBytes(variable) : null;
    }

    @Test
    void aSlotThatWasKeptAndIsDamagedIsLeftForTheOther() throws Exception {
        for (Slot slot : Slot.values()) {
            // Boot services and runtime access, and kept over a reset (UEFI 2.10, 8.2).
            byte[] wanted = ("\7\0" + LoaderEntry.good(slot.other(), 1, "1.0.0", "quiet").fileName() + "\0").getBytes(StandardCharsets.UTF_16LE);
            assertThat(toldToLoader(slot.rootLabel())).isEqualTo(wanted);
        }
    }

    /** Its tries are counted, and the other slot may be the one that nobody wants any more. */
    @Test
    void aSlotOnTrialIsLeftToTheCounter() throws Exception {
        Path folder = Files.createDirectories(root.resolve("sys/firmware/efi/efivars"));
        Files.write(folder.resolve("LoaderBootCountPath-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"), new byte[8]);
        assertThat(toldToLoader("root-b")).isNull();
    }

    /** A data partition as a power cut leaves it. @param before, @param after lines of shell in its folder: what was there at its last mounting, and since */
    private Path cutOff(String before, String after) throws Exception {
        Path image = root.resolve("data.img");
        DataImage.write(image, 32 * MIB, "a test", 1_700_000_000);
        String mounted = "mount -o loop " + image + " /mnt; cd /mnt; ";
        // The copy is of the disk while it is mounted.
        inPrivate(mounted + before + "cd /; umount /mnt; " + mounted + after + "cp " + image + " " + image + ".cut");
        return root.resolve("data.img.cut");
    }

    private static String inPrivate(String script) throws Exception {
        return Tool.find("unshare").run("--mount", "--propagation", "private", "sh", "-ec", script);
    }

    /** @param data the file system on the partition; @param options of losetup(8); @return the machine's id afterwards */
    private String machineId(Path data, String... options) throws Exception {
        disk(VIRTUAL, "this image");
        Files.createDirectories(root.resolve("run"));
        Path id = Files.createFile(Files.createDirectories(root.resolve("sysroot/etc")).resolve("machine-id"));
        String loop = Tool.find("losetup").run(Stream.concat(Stream.of("--find", "--show", data.toString()), Stream.of(options)).toList()).strip();
        try {
            Tool.find("sh").run("-ec", "mknod " + root.resolve("dev/vda5") + " b $(tr : ' ' </sys/class/block/" + Path.of(loop).getFileName() + "/dev)");
            Path script = Files.writeString(root.resolve("script"), "set -e\nexport PATH=/bin\n" + words("# Disks of the partition table's", "# The GUID of a partition")
                    + "disk=$(disk_of vda3)\nset +e\n" + words("# systemd reads the machine's id", "rm -f /run/veritysetup"));
            inPrivate("exec chroot " + root + " /bin/busybox sh /" + script.getFileName());
        } finally {
            Tool.find("losetup").run("--detach", loop);
        }
        assertThat(root.resolve("run")).isEmptyDirectory();
        return Files.readString(id).strip();
    }

    @Test
    void anIdThatIsOnlyInTheJournalIsTheMachines() throws Exception {
        Path data = cutOff("", KEEP);
        assertThat(Tool.find("dumpe2fs").run("-h", data.toString())).contains("needs_recovery");
        assertThat(machineId(data)).isEqualTo(ID);
    }

    @Test
    void aDiskThatTakesNoWritesStillTellsTheId() throws Exception {
        Path data = cutOff(KEEP, "touch later; sync later; ");
        assertThat(Tool.find("dumpe2fs").run("-h", data.toString())).contains("needs_recovery");
        assertThat(machineId(data, "--read-only")).isEqualTo(ID);
    }

    @Test
    void withoutAFileSystemItGoesOnWithoutAnId() throws Exception {
        assertThat(machineId(Files.write(root.resolve("data.img"), new byte[(int) MIB]))).isEmpty();
    }
}
