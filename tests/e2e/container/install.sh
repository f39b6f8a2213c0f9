#!/usr/bin/env bash
# Installs a container engine and what the tests of the image make their base image with. Safe to
# run again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# install COMMAND PACKAGE: a Debian package, where the command is not there yet.
install() {
  command -v "$1" >/dev/null && return
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$2"
}

install dockerd docker.io
install docker docker.io
install docker-compose docker-compose
install iptables iptables
install debootstrap debootstrap

echo "== testcontainers (PyPI, npm)"
.work/venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .work/venv
.work/venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
npm ci --no-audit --no-fund --loglevel=error
