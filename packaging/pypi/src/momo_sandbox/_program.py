"""Finds the program that this package brings."""

from __future__ import annotations

import os
from importlib import metadata
from pathlib import Path
from typing import Iterator

DISTRIBUTION = "momosandbox"
PROGRAM = "momosandbox.exe" if os.name == "nt" else "momosandbox"


def find_program() -> Path:
    """The path of the program, to start it without a shell.

    Raises FileNotFoundError, with what to do, if the package was installed without its program.
    """
    looked = []
    for place in _places():
        if place.is_file():
            return place
        looked.append(f"  {place}")
    raise FileNotFoundError(
        f"momo_sandbox: the program {PROGRAM} is not there. It comes with the wheel of this "
        f"platform. Install it again: python -m pip install --force-reinstall {DISTRIBUTION}\n"
        "Looked at:\n" + "\n".join(looked)
    )


def _places() -> Iterator[Path]:
    """Where the program may be, the likeliest first."""
    # The installer wrote down where it put each file.
    try:
        files = metadata.files(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.name == PROGRAM:
            yield Path(str(file.locate())).resolve()
    # `pip install --target FOLDER` moves the program without writing that down.
    beside = Path(__file__).resolve().parent.parent
    yield beside / "bin" / PROGRAM
    yield beside / "Scripts" / PROGRAM
