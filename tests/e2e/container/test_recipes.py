"""The recipes of docs/recipes.md that want a container."""

import os
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

from container import Container, get
from engine import run

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "recipes"))

import blocks  # noqa: E402

# Its own cleaner is an image that cannot be pulled here.
ENVIRONMENT = os.environ | {"TESTCONTAINERS_RYUK_DISABLED": "true"}


class Recipes(unittest.TestCase):
    """Each is run as it is on the page."""

    def setUp(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="momo-recipe-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def test_testcontainers_in_python(self) -> None:
        blocks.write(self.folder, "test_testcontainers.py")
        said = run(sys.executable, "-m", "pytest", "-q", cwd=self.folder, env=ENVIRONMENT)
        self.assertIn("1 passed", said)

    def test_testcontainers_in_node(self) -> None:
        blocks.write(self.folder, "testcontainers.test.mjs")
        (self.folder / "node_modules").symlink_to(FOLDER / "node_modules")
        run("node", "--test", "testcontainers.test.mjs", cwd=self.folder, env=ENVIRONMENT)

    def test_the_options_and_variables_of_a_ci_service(self) -> None:
        page = blocks.blocks()[".github/workflows/test.yml"].splitlines()
        variables = [line.strip() for line in page if line.strip().startswith("MOMO_SANDBOX_")]
        given = [word for line in variables for word in ("-e", line.replace(": ", "=", 1))]
        (options,) = [line.split(": ", 1)[1] for line in page if line.strip().startswith("options:")]
        with Container(*options.replace("--read-only ", "").split(), *given,
                       "-p", "127.0.0.1::4673") as momo:
            momo.wait_until_healthy()
            get(f"{momo.url()}/_sandbox/clock", "local-control-token")
