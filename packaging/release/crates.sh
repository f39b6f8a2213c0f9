#!/usr/bin/env bash
# Packs both crates and compiles them from their packages alone, outside of the repository, with the
# dependencies that this machine has compiled already. `cargo package --workspace --locked` shows the
# same and compiles all of them anew, since a package knows nothing of the workspace's profiles.
set -euo pipefail
cd "$(dirname "$0")/../.."

target=${CARGO_TARGET_DIR:-$PWD/target}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
version=$(python3 packaging/release/project.py version)
python3 packaging/release/project.py copy-sources "$work/sources"
cargo package --quiet --workspace --locked --no-verify --target-dir "$target" \
  --manifest-path "$work/sources/Cargo.toml"
for name in momo-sandbox-core momo-sandbox; do
  file=$target/package/$name-$version.crate
  tar -xzf "$file" -C "$work"
  echo "$name $version: $(wc -c <"$file") bytes packed"
done
# The core is at no registry yet.
cat >>"$work/momo-sandbox-$version/Cargo.toml" <<EOF

[patch.crates-io]
momo-sandbox-core = { path = "../momo-sandbox-core-$version" }
EOF
cd "$work/momo-sandbox-$version"
CARGO_TARGET_DIR=$target cargo check --quiet --offline
echo "ok: both crates compile from their packages alone"
