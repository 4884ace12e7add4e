SUMMARY = "Skerry: an appliance for Kubernetes and GitOps at the edge, with A/B updates"
LICENSE = "Apache-2.0"

inherit skerry-image

# The same contents as overlays/common of the Debian image, in this world's names.
IMAGE_INSTALL = " \
    base-files base-passwd busybox netbase os-release shadow \
    systemd systemd-conf dbus \
    skerry-bin \
    virtual-containerd virtual-runc cni catatonit \
    nftables iptables conntrack-tools iproute2 iproute2-ip iproute2-tc kmod \
    util-linux-mount util-linux-umount util-linux-blkid util-linux-lsblk util-linux-sfdisk util-linux-findmnt util-linux-unshare util-linux-nsenter \
    e2fsprogs-e2fsck e2fsprogs-resize2fs e2fsprogs-mke2fs dosfstools cryptsetup \
    openssh-sshd openssh-sftp-server \
    ca-certificates tzdata-core \
    kernel-modules \
    ${@bb.utils.contains('COMBINED_FEATURES', 'wifi', 'iwd', '', d)} \
    ${SKERRY_INSTALL_EXTRA} \
"

SKERRY_INSTALL_EXTRA ?= ""
SKERRY_INSTALL_EXTRA[doc] = "More packages for the image."
