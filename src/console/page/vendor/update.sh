#!/usr/bin/env bash
# Takes lit-html from npm, and makes one file of what the page needs of it, by esbuild, also from npm.
# `update.sh 3.3.3`, then `python3 packaging/release/licences.py`.
set -euo pipefail
version="${1:?the version, such as 3.3.3}"
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --no-audit --no-fund --loglevel=error "lit-html@$version" esbuild@0.28
cat >"$folder/lit.js" <<'JS'
export { html, nothing, render, svg } from "lit-html";
export { repeat } from "lit-html/directives/repeat.js";
JS
{
  echo "// lit-html $version, joined and minified by esbuild; see update.sh. BSD-3-Clause: LICENSE."
  echo "// Copyright 2017 Google LLC."
  cd "$folder" && node_modules/.bin/esbuild lit.js --bundle --minify --format=esm --legal-comments=none --log-level=error
} >"$here/lit-html.js"
cp "$folder/node_modules/lit-html/LICENSE" "$here/LICENSE"
