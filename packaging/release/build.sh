#!/usr/bin/env bash
# Builds the program for a target on a runner that has Rust for it, and puts it where the scripts of
# packages look: `build.sh TARGET`. `packaging/targets/build` is for machines without such runners.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${1:?give a target, such as x86_64-unknown-linux-gnu}
case "$target" in
  *-linux-gnu | *-apple-darwin) ending= ;;
  *-windows-gnu) ending=.exe ;;
  *) echo "build: there is no program for '$target'" >&2; exit 2 ;;
esac

# The flags of the file count only where these variables are not set.
env -u RUSTFLAGS -u CARGO_ENCODED_RUSTFLAGS \
  cargo build --release --locked --bin momosandbox --target "$target" \
  --config packaging/rustflags.toml
into=packaging/.work/programs/$target
mkdir -p "$into"
cp "target/$target/release/momosandbox$ending" "$into/"
ls -l "$into"
