#!/usr/bin/env bash
# Installs what the Python suite needs below tests/suites; the Node suite needs nothing. Safe to run
# again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

echo "== pytest (PyPI)"
# One that was moved, or was left half-made, does not run: then from the start.
.work/venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .work/venv
.work/venv/bin/python -m pip install --quiet --disable-pip-version-check -r python/requirements.txt
