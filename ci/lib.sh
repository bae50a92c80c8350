# Shared by the scripts in this folder; sourced, not run.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$ROOT" || exit

say() { printf '%s\n' "$*"; }

die() {
  printf '%s\n' "$*" >&2
  exit 1
}

# What the conformance suite is run on.
# shellcheck disable=SC2034
CONFORMANCE_BACKENDS=sim:6.12,sim:6.1,sim:7,loopback:6.12,loopback:6.1,vhost-user:6.12,vhost-user:6.1

# What a real guest takes: QEMU, and what unpacks its kernel and builds its agent.
# shellcheck disable=SC2034
GUEST_PACKAGES=(qemu-system-x86 gcc libc6-dev lz4 xz-utils zstd)

# Each line: the file or command that a Debian package brings, the package.
DEBIAN_NEEDS="\
command:qemu-system-x86_64 qemu-system-x86
command:gcc gcc
file:/usr/include/stdio.h libc6-dev
command:lz4 lz4
command:xz xz-utils
command:zstd zstd
command:socat socat
command:tshark tshark
command:dockerd docker.io
file:/usr/bin/python3.11 python3-minimal
file:/usr/lib/python3.11/socket.py libpython3-stdlib
command:ncat ncat"

has() {
  case $1 in
    command:*) command -v "${1#command:}" >/dev/null ;;
    file:*) [[ -e ${1#file:} ]] ;;
  esac
}

# missing_packages PACKAGE...: those of them that this machine does not have yet.
missing_packages() {
  local probe package wanted
  while read -r probe package; do
    for wanted in "$@"; do
      if [[ $wanted == "$package" ]] && ! has "$probe"; then
        say "$package"
      fi
    done
  done <<<"$DEBIAN_NEEDS"
}

# need_packages PACKAGE...: installs what is missing, or says which command would.
need_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  if [[ ${#missing[@]} -eq 0 ]]; then
    return
  fi
  if [[ $EUID -ne 0 ]]; then
    die "Missing: ${missing[*]}. Install them: sudo apt-get install -y --no-install-recommends ${missing[*]}"
  fi
  command -v apt-get >/dev/null ||
    die "Missing: ${missing[*]}, and this machine has no apt-get. Install them by hand."
  say "Installing with apt-get: ${missing[*]}"
  apt_install "${missing[@]}" >/dev/null || {
    say "Refreshing the package lists first (apt-get update)."
    apt-get update -qq
    apt_install "${missing[@]}" >/dev/null
  }
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" 2>&1
}

# java_release JAVA: the feature release of a java command, for example 17.
java_release() {
  "$1" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java.specification.version = //p'
}

# find_jdk RELEASE: the home of an installed JDK of that release, or nothing.
find_jdk() {
  local javac home hosted=JAVA_HOME_$1_X64 # as hosted runners name those they have
  for javac in "${JAVA_HOME:-/nonexistent}/bin/javac" "${!hosted:-/nonexistent}/bin/javac" "$(command -v javac || true)" /usr/lib/jvm/*/bin/javac; do
    if [[ -x $javac ]]; then
      home=$(dirname "$(dirname "$(readlink -f "$javac")")")
      if [[ $(java_release "$home/bin/java") == "$1" ]]; then
        say "$home"
        return
      fi
    fi
  done
}

need_build_tools() {
  JAVA_HOME=$(find_jdk 17)
  [[ -n $JAVA_HOME ]] ||
    die "No JDK 17 found in JAVA_HOME, on the PATH or in /usr/lib/jvm. Install one (Debian: apt-get install openjdk-17-jdk-headless)."
  export JAVA_HOME
  command -v mvn >/dev/null ||
    die "No mvn on the PATH. Install Maven 3.8 or later (Debian: apt-get install maven)."
}

maven() { mvn --batch-mode --no-transfer-progress "$@"; }

CLASSPATH_FILE=$ROOT/ci/target/dependency-classpath
BUILD_STAMP=$ROOT/ci/target/build-stamp

# A change is whatever is newer than the last build: files, and folders that lost one.
is_built() {
  [[ -s $CLASSPATH_FILE && -e $BUILD_STAMP ]] || return 1
  local module
  for module in api sim native qemu-images containers junit-extension ci; do
    [[ -d $module/target/classes ]] || return 1
  done
  [[ -z $(find pom.xml ./*/pom.xml ./*/src -newer "$BUILD_STAMP" -print -quit) ]]
}

# build: compiles main and test code of all modules without running tests. A second run without
# changes does not start Maven.
build() {
  need_build_tools
  if is_built; then
    return
  fi
  say "Building (the first time Maven downloads what it needs)."
  mkdir -p ci/target
  touch "$BUILD_STAMP.new"
  maven --quiet test-compile
  mv "$BUILD_STAMP.new" "$BUILD_STAMP"
}

# run_java MAIN ARGUMENT...: a class of module ci, with everything that its tests see.
run_java() {
  "$JAVA_HOME/bin/java" -cp "ci/target/test-classes:ci/target/classes:$(cat "$CLASSPATH_FILE")" "$@"
}
