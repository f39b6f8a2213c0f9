#!/usr/bin/env bash
# Prints `address=file://…` of a folder, as curl takes it on each system: `file-address.sh FOLDER`.
set -euo pipefail

folder=$(cd "${1:?give a folder}" && pwd)
if command -v cygpath >/dev/null; then
  folder=/$(cygpath -m "$folder")
fi
echo "address=file://$folder"
