# Sourced by the other scripts: what a fresh Debian 12 or 13 machine needs, in plain words.
# Functions only set things up; what they decide is in JAVA_HOME, KUBECTL and the build under */target.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '==> %s\n' "$*"; }
die() { printf 'scripts: %s\n' "$*" >&2; exit 1; }

need_root() {
  [ "$(id -u)" = 0 ] || die "must be run as root: containers, network namespaces and nftables need it (try: sudo $0)"
}

# Debian packages: a command or file that shows it is there, then the package.
PACKAGES='
containerd containerd
runc runc
/usr/lib/cni/bridge containernetworking-plugins
nft nftables
ip iproute2
conntrack conntrack
mosquitto mosquitto
git git
/bin/busybox busybox-static
catatonit catatonit
mvn maven
curl curl
'

install_packages() {
  local missing=() probe package
  while read -r probe package; do
    [ -n "$probe" ] || continue
    case $probe in /*) [ -e "$probe" ] || missing+=("$package") ;; *) command -v "$probe" >/dev/null || missing+=("$package") ;; esac
  done <<<"$PACKAGES"
  # The dynamically linked busybox of the package "busybox" cannot run in an empty image.
  if [ -e /bin/busybox ] && ! dpkg -s busybox-static >/dev/null 2>&1; then missing+=(busybox-static); fi
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null || die "missing: ${missing[*]}; this machine has no apt-get, install them by hand"
  say "Installing ${missing[*]}"
  apt_quietly update
  install_without_starting "${missing[@]}"
}

# What is installed is not started, now or at the next boot: skerry runs a containerd of its own, and the demo a mosquitto.
install_without_starting() {
  local policy=/usr/sbin/policy-rc.d mine= package
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    mine=yes
    trap "rm -f $policy" EXIT
  fi
  DEBIAN_FRONTEND=noninteractive apt_quietly install -y --no-install-recommends "$@"
  if [ -n "$mine" ]; then rm -f $policy; trap - EXIT; fi
  if [ -d /run/systemd/system ]; then
    for package in "$@"; do
      case $package in containerd|mosquitto|dnsmasq*|postgresql|etcd-server) systemctl --quiet disable "${package%-server}.service" 2>/dev/null || true ;; esac
    done
  fi
}

apt_quietly() {
  local log
  log=$(mktemp)
  if ! apt-get -qq "$@" >"$log" 2>&1; then
    cat "$log" >&2; rm -f "$log"
    die "apt-get $* failed (above)"
  fi
  rm -f "$log"
}

is_jdk25() { [ -x "$1/bin/javac" ] && "$1/bin/java" -version 2>&1 | grep -q 'version "25'; }

find_jdk() {
  local home
  for home in "${JAVA_HOME:-/nonexistent}" /usr/lib/jvm/*25* /opt/java/* /opt/*jdk*25* "$HOME"/.sdkman/candidates/java/25*; do
    if is_jdk25 "$home"; then export JAVA_HOME=$home PATH=$home/bin:$PATH; return; fi
  done
  say "Installing a JDK 25"
  apt-get -qq update >/dev/null 2>&1 || true
  if DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends openjdk-25-jdk-headless >/dev/null 2>&1; then
    for home in /usr/lib/jvm/*25*; do
      if is_jdk25 "$home"; then export JAVA_HOME=$home PATH=$home/bin:$PATH; return; fi
    done
  fi
  die "no JDK 25 found, and only Debian 13 has one as a package; install one (for example Eclipse Temurin 25) and set JAVA_HOME"
}

# kubectl 1.32 or newer: the one on the PATH, else Debian 13's, unpacked under .skerry/tools without touching the system.
find_kubectl() {
  local candidate minor
  for candidate in "$(command -v kubectl || true)" "$ROOT/.skerry/tools/usr/bin/kubectl"; do
    [ -x "$candidate" ] || continue
    minor=$("$candidate" version --client 2>/dev/null | sed -n 's/.*v1\.\([0-9]*\).*/\1/p' | head -n 1)
    if [ "${minor:-0}" -ge 32 ]; then export KUBECTL=$candidate; return; fi
  done
  say "Fetching kubectl 1.32 from Debian 13"
  trixie_packages kubectl
  (cd "$TRIXIE" && apt_quietly "${TRIXIE_OPTIONS[@]}" download kubernetes-client)
  dpkg -x "$TRIXIE"/kubernetes-client_*.deb "$ROOT/.skerry/tools"
  rm -rf "$TRIXIE"
  export KUBECTL=$ROOT/.skerry/tools/usr/bin/kubectl
}

# What skerry image build runs. The last two let it install packages of another architecture.
install_image_tools() {
  local PACKAGES='
mmdebstrap mmdebstrap
mksquashfs squashfs-tools
veritysetup cryptsetup-bin
mkfs.vfat dosfstools
mcopy mtools
mke2fs e2fsprogs
sfdisk fdisk
zstd zstd
xz xz-utils
depmod kmod
cpio cpio
openssl openssl
/usr/share/keyrings/debian-archive-keyring.gpg debian-archive-keyring
arch-test arch-test
/usr/bin/qemu-aarch64-static qemu-user-static
update-binfmts binfmt-support
'
  install_packages
  # Where no service manager does it, as in a container.
  if [ "$(dpkg --print-architecture)" != arm64 ] && [ ! -e /proc/sys/fs/binfmt_misc/qemu-aarch64 ]; then
    update-binfmts --enable qemu-aarch64 || say "Programs for arm64 cannot be run here (update-binfmts): images for arm64 cannot be built"
  fi
}

# QEMU 10 with its firmware, for the tests that boot images: installed on Debian 13, else Debian 13's unpacked under .skerry/tools/qemu with
# all of its libraries, without touching the system. Debian 12's own crashes on the kernel of 13.
find_qemu() {
  local version=0
  if command -v qemu-system-x86_64 >/dev/null; then version=$(qemu-system-x86_64 --version | sed -n 's/.*version \([0-9]*\).*/\1/p'); fi
  if [ "${version:-0}" -ge 10 ] && [ -e /usr/share/OVMF/OVMF_CODE_4M.fd ] && command -v qemu-system-aarch64 qemu-img >/dev/null; then return; fi
  if grep -q '^VERSION_ID="13"' /etc/os-release; then
    say "Installing QEMU"
    apt_quietly update
    install_without_starting qemu-system-x86 qemu-system-arm qemu-utils ovmf qemu-efi-aarch64
    return
  fi
  export SKERRY_QEMU=$ROOT/.skerry/tools/qemu
  [ -e "$SKERRY_QEMU/.complete" ] && return
  say "Fetching QEMU 10 from Debian 13"
  trixie_packages QEMU
  # With an empty package status everything down to libc is needed, and fetched.
  apt_quietly "${TRIXIE_OPTIONS[@]}" install -y --no-install-recommends --download-only qemu-system-x86 qemu-system-arm qemu-utils ovmf qemu-efi-aarch64 seabios
  rm -rf "$SKERRY_QEMU"
  mkdir -p "$SKERRY_QEMU"
  local deb
  for deb in "$TRIXIE"/cache/archives/*.deb; do dpkg -x "$deb" "$SKERRY_QEMU"; done
  rm -rf "$TRIXIE"
  touch "$SKERRY_QEMU/.complete"
}

# Prepares a private apt configuration for Debian 13 in TRIXIE, to be used with TRIXIE_OPTIONS; $1 is what it is for.
trixie_packages() {
  local mirror
  TRIXIE=$ROOT/.skerry/tools/apt
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)
  [ -n "$mirror" ] || die "cannot find this machine's Debian mirror; install $1 of Debian 13 by hand"
  rm -rf "$TRIXIE"
  mkdir -p "$TRIXIE/lists/partial" "$TRIXIE/cache/archives/partial"
  echo "deb $mirror trixie main" >"$TRIXIE/sources.list"
  : >"$TRIXIE/status"
  TRIXIE_OPTIONS=(-o Dir::Etc::sourcelist="$TRIXIE/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists="$TRIXIE/lists"
    -o Dir::State::status="$TRIXIE/status" -o Dir::Cache="$TRIXIE/cache" -o APT::Sandbox::User=root)
  apt_quietly "${TRIXIE_OPTIONS[@]}" update
}

# Builds unless nothing has changed since the last build.
build() {
  local stamp=$ROOT/appliance/target/.built changed
  if [ -e "$stamp" ]; then
    changed=$(find "$ROOT/pom.xml" "$ROOT"/*/pom.xml "$ROOT"/control-plane/*/pom.xml "$ROOT"/{appliance,gitops-agent,image-builder,scripts}/src "$ROOT"/control-plane/*/src \
      -newer "$stamp" -print -quit)
    [ -z "$changed" ] && return
  fi
  say "Building with Maven (a few minutes the first time)"
  maven -DskipTests package
  touch "$stamp"
}

maven() {
  local warnings='-XX:+UseSerialGC -XX:TieredStopAtLevel=1 --sun-misc-unsafe-memory-access=allow'
  (cd "$ROOT" && MAVEN_OPTS="${MAVEN_OPTS:-$warnings}" mvn --batch-mode --quiet --no-transfer-progress -Dstyle.color=never "$@")
}

# Runs one of the Java programs of the scripts module; JIT has the compiler's flags.
run_java() {
  exec "$JAVA_HOME/bin/java" -XX:+UseSerialGC "${JIT:--XX:TieredStopAtLevel=1}" -Xmx192m --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow -Dskerry.root="$ROOT" -cp "$ROOT/scripts/target/skerry-scripts-0.1.0-SNAPSHOT.jar:$ROOT/scripts/target/lib/*" "$@"
}
