"""Installs the program in each way that the README names, and tries the recipes with it.

    tests/e2e/recipes/install.sh && tests/e2e/recipes/.work/venv/bin/python tests/e2e/recipes/run.py

It is built as tests are, not as a release is: what is tried is the way, not the speed.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

sys.dont_write_bytecode = True
FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

import blocks  # noqa: E402

ROOT = FOLDER.parents[2]
TOOLS = FOLDER / ".work/venv/bin"
JEST = FOLDER / "node_modules/.bin/jest"


def run(*words: object, **options: object) -> str:
    command = [str(word) for word in words]
    ended = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=1800, **options
    )
    if ended.returncode != 0:
        raise SystemExit(f"{' '.join(command)} ended with {ended.returncode}:\n{ended.stdout}")
    return ended.stdout


def say(text: str) -> None:
    print(f"ok: {text}", flush=True)


def cargo_install(into: Path) -> None:
    run("cargo", "install", "--quiet", "--debug", "--locked", "--path", ROOT, "--root", into)
    for name in ("momosandbox", "momo-sandbox"):
        version = run(into / "bin" / name, "--version")
        assert version.startswith("momo-sandbox "), version
    say(f"cargo install --path . gives {version.strip()}")


def wheel(into: Path) -> Path:
    """The `bin` of a fresh environment in which the wheel was installed."""
    dist, fresh = into / "dist", into / "fresh"
    run(TOOLS / "maturin", "build", "--out", dist, cwd=ROOT)
    (built,) = dist.glob("momosandbox-*.whl")
    venv.create(fresh, with_pip=True)
    run(fresh / "bin/python", "-m", "pip", "install", "--quiet", "--no-index", built)
    assert run(fresh / "bin/momosandbox", "--version").startswith("momo-sandbox ")
    say(f"{built.name} gives the command")
    return fresh / "bin"


def recipes(into: Path, programs: Path) -> None:
    # The wheel's program is the one that the recipes find.
    path = os.pathsep.join([str(programs), os.environ["PATH"]])
    local = "127.0.0.1,localhost"
    environment = os.environ | {"PATH": path, "NO_PROXY": local, "no_proxy": local}
    python = into / "python"
    python.mkdir()
    blocks.write(python, "conftest.py", "test_payment.py", "momo_settings.py")
    print(run(TOOLS / "python", "-m", "pytest", "-q", cwd=python, env=environment).strip())
    say("pytest")
    django = "from django.conf import settings; import momo_settings; " \
        "settings.configure(MOMO=momo_settings.MOMO); print(settings.MOMO['BASE_URL'])"
    assert run(TOOLS / "python", "-c", django, cwd=python) == "http://127.0.0.1:4673\n"
    say("the Django settings")
    node = into / "node"
    node.mkdir()
    blocks.write(node, "momo.setup.js", "momo.teardown.js", "jest.config.js", "momo.test.js")
    (node / "node_modules").symlink_to(FOLDER / "node_modules")
    print(run(JEST, "--ci", "--no-watchman", cwd=node, env=environment).strip())
    say("Jest")


def another_program(into: Path) -> None:
    """A `momosandbox` that is another program is told by the recipes in one line."""
    other = into / "other"
    other.mkdir()
    (other / "momosandbox").write_text("#!/bin/sh\necho 2.0.0\n")
    (other / "momosandbox").chmod(0o755)
    environment = os.environ | {"PATH": os.pathsep.join([str(other), os.environ["PATH"]])}
    said = "momosandbox is not the emulator: its --version says 2.0.0"
    tools = {"python": [TOOLS / "python", "-m", "pytest", "-q"], "node": [JEST, "--ci", "--no-watchman"]}
    for folder, command in tools.items():
        words = [str(word) for word in command]
        ended = subprocess.run(words, cwd=into / folder, env=environment, capture_output=True, text=True)
        assert ended.returncode != 0 and said in ended.stdout + ended.stderr, ended
    say("both tell another program of the same name in one line")
    (line,) = [line for line in blocks.PAGE.read_text().splitlines() if "| head -n 1 |" in line]
    ended = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (1, ""), ended
    assert ended.stderr == "error: momosandbox is missing, or another program\n", ended
    say("the line for a job's shell too")


def main() -> None:
    into = Path(tempfile.mkdtemp(prefix="momo-recipes-"))
    try:
        cargo_install(into / "root")
        recipes(into, wheel(into))
        another_program(into)
    finally:
        shutil.rmtree(into)


main()
