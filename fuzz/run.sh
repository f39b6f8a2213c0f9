#!/usr/bin/env bash
# Runs every fuzz target for so many seconds (30 without an argument), from a fixed seed, on what
# it makes up from the corpora. A finding fails, with how to play it again.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-30}

# What `cargo fuzz build --sanitizer none --dev` sets: libFuzzer is told of edges and comparisons.
coverage='level=4 inline-8bit-counters pc-table trace-compares'
RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module"
for option in $coverage; do
  RUSTFLAGS+=" -Cllvm-args=-sanitizer-coverage-$option"
done
export RUSTFLAGS
# With a target of its own, build scripts and macros are compiled without all this.
host=$(rustc --print host-tuple)
cargo build --locked --bins --target "$host"

export seconds host made_up
made_up=$(mktemp -d)
trap 'rm -rf "$made_up"' EXIT

# fuzz SOURCE: runs one target, and says what it did or found.
fuzz() {
  local target artifacts log
  target=$(basename "$1" .rs)
  artifacts="$PWD/artifacts/$target/"
  log="$made_up/$target.log"
  mkdir -p "$made_up/$target" "$artifacts"
  if ! "target/$host/debug/$target" "$made_up/$target" "corpus/$target" \
    -max_total_time="$seconds" -seed=1 -max_len=16384 -timeout=10 -rss_limit_mb=1024 \
    -artifact_prefix="$artifacts" -dict="dictionaries/$target.dict" \
    -print_final_stats=1 >"$log" 2>&1; then
    tail -n 60 "$log"
    printf 'fuzzing %s found something, in %s: play it again with\n' "$target" "$artifacts"
    printf '  fuzz/target/%s/debug/%s FILE   (fuzz/README.md)\n' "$host" "$target"
    return 1
  fi
  printf 'fuzzed %s for %s s\n%s\n' "$target" "$seconds" \
    "$(grep -E 'stat::number_of_executed_units|stat::peak_rss_mb' "$log")"
}
export -f fuzz

# A target uses one core.
printf '%s\0' fuzz_targets/*.rs |
  xargs -0 -n 1 -P "$(nproc)" bash -euo pipefail -c 'fuzz "$1"' fuzz
