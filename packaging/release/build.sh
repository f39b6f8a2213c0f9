#!/usr/bin/env bash
# Builds the program for a target on a runner that has Rust for it, and puts it where the scripts of
# packages look: `build.sh TARGET`. `packaging/targets/build` is for machines without such runners.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:?give a target, such as x86_64-unknown-linux-gnu}
# The flags of the image's program (Dockerfile): static, and with packed relocations.
case "$target" in
  *-linux-gnu) flags="-C target-feature=+crt-static -C link-arg=-Wl,-z,pack-relative-relocs" ;;
  *-windows-gnu) flags="-C target-feature=+crt-static" ;;
  *-apple-darwin) flags="" ;;
  *) echo "build: there is no program for '$target'" >&2; exit 2 ;;
esac
ending=
[[ $target == *windows* ]] && ending=.exe

RUSTFLAGS=$flags \
  cargo build --release --locked --bin momosandbox --target "$target"
into=packaging/.work/programs/$target
mkdir -p "$into"
cp "target/$target/release/momosandbox$ending" "$into/"
ls -l "$into"
