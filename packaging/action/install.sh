#!/usr/bin/env bash
# Installs momosandbox from a release, for action.yml. The checksum is verified before anything runs.
#
# Reads MOMO_ACTION_VERSION, MOMO_ACTION_SOURCE (the address of the release's files), and what every
# runner sets: RUNNER_OS, RUNNER_ARCH, RUNNER_TEMP, GITHUB_PATH.
set -euo pipefail

fail() {
  echo "::error title=momosandbox::$*"
  exit 1
}

version=$MOMO_ACTION_VERSION
[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+([-+.][0-9A-Za-z.-]+)?$ ]] ||
  fail "the version is '$version', expected one such as 1.2.3"

case "$RUNNER_OS-$RUNNER_ARCH" in
  Linux-X64) target=x86_64-unknown-linux-gnu ending=tar.xz ;;
  Linux-ARM64) target=aarch64-unknown-linux-gnu ending=tar.xz ;;
  macOS-X64) target=x86_64-apple-darwin ending=tar.xz ;;
  macOS-ARM64) target=aarch64-apple-darwin ending=tar.xz ;;
  # Windows on ARM runs programs for x86_64.
  Windows-X64 | Windows-ARM64) target=x86_64-pc-windows-gnu ending=zip ;;
  *) fail "there is no program for $RUNNER_OS on $RUNNER_ARCH" ;;
esac

# Paths of Windows have backslashes, which bash's tools there do not take.
temporary=${RUNNER_TEMP//\\//}/momosandbox-$version
name=momosandbox-$version-$target
mkdir -p "$temporary"
cd "$temporary"

download() {
  curl --fail --silent --show-error --location --proto '=https,file' --retry 3 --max-time 300 \
    --output "$1" "$MOMO_ACTION_SOURCE/$1" || fail "cannot download $MOMO_ACTION_SOURCE/$1"
}
download SHA256SUMS
download "$name.$ending"

# The two spaces and the end are part of the match: no other file's line fits.
expected=$(awk -v file="$name.$ending" '$2 == file { print $1 }' SHA256SUMS)
[ -n "$expected" ] || fail "SHA256SUMS has no line for $name.$ending"
if command -v sha256sum >/dev/null; then
  found=$(sha256sum <"$name.$ending")
else
  found=$(shasum -a 256 <"$name.$ending")
fi
[ "${found%% *}" = "$expected" ] ||
  fail "the checksum of $name.$ending is ${found%% *}, expected $expected"

rm -rf "$name"
if [ "$ending" = zip ]; then
  unzip -q "$name.zip"
else
  tar -xJf "$name.tar.xz"
fi

folder=$temporary/$name
said=$("$folder/momosandbox" --version | head -n 1)
[[ $said == momo*sandbox*" $version"* ]] ||
  fail "the program says '$said', expected momosandbox $version"
if command -v cygpath >/dev/null; then
  cygpath -w "$folder" >>"$GITHUB_PATH"
else
  echo "$folder" >>"$GITHUB_PATH"
fi
echo "momosandbox $version for $target, checksum verified"
