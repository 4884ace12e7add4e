SUMMARY = "What a Skerry appliance consists of: the same as overlays/common/common.yaml for Debian, in this world's names"
PACKAGE_ARCH = "${MACHINE_ARCH}"

inherit packagegroup features_check
REQUIRED_DISTRO_FEATURES = "systemd usrmerge seccomp virtualization"

RDEPENDS:${PN} = " \
    base-files base-passwd busybox netbase os-release shadow \
    systemd systemd-conf dbus kmod tzdata-core ca-certificates \
    util-linux-mount util-linux-umount util-linux-blkid util-linux-lsblk util-linux-findmnt util-linux-sfdisk util-linux-partx util-linux-nsenter util-linux-unshare \
    cryptsetup dosfstools e2fsprogs-e2fsck e2fsprogs-mke2fs e2fsprogs-resize2fs \
    skerry-bin virtual-containerd virtual-runc cni catatonit zstd nftables iptables conntrack-tools iproute2 iproute2-tc \
    openssh-sshd openssh-ssh openssh-keygen openssh-sftp-server \
    kernel-modules \
    ${@bb.utils.contains('COMBINED_FEATURES', 'wifi', 'wpa-supplicant', '', d)} \
    ${MACHINE_ESSENTIAL_EXTRA_RDEPENDS} ${MACHINE_EXTRA_RDEPENDS} \
"
RRECOMMENDS:${PN} = "${MACHINE_ESSENTIAL_EXTRA_RRECOMMENDS} ${MACHINE_EXTRA_RRECOMMENDS}"
