SUMMARY = "Initrd of Skerry: finds the slot's partition, checks it with dm-verity, lays an overlay in memory over it"
LICENSE = "Apache-2.0"

inherit core-image

# What is needed to reach the root is built in (recipes-kernel/linux/files/skerry.cfg). The kernel's own watchdog must be a module: it is loaded
# only where the board has none.
PACKAGE_INSTALL = "skerry-initrd-init busybox kmod cryptsetup base-passwd kernel-module-softdog"
# Those of boards, as far as the machine's kernel has them and has them as modules.
PACKAGE_INSTALL_ATTEMPTONLY = "kernel-module-bcm2835-wdt kernel-module-hpwdt kernel-module-i6300esb kernel-module-itco-wdt \
    kernel-module-sbsa-gwdt kernel-module-sp5100-tco kernel-module-wdat-wdt"

# Recommendations would bring half a distribution.
NO_RECOMMENDATIONS = "1"
IMAGE_FEATURES = ""
IMAGE_LINGUAS = ""
PACKAGE_EXCLUDE = "kernel-image-*"
IMAGE_FSTYPES = "${INITRAMFS_FSTYPES}"
IMAGE_NAME_SUFFIX = ""
IMAGE_ROOTFS_SIZE = "8192"
IMAGE_ROOTFS_EXTRA_SPACE = "0"
KERNEL_DEPLOY_DEPEND = ""
