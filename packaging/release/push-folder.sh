#!/usr/bin/env bash
# Makes a folder the whole content of another repository: a commit, and a tag if one is given.
#
#   push-folder.sh REPOSITORY FOLDER MESSAGE [TAG]
#
# Does nothing where the content is the same. With PUSH_TOKEN set, it is the password for an https
# address; it is in no argument and in no file.
set -euo pipefail

repository=${1:?} folder=$(cd "${2:?}" && pwd) message=${3:?} tag=${4:-}
[ -n "$(find "$folder" -type f -print -quit)" ] || { echo "push-folder: $folder is empty" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git=(git -c user.name=release -c user.email=release@users.noreply.invalid)
if [ -n "${PUSH_TOKEN:-}" ]; then
  # shellcheck disable=SC2016 # git's own shell expands it
  git+=(-c 'credential.helper=!f() { echo username=x-access-token; echo "password=$PUSH_TOKEN"; }; f')
fi
"${git[@]}" clone --quiet "$repository" "$work/clone"
cd "$work/clone"
# A repository without a commit has no branch yet.
"${git[@]}" rev-parse --quiet --verify HEAD >/dev/null || "${git[@]}" checkout --quiet -b main
find . -mindepth 1 -maxdepth 1 ! -name .git -exec rm -rf {} +
cp -R "$folder/." .
"${git[@]}" add --all
if "${git[@]}" diff --cached --quiet; then
  echo "push-folder: $repository has this already"
else
  "${git[@]}" commit --quiet --message "$message"
  "${git[@]}" push --quiet origin HEAD
fi
if [ -n "$tag" ]; then
  # A tag that is there is left alone: a published version never changes.
  if "${git[@]}" rev-parse --quiet --verify "refs/tags/$tag" >/dev/null; then
    echo "push-folder: the tag $tag is there already"
  else
    "${git[@]}" tag "$tag"
    "${git[@]}" push --quiet origin "refs/tags/$tag"
  fi
fi
