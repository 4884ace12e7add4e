SUMMARY = "Initrd of Skerry: finds the slot's partition, checks it with dm-verity, lays an overlay in memory over it"
LICENSE = "Apache-2.0"

inherit core-image

# No kernel modules: what is needed to reach the root is built in (recipes-kernel/linux/files/skerry.cfg).
PACKAGE_INSTALL = "skerry-initrd-init busybox kmod cryptsetup base-passwd"

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
