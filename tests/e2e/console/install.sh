#!/usr/bin/env bash
# Installs a browser and what drives it, for the tests of the console. Safe to run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

if ! command -v chromium >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
fi
echo "== playwright-core, axe-core (npm)"
npm ci --no-audit --no-fund --loglevel=error
