#!/usr/bin/env bash
# Publishes the npm packages of a folder (`publish-npm.sh FOLDER`, archives made by `npm pack`): those
# of the platforms first, and last the one that asks for them. A version that is there is left alone.
set -euo pipefail

folder=${1:?give the folder of the packages}
tag=latest
[ "$PRERELEASE" = true ] && tag=next

manifest() { tar -xzOf "$1" package/package.json; }
field() { manifest "$1" | node -p "JSON.parse(require('fs').readFileSync(0, 'utf8')).$2 ?? ''"; }

platforms=() main=()
for file in "$folder"/*.tgz; do
  if [ -n "$(field "$file" optionalDependencies)" ]; then main+=("$file"); else platforms+=("$file"); fi
done
[ "${#main[@]}" = 1 ] || { echo "publish-npm: ${#main[@]} packages ask for others, expected 1" >&2; exit 1; }
for file in "${platforms[@]}" "${main[@]}"; do
  name=$(field "$file" name) version=$(field "$file" version)
  if npm view "$name@$version" version >/dev/null 2>&1; then
    echo "publish-npm: $name $version is there already"
  else
    npm publish "$file" --provenance --access public --tag "$tag"
  fi
done
