#!/usr/bin/env bash
# Copies lit-html from npm: what the page needs of it, as it was published, without source maps.
# `update.sh 3.3.3`, then `python3 packaging/release/licences.py`.
set -euo pipefail
version="${1:?the version, such as 3.3.3}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --no-audit --no-fund --loglevel=error "lit-html@$version"
from="$folder/node_modules/lit-html"
for file in lit-html.js directive.js directive-helpers.js directives/repeat.js; do
  {
    echo "// lit-html $version, $file, as published on npm; see update.sh. BSD-3-Clause: LICENSE."
    grep -v '^//# sourceMappingURL=' "$from/$file"
  } >"$here/$file"
done
cp "$from/LICENSE" "$here/LICENSE"
