# Makes of an image recipe a Skerry appliance: read-only root with dm-verity in one of two slots, boot partitions, configuration and data.
#
# Output in DEPLOY_DIR_IMAGE: the disk (.wic.zst with .wic.bmap), root.img, and, when SKERRY_OS_KEY is set, the update file
# skerry-BOARD-VERSION.os.tar that devices take over the air or from a USB stick.

inherit core-image
require conf/image-uefi.conf

SKERRY_BOARD ??= "${@skerry_board(d)}"
SKERRY_BOARD[doc] = "Board name of Skerry, by which a device knows the updates that are for it."

SKERRY_BOOT_CHAIN ??= "${@'tryboot' if 'rpi' in d.getVar('OVERRIDES').split(':') else 'efi'}"
SKERRY_BOOT_CHAIN[doc] = "efi (systemd-boot with boot counting) or tryboot (Raspberry Pi)."

def skerry_board(d):
    overrides = d.getVar("OVERRIDES").split(":")
    if "rpi" in overrides:
        return next((board for board in ("raspberrypi4", "raspberrypi5") if board in overrides), "")
    return {"x86_64": "generic-amd64", "aarch64": "generic-arm64"}.get(d.getVar("TARGET_ARCH"), "")

SKERRY_KERNEL_ARGUMENTS ??= "quiet loglevel=4 ${@skerry_consoles(d)}"
SKERRY_KERNEL_ARGUMENTS[doc] = "The board's own kernel arguments; those for the root file system are added."

# Both screen and serial line; the last one gets what services write.
def skerry_consoles(d):
    if d.getVar("SKERRY_BOOT_CHAIN") == "tryboot":
        # serial0 is replaced by the firmware, it differs from model to model.
        return "console=tty1 console=serial0,115200"
    serial = (d.getVar("SERIAL_CONSOLES") or "115200;ttyS0").split()[0].split(";")
    return "console=tty0 console=%s,%s" % (serial[1], serial[0])

SKERRY_EPOCH ??= "${@skerry_commit_time(d)}"
SKERRY_EPOCH[doc] = "Time of the build, Unix seconds: the device's clock never starts before it. Default: the time of Skerry's last commit."

def skerry_commit_time(d):
    try:
        return bb.process.run(["git", "-C", d.getVar("SKERRY_SOURCE_DIR"), "log", "-1", "--format=%ct"])[0].strip()
    except bb.process.CmdError:
        return ""

SKERRY_SETTINGS ??= ""
SKERRY_SETTINGS[doc] = "Path of a skerry.yaml for the configuration partition; without one the device starts with defaults."

SKERRY_OS_TRUST ??= ""
SKERRY_OS_TRUST[doc] = "Paths of Ed25519 public keys (PEM): the device takes OS updates that one of them has signed."

SKERRY_OS_KEY ??= ""
SKERRY_OS_KEY[doc] = "Path of the Ed25519 private key (PEM) that signs the update file. Without it no update file is made."

# Sizes in MiB, as in overlays/BOARD/board.yaml: an update must fit the slots of every device. Data is grown to the disk at first boot.
SKERRY_ESP_SIZE ??= "192"
SKERRY_BOOT_SIZE ??= "192"
# The firmware of Raspberry Pis takes a small FAT file system on a GPT for FAT16, and does not find autoboot.txt.
SKERRY_CONFIG_SIZE ??= "${@'64' if d.getVar('SKERRY_BOOT_CHAIN') == 'tryboot' else '32'}"
SKERRY_ROOT_SIZE ??= "640"
SKERRY_DATA_SIZE ??= "64"

SKERRY_INITRD ??= "${DEPLOY_DIR_IMAGE}/skerry-initrd-${MACHINE}.${INITRAMFS_FSTYPES}"
SKERRY_PARTITIONS = "${WORKDIR}/skerry-partitions"
REPRODUCIBLE_TIMESTAMP_ROOTFS = "${SKERRY_EPOCH}"
SKERRY_UPDATE_FILE = "skerry-${SKERRY_BOARD}-${SKERRY_VERSION}.os.tar"

IMAGE_FSTYPES = "squashfs-zst wic.zst wic.bmap"
WKS_FILE = "${SKERRY_LAYER_DIR}/files/wic/skerry-${SKERRY_BOOT_CHAIN}.wks.in"
# The partitions are made by do_image_skerry; wic only lays them side by side and needs no boot loaders for that.
WKS_FILE_DEPENDS = ""
IMAGE_FEATURES += "read-only-rootfs"
IMAGE_LINGUAS = ""
# Names of hardware that only desktops show; generators that would mount partitions of their own accord.
BAD_RECOMMENDATIONS += "udev-hwdb systemd-extra-utils"
EXTRA_IMAGECMD:squashfs-zst = "-b 256K"

# The kernel is on the boot partition and in the update file, not in the root.
PACKAGE_EXCLUDE += "kernel-image-*"

python () {
    def refuse(message):
        raise bb.parse.SkipRecipe(message)

    if not d.getVar("SKERRY_BOARD"):
        refuse("Skerry has no board for MACHINE %s: it runs on machines with EFI of x86_64 and aarch64, and on Raspberry Pi 4 and 5" % d.getVar("MACHINE"))
    if d.getVar("SKERRY_BOOT_CHAIN") not in ("efi", "tryboot"):
        refuse('SKERRY_BOOT_CHAIN is "%s", must be efi or tryboot' % d.getVar("SKERRY_BOOT_CHAIN"))
    # Once, and again when there is a new commit: the recipe's cached variables would be wrong then.
    d.setVar("SKERRY_EPOCH", d.getVar("SKERRY_EPOCH"))
    bb.parse.mark_dependency(d, os.path.join(d.getVar("SKERRY_SOURCE_DIR"), ".git/logs/HEAD"))
    if not d.getVar("SKERRY_EPOCH").isdigit():
        refuse('SKERRY_EPOCH is "%s", must be a time in Unix seconds; set it where SKERRY_SOURCE_DIR (%s) is no git checkout'
               % (d.getVar("SKERRY_EPOCH"), d.getVar("SKERRY_SOURCE_DIR")))
    try:
        skerry.layout.check_version(d.getVar("SKERRY_VERSION"))
    except ValueError as e:
        refuse(str(e))
    for name in ("SKERRY_SETTINGS", "SKERRY_OS_KEY", "SKERRY_OS_TRUST"):
        for path in d.getVar(name).split():
            if not os.path.isfile(path):
                refuse("%s names %s, which is not a file" % (name, path))
    loaders = "systemd-boot:do_deploy" if d.getVar("SKERRY_BOOT_CHAIN") == "efi" else "rpi-bootfiles:do_deploy rpi-config:do_deploy rpi-cmdline:do_deploy"
    d.appendVarFlag("do_image_skerry", "depends", " " + loaders)
}

SKERRY_BUILD_DATE = "${@skerry_build_date(d)}"

def skerry_build_date(d):
    from datetime import datetime, timezone
    return datetime.fromtimestamp(int(d.getVar("SKERRY_EPOCH")), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

ROOTFS_POSTPROCESS_COMMAND += "skerry_overlay skerry_release"

# Units and settings of the appliance, the files that the Debian image lays over its root.
SKERRY_OVERLAYS = "${SKERRY_SOURCE_DIR}/overlays/common/root ${SKERRY_SOURCE_DIR}/overlays/${SKERRY_BOARD}/root"

skerry_overlay () {
    for folder in ${SKERRY_OVERLAYS}; do
        if [ -d $folder ]; then
            cp -R --no-dereference --no-preserve=ownership --remove-destination $folder/. ${IMAGE_ROOTFS}
        fi
    done
    install -d ${IMAGE_ROOTFS}/var/lib/skerry ${IMAGE_ROOTFS}/mnt ${IMAGE_ROOTFS}/media
    # Filled at boot. Were it not there at all, each boot would be a first one.
    : >${IMAGE_ROOTFS}${sysconfdir}/machine-id
    echo skerry >${IMAGE_ROOTFS}${sysconfdir}/hostname
    # Without these systemd takes the image for a half-updated one and rebuilds its tables at each boot (systemd-update-done.service(8)).
    for folder in ${sysconfdir} ${localstatedir}; do
        printf '# The image is complete as it is.\nTIMESTAMP_NSEC=%s000000000\n' ${SKERRY_EPOCH} >${IMAGE_ROOTFS}$folder/.updated
    done
    # The units know sshd by Debian's name. Its keys are on the data partition: none are made for it, and it reads its usual configuration.
    ln -sf sshd.service ${IMAGE_ROOTFS}${systemd_system_unitdir}/ssh.service
    ln -sf /dev/null ${IMAGE_ROOTFS}${systemd_system_unitdir}/sshdgenkeys.service
    rm -f ${IMAGE_ROOTFS}${sysconfdir}/default/ssh
    # Programs that were built elsewhere name their loader by the path of the processor's ABI.
    if [ ${TARGET_ARCH} = x86_64 ] && [ ! -e ${IMAGE_ROOTFS}/lib64 ]; then
        ln -s usr/${baselib} ${IMAGE_ROOTFS}/lib64
    fi
}

# What the device tells of itself and whom it trusts.
python skerry_release () {
    import json
    root = d.getVar("IMAGE_ROOTFS")
    release = {
        "version": d.getVar("SKERRY_VERSION"),
        "board": d.getVar("SKERRY_BOARD"),
        "arch": {"x86_64": "amd64", "aarch64": "arm64"}[d.getVar("TARGET_ARCH")],
        "buildDate": d.getVar("SKERRY_BUILD_DATE"),
        "kernel": " ".join(sorted(os.listdir(root + d.getVar("nonarch_base_libdir") + "/modules"))),
    }
    bb.utils.mkdirhier(os.path.dirname(root + skerry.layout.RELEASE_FILE))
    with open(root + skerry.layout.RELEASE_FILE, "w") as file:
        file.write(json.dumps(release, indent=2) + "\n")
    bb.utils.mkdirhier(root + skerry.layout.OS_TRUST_DIR)
    for key in d.getVar("SKERRY_OS_TRUST").split():
        bb.utils.copyfile(key, os.path.join(root + skerry.layout.OS_TRUST_DIR, skerry.digest.sha256(key)[:16] + ".pem"))
}

# Links among the overlays' files point to what is only on the device, so bitbake cannot read them: what they say counts instead.
SKERRY_OVERLAY_LINKS = "${@' '.join(os.path.relpath(path, d.getVar('SKERRY_SOURCE_DIR')) + '>' + os.readlink(path) for path in skerry_overlay_files(d) if os.path.islink(path))}"

def skerry_overlay_files(d):
    files = []
    for overlay in d.getVar("SKERRY_OVERLAYS").split():
        for folder, folders, names in os.walk(overlay):
            files += [os.path.join(folder, name) for name in folders + names if name in names or os.path.islink(os.path.join(folder, name))]
    return sorted(files)

do_rootfs[vardeps] += "SKERRY_VERSION SKERRY_BOARD SKERRY_BUILD_DATE SKERRY_OS_TRUST SKERRY_OVERLAY_LINKS"
do_rootfs[file-checksums] += "${@' '.join(path + ':True' for path in skerry_overlay_files(d) + d.getVar('SKERRY_OS_TRUST').split() if not os.path.islink(path))}"

# The partitions' contents, in SKERRY_PARTITIONS, and the update file. Functions are called by their full names: so bitbake knows them
# as a part of the task, and runs it again when they change.
python do_image_skerry () {
    def image(name):
        return os.path.join(d.getVar("SKERRY_PARTITIONS"), name + ".img")

    def tree(name):
        return os.path.join(d.getVar("SKERRY_PARTITIONS"), name)

    def size(variable):
        return int(d.getVar(variable)) << 20

    epoch = int(d.getVar("SKERRY_EPOCH"))
    board, version = d.getVar("SKERRY_BOARD"), d.getVar("SKERRY_VERSION")
    deployed = d.getVar("DEPLOY_DIR_IMAGE")
    kernel = os.path.join(deployed, d.getVar("KERNEL_IMAGETYPE"))
    initrd = d.getVar("SKERRY_INITRD")

    root = image("root")
    verity = skerry.verity.append_tree(d.expand("${IMGDEPLOYDIR}/${IMAGE_NAME}.squashfs-zst"), root)
    if os.path.getsize(root) > size("SKERRY_ROOT_SIZE"):
        bb.fatal("The root file system has %d MiB, a slot only SKERRY_ROOT_SIZE = %s MiB: take packages out, or enlarge the slots "
                 "(devices that were flashed with smaller ones cannot take this update)."
                 % (os.path.getsize(root) >> 20, d.getVar("SKERRY_ROOT_SIZE")))

    extra = d.getVar("SKERRY_KERNEL_ARGUMENTS").split()
    options = skerry.layout.kernel_arguments("a", board, version, verity.root_hash, verity.hash_offset, extra)
    autoboot = None
    if d.getVar("SKERRY_BOOT_CHAIN") == "efi":
        loader = os.path.join(deployed, "systemd-boot" + d.getVar("EFI_ARCH") + ".efi")
        entry = skerry.layout.loader_entry("a", 1, version, options)
        skerry.partitions.esp_tree(tree("esp"), loader, kernel, initrd, entry)
        skerry.partitions.fat(image("esp"), size("SKERRY_ESP_SIZE"), "ESP", tree("esp"), epoch)
        files = [("linux", kernel), ("initrd", initrd)]
    else:
        autoboot = skerry.layout.autoboot("a")
        entries = skerry.partitions.boot_entries(deployed, d.getVar("IMAGE_BOOT_FILES"))
        skerry.partitions.boot_tree(tree("boot"), deployed, entries, initrd, options)
        skerry.partitions.fat(image("boot-a"), size("SKERRY_BOOT_SIZE"), "BOOT-A", tree("boot"), epoch)
        boot_tar = os.path.join(d.getVar("SKERRY_PARTITIONS"), "boot.tar")
        skerry.update.boot_tar(boot_tar, tree("boot"))
        files = [("boot.tar", boot_tar)]
    skerry.partitions.config_tree(tree("config"), d.getVar("SKERRY_SETTINGS"), autoboot)
    skerry.partitions.fat(image("config"), size("SKERRY_CONFIG_SIZE"), skerry.layout.CONFIG_VOLUME, tree("config"), epoch)
    skerry.partitions.data(image("data"), size("SKERRY_DATA_SIZE"), epoch)

    key = d.getVar("SKERRY_OS_KEY")
    if key:
        if not skerry.update.is_trusted(key, d.getVar("SKERRY_OS_TRUST").split()):
            bb.fatal("None of the keys in SKERRY_OS_TRUST belongs to SKERRY_OS_KEY (%s): devices with this image would refuse its own "
                     "updates. Write its public half with: openssl pkey -in KEY -pubout -out key.pem" % key)
        skerry.update.write(d.expand("${IMGDEPLOYDIR}/${SKERRY_UPDATE_FILE}"), key, board, version, d.getVar("SKERRY_BUILD_DATE"),
                            verity, extra, [*files, ("root.img", root)])
}
addtask image_skerry after do_image_squashfs_zst before do_image_wic do_image_complete
do_image_skerry[cleandirs] = "${SKERRY_PARTITIONS}"
do_image_skerry[depends] += " \
    virtual/kernel:do_deploy skerry-initrd:do_image_complete \
    cryptsetup-native:do_populate_sysroot dosfstools-native:do_populate_sysroot mtools-native:do_populate_sysroot \
    e2fsprogs-native:do_populate_sysroot openssl-native:do_populate_sysroot \
"
do_image_skerry[file-checksums] += "${@' '.join(path + ':True' for path in d.expand('${SKERRY_SETTINGS} ${SKERRY_OS_KEY}').split())}"
do_image_skerry[umask] = "022"
