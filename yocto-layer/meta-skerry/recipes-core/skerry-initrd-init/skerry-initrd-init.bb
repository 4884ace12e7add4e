SUMMARY = "What runs first in Skerry's initrd, the same script as in the Debian image"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10"

# From the repository, so that both images boot in the same way.
FILESEXTRAPATHS:prepend := "${SKERRY_SOURCE_DIR}/overlays/common:"
SRC_URI = "file://initrd/init file://initrd/etc/modprobe.d/watchdog.conf"
S = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}/initrd"

inherit allarch features_check
# The script has its programs in /usr/bin and /usr/sbin.
REQUIRED_DISTRO_FEATURES = "usrmerge"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

do_install () {
    install -m 0755 ${S}/init ${D}/init
    install -d ${D}/dev ${D}/proc ${D}/sys ${D}/run ${D}/tmp ${D}/lower ${D}/sysroot ${D}${sysconfdir}
    install -D -m 0644 ${S}/etc/modprobe.d/watchdog.conf ${D}${sysconfdir}/modprobe.d/watchdog.conf
    # Drivers to load: none, the kernel has them built in; the script finds the watchdogs itself.
    install -m 0644 /dev/null ${D}${sysconfdir}/modules
}

FILES:${PN} = "/init /dev /proc /sys /run /tmp /lower /sysroot ${sysconfdir}/modules ${sysconfdir}/modprobe.d"
RDEPENDS:${PN} = "busybox kmod cryptsetup"
