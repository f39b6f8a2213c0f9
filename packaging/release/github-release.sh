#!/usr/bin/env bash
# Makes the GitHub release of VERSION from the files of a folder: `github-release.sh FOLDER`. Its
# notes are the section of CHANGELOG.md. PRERELEASE says whether it is a trial; GH_TOKEN is for `gh`.
set -euo pipefail
cd "$(dirname "$0")/../.."

folder=${1:?give the folder of the archives}
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
python3 packaging/release/notes.py "$VERSION" >"$notes"
(cd "$folder" && sha256sum --check --strict --quiet SHA256SUMS)

options=(--verify-tag --title "momosandbox $VERSION" --notes-file "$notes")
[ "$PRERELEASE" = true ] && options+=(--prerelease)
gh release create "v$VERSION" "${options[@]}" "$folder"/*
