#!/usr/bin/env bash
# Builds the packages of PyPI, npm and Composer from the programs in packaging/.work/programs, all of
# which must be there, and puts them into packaging/.work/publish, a folder each.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=packaging/.work
for target in $(python3 packaging/release/project.py targets); do
  case "$target" in *windows*) ending=.exe ;; *) ending= ;; esac
  [ -f "$work/programs/$target/momosandbox$ending" ] ||
    { echo "packages: there is no program for $target in $work/programs" >&2; exit 1; }
done
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --requirement packaging/tools/requirements.txt
rm -rf "$work/publish"
for each in pypi:dist npm:dist composer:packages; do
  python3 "packaging/${each%:*}/build.py"
  mkdir -p "$work/publish/${each%:*}"
  cp -R "$work/${each%:*}/${each#*:}/." "$work/publish/${each%:*}/"
done
find "$work/publish" -type f
