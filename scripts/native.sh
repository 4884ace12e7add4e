# Sourced after lib.sh by what builds or uses the native binary, appliance/target/skerry.

NATIVE_BINARY=$ROOT/appliance/target/skerry

# GRAALVM_HOME, or fails and says what is missing.
find_graalvm() {
  if [ -n "${GRAALVM_HOME:-}" ]; then
    [ -x "$GRAALVM_HOME/bin/native-image" ] || die "GRAALVM_HOME: there is no bin/native-image in $GRAALVM_HOME"
    return
  fi
  say "GRAALVM_HOME is not set (docs/native.md): the native binary is not built"
  return 1
}

# Builds the native binary with GRAALVM_HOME, unless nothing has changed since it was last built; about six minutes on two cores, and 6 GB of memory.
build_native() {
  local changed=
  if [ -e "$NATIVE_BINARY" ]; then
    changed=$(find "$ROOT/pom.xml" "$ROOT"/*/pom.xml "$ROOT"/control-plane/*/pom.xml "$ROOT"/{appliance,gitops-agent,image-builder}/src/main "$ROOT"/control-plane/*/src/main \
      -newer "$NATIVE_BINARY" -print -quit)
    [ -z "$changed" ] && return
  fi
  say "Building the native binary (about six minutes on two cores)"
  maven package -DskipTests -Dnative -pl appliance -am
}
