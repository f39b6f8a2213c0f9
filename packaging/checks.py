"""What is tried with every package, whatever registry it is for."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import platforms  # noqa: E402

NAMES = ("momosandbox", "momo-sandbox")

# A guard against a test that hangs. No test waits for it.
PATIENCE = 120

# A code block that begins with a comment which names a file is that file.
BLOCK = re.compile(r"^```(\w+)\n(?:<\?php )?(?:#|//) (\S+\.\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Place:
    """An empty folder of a user, with an environment in which nothing of this machine is found."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = platforms.fresh(folder)
        (folder / "home").mkdir()
        self.environment = {
            "HOME": str(folder / "home"),
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            **environment,
        }

    def run(self, *words: object, code: int = 0) -> str:
        """What a command prints, which must end with this exit code."""
        ended = self.try_to_run(*words)
        if ended.returncode != code:
            said = ended.stdout + ended.stderr
            fail(f"{shown(words)} ended with {ended.returncode}, expected {code}:\n{said}")
        return ended.stdout + ended.stderr

    def try_to_run(self, *words: object) -> subprocess.CompletedProcess:
        command = [str(word) for word in words]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, text=True, timeout=PATIENCE,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def start(self, *words: object) -> subprocess.Popen:
        """Starts a command in a process group of its own, as a terminal does."""
        command = [str(word) for word in words]
        return subprocess.Popen(
            command, cwd=self.folder, env=self.environment, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def write_blocks(self, page: Path) -> None:
        """Writes the files of a page."""
        for _, name, text in BLOCK.findall(page.read_text()):
            opening = "<?php\n" if name.endswith(".php") else ""
            (self.folder / name).write_text(opening + text)


def shown(words: tuple | list) -> str:
    return " ".join(str(word) for word in words)


def fail(why: str) -> None:
    raise SystemExit(f"FAILED: {why}")


def say(text: str) -> None:
    print(f"ok: {text}", flush=True)


def require(holds: bool, why: str) -> None:
    if not holds:
        fail(why)


def nothing_but_loopback() -> None:
    """The packages must come from this folder: no route may lead elsewhere."""
    table = Path("/proc/self/net/route").read_text().splitlines()[1:]
    elsewhere = [line for line in table if not line.startswith("lo\t")]
    require(not elsewhere, f"run this by packaging/build-all: there are routes: {elsewhere}")


def first_callback(place: Place, words: list[object]) -> None:
    """Runs the first five minutes of the package's page."""
    said = place.run(*words)
    for expected in ("answer: 202", "callback: SUCCESSFUL"):
        require(expected in said, f"{shown(tuple(words))} did not print `{expected}`:\n{said}")


def report(package: str, begun: float) -> None:
    took = time.monotonic() - begun
    print(f"{package}: {took:.1f} s from an empty environment to the first callback", flush=True)


def check_command(place: Place, command: list[object], what: str) -> None:
    """Tries what a user counts on: the version, exit codes, arguments as given, and stops."""
    check_version(place, command, what)
    check_exit_codes(place, command, what)
    group = started(place, command, "no stop")
    os.killpg(group.pid, signal.SIGINT)
    ended(group, f"{what}: Ctrl-C")
    alone = started(place, command, "no stop")
    alone.send_signal(signal.SIGTERM)
    ended(alone, f"{what}: a stop of the first process alone")


def check_contents(
    platform: platforms.Platform, name: str, files: dict[str, tuple[int, bytes]], others: set[str]
) -> None:
    """A package of a platform holds its program, the notices, and these other files.

    `files` has the mode and the content of each.
    """
    program = f"bin/{platform.program.name}"
    require(set(files) == others | {program, platforms.NOTICES.name}, f"{name} holds {sorted(files)}")
    mode, content = files[program]
    require(content == platform.program.read_bytes(), f"{name} has another program")
    platforms.check_header(platform, content)
    require(mode & 0o111 == 0o111, f"{program} in {name} has mode {mode:o}: not executable")


def check_version(place: Place, command: list[object], what: str) -> None:
    first = place.run(*command, "--version").splitlines()[0]
    expected = [f"{name} {platforms.project.version()}" for name in NAMES]
    require(first in expected, f"{what} --version begins with `{first}`, expected {expected}")
    say(f"{what} --version says `{first}`")


def check_exit_codes(place: Place, command: list[object], what: str) -> None:
    seven = "import sys; sys.exit(7 if sys.argv[1:] == ['two words', '', '*', '\"%PATH%'] else 1)"
    words = ["two words", "", "*", '"%PATH%']
    place.run(*command, "exec", "--", sys.executable, "-c", seven, *words, code=7)
    place.run(*command, "--no-such-flag", code=2)
    say(f"{what} passes arguments and exit codes on")


def started(place: Place, command: list[object], what: str) -> subprocess.Popen:
    """The program once it serves."""
    process = place.start(*command, "serve", "--listen", "127.0.0.1:0")
    said = []
    for line in process.stdout:
        said.append(line)
        if "listening on" in line:
            return process
    fail(f"{shown(tuple(command))} serve ended with {process.wait()} ({what}):\n{''.join(said)}")


def ended(process: subprocess.Popen, what: str) -> None:
    """Waits until no process holds the output: a program that is left behind would."""
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        fail(f"{what} does not end the program within {PATIENCE} s")
    require(process.returncode == 0, f"{what} ends with {process.returncode}, expected 0:\n{said}")
    say(f"{what} ends the program with 0")
