#!/usr/bin/env bash
# Installs what the recipes of docs/recipes.md need that are tried without a container. Safe to run
# again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

echo "== maturin, pytest (PyPI), jest (npm)"
.work/venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .work/venv
.work/venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
npm ci --no-audit --no-fund --loglevel=error
