"""Builds the image, and drives it by docker and docker-compose on an engine of its own.

    tests/e2e/container/install.sh && tests/e2e/container/.work/venv/bin/python tests/e2e/container/run.py

Where no engine can be started it says so, and ends well.
"""

import os
import sys
import time
import unittest
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))
sys.dont_write_bytecode = True

import base_image  # noqa: E402
from engine import Engine, NoEngine, docker, run  # noqa: E402

STARTED = time.monotonic()


def say(text: str) -> None:
    print(f"[{time.monotonic() - STARTED:5.0f} s] {text}", flush=True)


def build() -> None:
    say("making a base image (Debian, Rust, Python, all sources)")
    base_image.make()
    say("building the images by docker-compose, without a network")
    arguments = [f"BUILD_IMAGE={base_image.NAME}", f"PYTHON_IMAGE={base_image.NAME}"]
    words = [word for argument in arguments for word in ("--build-arg", argument)]
    run("docker-compose", "build", *words, "momo", "merchant", cwd=base_image.ROOT, timeout=3000)
    size = int(docker("image", "inspect", "-f", "{{.Size}}", "momo-sandbox"))
    say(f"the image has {size / 1e6:.2f} MB; its program, outside of it:")
    program = base_image.WORK / "momosandbox"
    made = docker("create", "momo-sandbox").split()[-1]
    docker("cp", f"{made}:/momosandbox", program)
    docker("rm", made)
    print(run(sys.executable, base_image.ROOT / "benches/start.py", program).strip())


def main() -> int:
    # A proxy of this machine's is not the way to this machine.
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"
    try:
        engine = Engine()
    except NoEngine as why:
        print(f"skipped: no container engine: {why}")
        return 0
    try:
        build()
        say("driving them")
        suite = unittest.defaultTestLoader.discover(str(FOLDER), pattern="test_*.py")
        result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
        say("done")
        return 0 if result.wasSuccessful() and result.testsRun else 1
    finally:
        engine.stop()


if __name__ == "__main__":
    sys.exit(main())
