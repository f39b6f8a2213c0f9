#!/usr/bin/env bash
# Installs what the drivers of the published clients need, below tests/e2e/clients. Safe to run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

fail() { printf 'install.sh: %s\n' "$*" >&2; exit 1; }

for needed in python3 node npm cargo cc pkg-config; do
  command -v "$needed" >/dev/null || fail "$needed is not on this machine"
done
python3 -c 'import ensurepip' 2>/dev/null || fail "python3 cannot make environments: python3-venv"
# mtnmomo talks through the system's OpenSSL.
pkg-config --exists openssl || fail "the headers of OpenSSL are not on this machine: libssl-dev"

echo "== momo-openapi, mtn-momo-client, mtnmomo-py, basicauth (PyPI)"
# One that was moved, or was left half-made, does not run: then from the start.
.work/venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .work/venv
.work/venv/bin/python -m pip install --quiet --disable-pip-version-check \
  -r momo_openapi/requirements.txt -r mtn_momo_client/requirements.txt \
  -r mtnmomo_py/requirements.txt -r older/requirements.txt

echo "== mtn-momo (npm)"
(cd mtn_momo && npm ci --no-audit --no-fund --loglevel=error)

echo "== mtnmomo (crates.io)"
CARGO_TARGET_DIR=.work/target cargo build --quiet --locked --manifest-path mtnmomo/Cargo.toml

echo "== installed"
