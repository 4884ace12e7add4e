SUMMARY = "Kubernetes engine and GitOps agent for edge devices, in one binary"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://${COMMON_LICENSE_DIR}/Apache-2.0;md5=89aea4e17d99a7cacdbeed46a0096b10"
# Package managers have meanings of their own for hyphens and underscores in versions.
PV = "${@d.getVar('SKERRY_VERSION').replace('-', '.').replace('_', '.')}"

# The binary is built outside of bitbake (CONTRIBUTING.md): a native image needs GraalVM's compiler, on a machine of the target's architecture.
SKERRY_BINARY ??= ""
SKERRY_BINARY[doc] = "Path or URL of the native binary skerry for the target's architecture; for a URL set SKERRY_BINARY_SHA256 too."
SKERRY_BINARY_SHA256 ??= ""
SKERRY_JVM_DIR ??= ""
SKERRY_JVM_DIR[doc] = "Instead of SKERRY_BINARY: folder with jvm/ (a minimal JDK 25 for the target), app/ (the application) and skerry (its launcher)."

python () {
    binary, folder = d.getVar("SKERRY_BINARY"), d.getVar("SKERRY_JVM_DIR")
    if bool(binary) == bool(folder):
        raise bb.parse.SkipRecipe("set one of SKERRY_BINARY (a native binary for %s) and SKERRY_JVM_DIR; see the layer's README.md" % d.getVar("TARGET_ARCH"))
    if folder:
        for part in ("jvm/bin/java", "app", "skerry"):
            if not os.path.exists(os.path.join(folder, part)):
                raise bb.parse.SkipRecipe("SKERRY_JVM_DIR (%s) has no %s" % (folder, part))
        d.setVar("SRC_URI", "file://" + folder.rstrip("/"))
    elif "://" in binary:
        if not d.getVar("SKERRY_BINARY_SHA256"):
            raise bb.parse.SkipRecipe("SKERRY_BINARY is a URL: set SKERRY_BINARY_SHA256 too")
        d.setVar("SRC_URI", binary + ";downloadfilename=skerry-${TARGET_ARCH}-${SKERRY_BINARY_SHA256};name=binary;unpack=0")
        d.setVarFlag("SRC_URI", "binary.sha256sum", d.getVar("SKERRY_BINARY_SHA256"))
    else:
        if not os.path.isfile(binary):
            raise bb.parse.SkipRecipe("SKERRY_BINARY names %s, which is not a file" % binary)
        d.setVar("SRC_URI", "file://" + binary)
}

S = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}"
DEPENDS = "zlib"

do_configure[noexec] = "1"
do_compile[noexec] = "1"

# Where bitbake unpacks a file:// URL: by its whole path.
SKERRY_UNPACKED = "${S}${@(d.getVar('SKERRY_JVM_DIR') or d.getVar('SKERRY_BINARY')).rstrip('/')}"
SKERRY_UNPACKED[vardepvalue] = ""

do_install () {
    if [ -n "${SKERRY_JVM_DIR}" ]; then
        install -d ${D}${nonarch_libdir}/skerry
        cp -R --no-dereference --no-preserve=ownership ${SKERRY_UNPACKED}/jvm ${SKERRY_UNPACKED}/app ${D}${nonarch_libdir}/skerry
        install -D -m 0755 ${SKERRY_UNPACKED}/skerry ${D}${bindir}/skerry
        chown -R root:root ${D}
    elif [ -n "${SKERRY_BINARY_SHA256}" ]; then
        install -D -m 0755 ${S}/skerry-${TARGET_ARCH}-${SKERRY_BINARY_SHA256} ${D}${bindir}/skerry
    else
        install -D -m 0755 ${SKERRY_UNPACKED} ${D}${bindir}/skerry
    fi
}

FILES:${PN} = "${bindir}/skerry ${nonarch_libdir}/skerry"

# Not compiled here: a native image breaks when stripped, and the JDK's libraries are its own.
INHIBIT_PACKAGE_STRIP = "1"
INHIBIT_SYSROOT_STRIP = "1"
INHIBIT_PACKAGE_DEBUG_SPLIT = "1"
EXCLUDE_FROM_SHLIBS = "1"
INSANE_SKIP:${PN} = "already-stripped ldflags file-rdeps dev-so libdir"
COMPATIBLE_HOST = "(x86_64|aarch64).*-linux"

# What skerry starts (io.skerry.appliance.server.Preflight), and what a native image is linked with.
RDEPENDS:${PN} = "zlib virtual-containerd virtual-runc cni nftables iptables conntrack-tools iproute2 catatonit util-linux-blkid util-linux-mount util-linux-umount"
