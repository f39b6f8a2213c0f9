#!/usr/bin/env bash
# Runs every fuzz target for so many seconds (30 without an argument), from a fixed seed, on what
# it makes up from the corpora. A finding fails, with how to play it again.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-30}
export PATH="$PWD/fuzz/.work/bin:$PATH"

[ -x fuzz/.work/bin/cargo-fuzz ] || cargo install cargo-fuzz --locked --root fuzz/.work
cargo fuzz build --sanitizer none

made_up=$(mktemp -d)
trap 'rm -rf "$made_up"' EXIT
for program in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$program" .rs)
  artifacts="$PWD/fuzz/artifacts/$target/"
  mkdir -p "$made_up/$target" "$artifacts"
  printf 'fuzzing %s for %s s\n' "$target" "$seconds"
  if ! cargo fuzz run --sanitizer none "$target" "$made_up/$target" "fuzz/corpus/$target" -- \
    -max_total_time="$seconds" -seed=1 -max_len=16384 -timeout=10 -rss_limit_mb=1024 \
    -artifact_prefix="$artifacts" -dict="fuzz/dictionaries/$target.dict" \
    -print_final_stats=1 >"$made_up/$target.log" 2>&1; then
    tail -n 60 "$made_up/$target.log"
    printf 'fuzzing %s found something, in %s: play it again with\n' "$target" "$artifacts"
    printf '  cargo fuzz run --sanitizer none %s FILE   (fuzz/README.md)\n' "$target"
    exit 1
  fi
  grep -E 'stat::number_of_executed_units|stat::peak_rss_mb' "$made_up/$target.log"
done
