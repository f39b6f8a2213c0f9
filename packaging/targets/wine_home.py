"""wine's home, which is made before any program of Windows starts."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

# Debian has it on no path.
WINESERVER = "/usr/lib/x86_64-linux-gnu/wine/wineserver"

# A home is made within 10 s, or never: once in CI, and not in 25 tries beside.
WITHIN = 100
TRIES = 3


def make(home: Path, run: Callable[..., object]) -> None:
    """Makes wine's home, and has its server stay for all programs to come.

    `run` runs a command with that home, and raises `subprocess.TimeoutExpired` if it takes longer
    than `within` seconds. If making it hangs, it is made again from nothing.
    """
    for tries_left in reversed(range(TRIES)):
        home.mkdir(parents=True, exist_ok=True)
        # To start the server takes as long as a program does.
        run(WINESERVER, "-p", "-d0", within=WITHIN)
        try:
            run("wineboot", "--init", within=WITHIN)
            return
        except subprocess.TimeoutExpired:
            print(f"wineboot hung for {WITHIN} s; tries left: {tries_left}", flush=True)
        run(WINESERVER, "-k", within=WITHIN)
        shutil.rmtree(home)
    raise SystemExit(f"wine's home could not be made in {TRIES} tries")
