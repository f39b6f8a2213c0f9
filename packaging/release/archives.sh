#!/usr/bin/env bash
# Packs the programs of all targets in packaging/.work/programs, with their bills of materials,
# checksums, and the manifests of Homebrew and Scoop. PYTHON names the Python that has what
# packaging/release/requirements.txt lists.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${PYTHON:-python3}
programs=${1:-packaging/.work/programs}
into=${2:-packaging/.work/release}
manifests=${3:-packaging/.work/manifests}
# What an earlier run left would get a checksum.
rm -rf "$into" "$manifests"
for target in $("$python" packaging/release/project.py targets); do
  case "$target" in *windows*) ending=.exe ;; *) ending= ;; esac
  "$python" packaging/release/archive.py "$target" \
    --program "$programs/$target/momosandbox$ending" --into "$into"
done
"$python" packaging/release/archive.py --checksums "$into"
"$python" packaging/release/manifests.py "$into/SHA256SUMS" "$manifests"
