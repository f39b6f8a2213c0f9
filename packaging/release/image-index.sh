#!/usr/bin/env bash
# Names the images of several processors as one: `image-index.sh FOLDER`, where each file of the
# folder has the digest of one. IMAGE, VERSION, PRERELEASE say what. Writes `digest=…` for the job.
set -euo pipefail

folder=${1:?give the folder of the digests}
tags=(--tag "$IMAGE:$VERSION")
# A trial becomes no one's default.
if [ "$PRERELEASE" != true ]; then
  tags+=(--tag "$IMAGE:${VERSION%.*}" --tag "$IMAGE:latest")
fi
images=()
for file in "$folder"/*; do
  digest=$(<"$file")
  [[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "image-index: $file has no digest" >&2; exit 1; }
  images+=("$IMAGE@$digest")
done
docker buildx imagetools create "${tags[@]}" "${images[@]}"
digest=$(docker buildx imagetools inspect "$IMAGE:$VERSION" --format '{{.Manifest.Digest}}')
echo "digest=$digest" >>"$GITHUB_OUTPUT"
