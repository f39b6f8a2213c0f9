#!/usr/bin/env bash
# Publishes the Composer packages of a folder, one folder each: `publish-composer.sh FOLDER`. Composer
# reads one package from a repository, so each has its own, at REPOSITORIES/NAME.git, which gets the
# content and the tag of VERSION. PUSH_TOKEN is for pushing.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

for package in "${1:?give the folder of the packages}"/*/; do
  name=$(basename "$package")
  "$here/push-folder.sh" "$REPOSITORIES/$name.git" "$package" "momosandbox $VERSION" "v$VERSION"
done
