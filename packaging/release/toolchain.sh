#!/usr/bin/env bash
# Installs Rust on a runner: `toolchain.sh [COMPONENT|TARGET]...`. A target is one of Rust's triples.
set -euo pipefail

components=() targets=()
for each in "$@"; do
  case "$each" in
    *-*-*) targets+=(--target "$each") ;;
    *) components+=(--component "$each") ;;
  esac
done
rustup toolchain install stable --profile minimal --no-self-update \
  ${components[@]+"${components[@]}"} ${targets[@]+"${targets[@]}"}
rustup default stable
rustc --version --verbose
