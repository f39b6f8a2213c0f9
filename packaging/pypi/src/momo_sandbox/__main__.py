"""Runs the program: `python -m momo_sandbox`, and the command `momo-sandbox`.

The command `momosandbox` is the program itself, without Python between.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from ._program import find_program


def main() -> int:
    try:
        program = str(find_program())
    except FileNotFoundError as missing:
        print(missing, file=sys.stderr)
        return 1
    arguments = [_name(), *sys.argv[1:]]
    if os.name == "nt":
        return _run_and_wait(program, arguments)
    # The program takes the place of Python, so signals and the exit code are its own.
    os.execv(program, arguments)


def _name() -> str:
    """The name under which the program was started."""
    name = os.path.splitext(os.path.basename(sys.argv[0]))[0]
    return "momosandbox" if name == "__main__" else name


def _run_and_wait(program: str, arguments: list[str]) -> int:
    """Windows has no exec: Python stays until the program ends, and ends with its exit code."""
    # The console sends Ctrl-C and Ctrl-Break to the program as well, which decides what to do.
    for name in ("SIGINT", "SIGBREAK"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    return subprocess.run(arguments, executable=program).returncode


if __name__ == "__main__":
    sys.exit(main())
